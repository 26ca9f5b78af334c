/** What `btu requeue` takes. */
import type { ArgsDef } from "citty";
import { JSON_ARG } from "./command.ts";
import { YES_ARG } from "./confirm.ts";
import type { Flags } from "./flags.ts";
import { QUEUE_ARG } from "./rq-queue-name.ts";

/** Its flags and words. */
export const REQUEUE_ARGS = {
  id: { type: "positional", required: false, valueHint: "JOB", description: "The job's id" },
  allFailed: {
    type: "boolean",
    description: "All jobs that failed on the queue that --queue names",
  },
  ...QUEUE_ARG,
  ...YES_ARG,
  ...JSON_ARG,
} satisfies ArgsDef;

/** The flags of `btu requeue`. */
export type RequeueFlags = Flags<keyof typeof REQUEUE_ARGS>;
