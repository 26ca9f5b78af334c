/** `btu jobs`. */
import { defineLeaf } from "./command.ts";
import { EXIT } from "./exit.ts";
import { JOBS_ARGS } from "./jobs-args.ts";

/** The command. */
export const jobsCommand = defineLeaf(
  {
    name: "jobs",
    about: "RQ's jobs: what waits, runs, failed, is to come or was done",
    needs: "the configuration, Redis",
    details: [
      "Jobs to come are shown from the nearest on, those that ended from the latest back; where not all can be shown, some of each " +
        "state. The calls are read without running anything. Reads Redis and changes nothing there; no daemon is needed.",
    ],
    examples: [
      ["btu jobs", "Some of each state"],
      ["btu jobs --queue long --state failed", "What failed on a queue, and why"],
      ["btu jobs --state queued -n 100", "The next hundred of each queue in turn"],
    ],
    exitCodes: [
      [EXIT.ok, "the jobs were read, whatever their state"],
      [EXIT.problem, "Redis could not be read"],
      [EXIT.notFound, "there is no such queue"],
    ],
  },
  JOBS_ARGS,
  // Brings the client of Redis with it, which help does not need.
  async (flags, context) => (await import("./jobs-run.ts")).runJobs(flags, context),
);
