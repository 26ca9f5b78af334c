/** What `btu jobs` takes. */
import type { ArgsDef } from "citty";
import { JOB_STATES } from "../observe/rq-queues.ts";
import { JSON_ARG } from "./command.ts";
import type { Flags } from "./flags.ts";
import { QUEUE_ARG } from "./rq-queue-name.ts";

/** Jobs that are shown where nobody says how many. */
export const COUNT_DEFAULT = 20;
/** Each is fetched whole; more than this is a matter for a program. */
export const COUNT_MAX = 1_000;

/** Its flags. */
export const JOBS_ARGS = {
  ...QUEUE_ARG,
  state: {
    type: "enum",
    options: [...JOB_STATES],
    valueHint: "STATE",
    description: "Only jobs in this state",
  },
  count: {
    type: "string",
    alias: "n",
    valueHint: "N",
    description: `How many jobs at most; default ${COUNT_DEFAULT}`,
  },
  ...JSON_ARG,
} satisfies ArgsDef;

/** The flags of `btu jobs`. */
export type JobsFlags = Flags<keyof typeof JOBS_ARGS>;
