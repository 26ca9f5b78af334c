/** `btu requeue`. */
import { defineLeaf } from "./command.ts";
import { EXIT } from "./exit.ts";
import { REQUEUE_ARGS } from "./requeue-args.ts";

/** The command. */
export const requeueCommand = defineLeaf(
  {
    name: "requeue",
    about: "Put failed RQ jobs back on their queue",
    needs: "the configuration, Redis",
    details: [
      "The job waits at the end of its queue as after `rq requeue`, but it is there or among the failed at any moment, whatever " +
        "crashes, and it does not vanish while it waits: the time to live that it got when it failed ends.",
      "What ran once may run again: look at the job first. Needs the right to write to RQ's keys; no daemon is needed.",
    ],
    examples: [
      ["btu requeue 5f9c2a3e-7b1d-4c8e-9a60-2d1f3b4c5d6e", "One job"],
      ["btu requeue --all-failed --queue long", "All that failed on a queue, after a question"],
      ["btu requeue --all-failed --queue long --yes", "The same in a script"],
    ],
    exitCodes: [
      [EXIT.ok, "they were put back, or none had failed"],
      [EXIT.problem, "a job was not put back, or Redis could not be reached"],
      [EXIT.notFound, "there is no such job or queue"],
    ],
  },
  REQUEUE_ARGS,
  // Brings the client of Redis with it, which help does not need.
  async (flags, context) => (await import("./requeue-run.ts")).runRequeue(flags, context),
);
