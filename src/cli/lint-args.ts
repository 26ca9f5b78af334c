/** What `btu lint` takes. */
import type { ArgsDef } from "citty";
import { JSON_ARG } from "./command.ts";
import type { Flags } from "./flags.ts";

/** Its flags and words. */
export const LINT_ARGS = {
  id: {
    type: "positional",
    required: false,
    valueHint: "SCHEDULE",
    description: "Look at this schedule only",
  },
  ...JSON_ARG,
} satisfies ArgsDef;

/** The flags of `btu lint`. */
export type LintFlags = Flags<keyof typeof LINT_ARGS>;
