/** `btu run`. */
import { UsageError } from "../base/errors.ts";
import type { RunResult } from "../control/operate.ts";
import { hasShape, OTHER_VERSION } from "./answers.ts";
import { CHANGE_ARGS, COMMON_EXITS, wayOf } from "./change-args.ts";
import { defineLeaf } from "./command.ts";
import type { Flags } from "./flags.ts";
import { nextText } from "./effect.ts";
import { EXIT } from "./exit.ts";
import { oneLine } from "./text.ts";

function isRunResult(value: unknown): value is RunResult {
  return hasShape(value, { task: "text", job: "text", queue: "text" });
}

/** A web server may have to make the job first. */
const TIMEOUT_MS = 20_000;

const RUN_ARGS = {
  id: { type: "positional", valueHint: "SCHEDULE", description: "The schedule", required: false },
  ...CHANGE_ARGS,
  task: { type: "string", valueHint: "TASK", description: "A BTU Task, without any schedule" },
  force: {
    type: "boolean",
    description: "Although it is paused, or its last job still waits or runs",
  },
} as const;

/** @throws UsageError unless either a schedule or a task is meant. */
function contentOf(flags: Flags<keyof typeof RUN_ARGS>): Readonly<Record<string, unknown>> {
  const [schedule, task] = [flags.text("id"), flags.text("task")];
  if ((schedule === null) === (task === null)) {
    throw new UsageError("name either a schedule or --task TASK");
  }
  return schedule === null ? { task } : { schedule, force: flags.on("force") };
}

function doneText(done: RunResult, nowMs: number): string {
  const { schedule, task, job, queue } = done;
  if (schedule === null) return `${task}: job ${job} is on queue ${queue}`;
  return `${schedule}: job ${job} is on queue ${queue}; ${nextText(done, nowMs)}`;
}

/** The command. */
export const runCommand = defineLeaf(
  {
    name: "run",
    about: "Put a job of a schedule, or of a task, on its queue now, out of order",
    needs: "the daemon",
    details: [
      "The timetable stays as it is. The ledger calls it manual. A schedule that is disabled runs too; one that is paused, or whose last job still waits or " +
        "runs, only with --force. A task runs without regard to schedules and their pauses. Asked again because the answer was lost, it is not run twice.",
    ],
    examples: [
      ["btu run TS-000003", "Tells the id of the RQ job"],
      ["btu run TS-000003 --force", "Although it is paused, or its last job is not done"],
      ["btu run --task BTU-00002", "A task of the site, without a schedule; btu tasks lists them"],
      ["btu run TS-000003 --json | jq -r .job", "For a script"],
    ],
    exitCodes: [
      [EXIT.ok, "the job is on its queue"],
      [EXIT.problem, "it is paused, still running or invalid, or the job could not be made"],
      ...COMMON_EXITS,
      [EXIT.notFound, "no schedule, or no task, has this id"],
    ],
  },
  RUN_ARGS,
  async (flags, context) => {
    const { output, clock } = context;
    const asked = { content: contentOf(flags), via: wayOf(flags), timeoutMs: TIMEOUT_MS };
    const done = await context.ask("run", asked);
    if (!isRunResult(done)) throw new Error(OTHER_VERSION);
    if (flags.on("json")) output.json(done);
    else if (!output.isQuiet) output.lines([oneLine(doneText(done, clock.nowMs()))]);
    return EXIT.ok;
  },
);
