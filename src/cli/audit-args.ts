/** What `btu audit` takes. */
import type { ArgsDef } from "citty";
import type { Flags } from "./flags.ts";

/** How far back it looks where nobody says. */
export const SINCE_DEFAULT = "7d";

/** Its flags and words. */
export const AUDIT_ARGS = {
  id: {
    type: "positional",
    required: false,
    valueHint: "SCHEDULE",
    description: "Id of a schedule; without it all of them",
  },
  since: {
    type: "string",
    valueHint: "TIME",
    description: `From when on: 24h, 7d or 2026-03-08T02:00Z; default ${SINCE_DEFAULT}`,
  },
} as const satisfies ArgsDef;

/** The flags of `btu audit`. */
export type AuditFlags = Flags<keyof typeof AUDIT_ARGS | "json">;
