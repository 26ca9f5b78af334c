/** What `btu cron` takes. */
import { DST_GAPS, DST_OVERLAPS } from "../cron/dst-policy.ts";
import type { ArgsDef } from "citty";
import { JSON_ARG } from "./command.ts";
import type { Bounds, Flags } from "./flags.ts";

/** Runs that are shown where nobody says how many. */
export const COUNT_DEFAULT = 5;
/** The zone where none is given. */
export const TZ_DEFAULT = "UTC";
/** The variable that chooses the zone data, as the key `zone_data` does for the daemon. */
export const ZONE_DATA_VARIABLE = "BTU_SCHEDULER_ZONE_DATA";

/** Its flags and words. */
export const CRON_ARGS = {
  expr: {
    type: "positional",
    required: false,
    description:
      "The expression, in quotes: 5 fields, 6 with the year, 7 with the second, or @daily",
  },
  tz: {
    type: "string",
    valueHint: "ZONE",
    description: `Time zone of the expression, such as Europe/Berlin; default ${TZ_DEFAULT}`,
  },
  from: {
    type: "string",
    valueHint: "TIME",
    description:
      "Runs after this time, such as 2026-03-08T02:00:00Z; without an offset it is a time in the zone; default now",
  },
  count: {
    type: "string",
    alias: "n",
    valueHint: "N",
    description: `How many runs; default ${COUNT_DEFAULT}`,
  },
  stdin: {
    type: "boolean",
    description: "Read questions as lines of JSON, answer each with a line; docs/cli-json.md",
  },
  dstGap: {
    type: "enum",
    options: [...DST_GAPS],
    description: "What becomes of runs that a clock change skips; default run_after",
  },
  dstOverlap: {
    type: "enum",
    options: [...DST_OVERLAPS],
    description: "At which showing fixed times run that a clock change repeats; default first",
  },
  zoneData: {
    type: "enum",
    options: ["auto", "system", "builtin"],
    description: `Which time zone rules count; default $${ZONE_DATA_VARIABLE}, else auto: the newer ones`,
  },
  ...JSON_ARG,
} satisfies ArgsDef;

/** The flags of `btu cron`. */
export type CronFlags = Flags<keyof typeof CRON_ARGS>;

/** How many runs can be asked for at once: more than anybody reads, and no more than a moment's work. */
export const COUNT_BOUNDS: Bounds = { min: 1, max: 10_000 };
