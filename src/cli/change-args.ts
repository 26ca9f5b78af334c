/** What the commands that change something have in common. */
import type { ArgsDef } from "citty";
import type { Flags } from "./flags.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { JSON_ARG } from "./command.ts";

const WAYS = ["socket", "redis"] as const;

/** How the daemon is reached. */
export type Way = (typeof WAYS)[number];

/** The flags of all of them. */
export const CHANGE_ARGS = {
  ...JSON_ARG,
  via: {
    type: "enum",
    options: [...WAYS],
    description:
      "How to reach the daemon: its socket on this machine (default), or the Redis of the configuration",
  },
} as const satisfies ArgsDef;

/** The word that names a schedule. */
export const SCHEDULE_ARG = {
  id: { type: "positional", valueHint: "SCHEDULE", description: "The schedule", required: true },
} as const satisfies ArgsDef;

/** The way that was chosen. */
export function wayOf(flags: Flags<keyof typeof CHANGE_ARGS>): Way {
  return flags.choice("via", WAYS) ?? "socket";
}

type Told = readonly [code: ExitCode, meaning: string];

/** Exit codes that mean the same in all of them. */
export const COMMON_EXITS: readonly Told[] = [[EXIT.noDaemon, "no daemon answers"]];

/** As above, where a schedule is named. */
export const SCHEDULE_EXITS: readonly Told[] = [
  ...COMMON_EXITS,
  [EXIT.notFound, "no schedule has this id"],
];
