/** `btu job`. */
import { defineLeaf, JSON_ARG } from "./command.ts";
import { EXIT } from "./exit.ts";

/** The command. */
export const jobCommand = defineLeaf(
  {
    name: "job",
    about: "One RQ job: its call, state, times, results and traceback",
    needs: "the configuration, Redis",
    details: [
      "The call and what it returned are read without running anything: classes that only Python knows are shown as such. Reads " +
        "Redis and changes nothing there; no daemon is needed.",
    ],
    examples: [
      ["btu job 5f9c2a3e-7b1d-4c8e-9a60-2d1f3b4c5d6e", "All about it"],
      ["btu jobs --state failed", "Which ids there are"],
    ],
    exitCodes: [
      [EXIT.ok, "the job was read, whatever its state"],
      [EXIT.problem, "Redis could not be read"],
      [EXIT.notFound, "there is no such job; RQ forgets those that ended after a while"],
    ],
  },
  {
    id: {
      type: "positional",
      valueHint: "JOB",
      description: "The job's id, or as much of its beginning as fits no other",
    },
    ...JSON_ARG,
  },
  // Brings the client of Redis with it, which help does not need.
  async (flags, context) => {
    const { runJob } = await import("./job-run.ts");
    return runJob(flags.text("id") ?? "", { isJson: flags.on("json"), context });
  },
);
