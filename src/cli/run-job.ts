/** `btu run`. */
import type { RunResult } from "../control/operate.ts";
import { hasShape, OTHER_VERSION } from "./answers.ts";
import { CHANGE_ARGS, SCHEDULE_ARG, SCHEDULE_EXITS, wayOf } from "./change-args.ts";
import { defineLeaf } from "./command.ts";
import { nextText } from "./effect.ts";
import { EXIT } from "./exit.ts";
import { oneLine } from "./text.ts";

function isRunResult(value: unknown): value is RunResult {
  return hasShape(value, { schedule: "text", job: "text", queue: "text" });
}

/** A web server may have to make the job first. */
const TIMEOUT_MS = 20_000;

/** The command. */
export const runCommand = defineLeaf(
  {
    name: "run",
    about: "Put a job of a schedule on its queue now, out of order",
    needs: "the daemon",
    details: [
      "The timetable stays as it is. The ledger calls it manual. A schedule that is disabled runs too; one that is paused, or whose last job still waits or " +
        "runs, only with --force. Asked again because the answer was lost, it is not run twice.",
    ],
    examples: [
      ["btu run TS-000003", "Tells the id of the RQ job"],
      ["btu run TS-000003 --force", "Although it is paused, or its last job is not done"],
      ["btu run TS-000003 --json | jq -r .job", "For a script"],
    ],
    exitCodes: [
      [EXIT.ok, "the job is on its queue"],
      [EXIT.problem, "it is paused, still running or invalid, or the job could not be made"],
      ...SCHEDULE_EXITS,
    ],
  },
  {
    ...SCHEDULE_ARG,
    ...CHANGE_ARGS,
    force: {
      type: "boolean",
      description: "Although it is paused, or its last job still waits or runs",
    },
  },
  async (flags, context) => {
    const { output, clock } = context;
    const content = { schedule: flags.text("id") ?? "", force: flags.on("force") };
    const asked = { content, via: wayOf(flags), timeoutMs: TIMEOUT_MS };
    const done = await context.ask("run", asked);
    if (!isRunResult(done)) throw new Error(OTHER_VERSION);
    if (flags.on("json")) output.json(done);
    else if (!output.isQuiet) {
      const { schedule, job, queue } = done;
      const text = `${schedule}: job ${job} is on queue ${queue}; ${nextText(done, clock.nowMs())}`;
      output.lines([oneLine(text)]);
    }
    return EXIT.ok;
  },
);
