/** `btu run`. */
import { idOfTask } from "../agenda/id-of-task.ts";
import { UsageError } from "../base/errors.ts";
import type { RunResult } from "../control/operate.ts";
import { hasShape } from "./answers.ts";
import { askChange } from "./ask-change.ts";
import { CHANGE_ARGS, COMMON_EXITS, wayOf } from "./change-args.ts";
import { defineLeaf } from "./command.ts";
import { nextText } from "./effect.ts";
import { EXIT } from "./exit.ts";
import type { Flags } from "./flags.ts";
import { oneLine } from "./text.ts";

const RUN_ARGS = {
  id: { type: "positional", valueHint: "SCHEDULE", description: "The schedule", required: false },
  task: {
    type: "string",
    valueHint: "TASK",
    description: "A BTU Task of the site, whether or not it has a schedule",
  },
  ...CHANGE_ARGS,
  force: {
    type: "boolean",
    description: "Although it is paused, or its last job still waits or runs",
  },
} as const;

function isRunResult(value: unknown): value is RunResult {
  return hasShape(value, { queue: "text" });
}

/** A web server may have to make the job first. */
const TIMEOUT_MS = 20_000;

/** @throws UsageError unless one schedule or one task is meant. */
function targetOf(flags: Flags<keyof typeof RUN_ARGS>): Readonly<Record<string, string>> {
  const [schedule, task] = [flags.text("id"), flags.text("task")];
  if (schedule !== null && task === null) return { schedule };
  if (task !== null && schedule === null) return { task };
  throw new UsageError("name either a schedule or --task TASK");
}

/** What the ledger calls it, as a shell takes it. */
function ledgerName(flags: Flags<keyof typeof RUN_ARGS>): string {
  const task = flags.text("task");
  return task === null ? (flags.text("id") ?? "") : `'${idOfTask(task)}'`;
}

function doneText(done: RunResult, nowMs: number): string {
  const { schedule, task, job, queue, handed_over: isHandedOver } = done;
  const what = isHandedOver
    ? `the site was told to put its job on queue ${queue}`
    : `job ${job} is on queue ${queue}`;
  return schedule === null ? `${task}: ${what}` : `${schedule}: ${what}; ${nextText(done, nowMs)}`;
}

/** The command. */
export const runCommand = defineLeaf(
  {
    name: "run",
    about: "Put a job of a schedule or a task on its queue now, out of order",
    needs: "the daemon",
    details: [
      "The timetable stays as it is. The ledger calls it manual. A schedule that is disabled runs too; one that is paused, or whose last job still waits or " +
        "runs, only with --force. Asked again because the answer was lost, it is not run twice.",
      "With --task the job has no schedule: the ledger calls it task|TASK, and only the last job that was run so is waited for. " +
        "While all schedules are paused it runs only with --force.",
      "Where the site enqueues its jobs itself, it is told to: nobody here knows the job's id then, and it may skip what still runs. " +
        "Whether it heard is looked up when its answer is lost, and told when that cannot be known.",
    ],
    examples: [
      ["btu run TS-000003", "Tells the id of the RQ job"],
      ["btu run --task BT-000001", "A task of the site, without a schedule"],
      ["btu run TS-000003 --force", "Although it is paused, or its last job is not done"],
      ["btu run TS-000003 --json | jq -r .job", "For a script"],
    ],
    exitCodes: [
      [EXIT.ok, "the job is on its queue, or the site was told to put it there"],
      [EXIT.problem, "it is paused, still running or invalid, or the job could not be made"],
      ...COMMON_EXITS,
      [EXIT.notFound, "no schedule, or no task, has this id"],
    ],
  },
  RUN_ARGS,
  async (flags, context) => {
    const { output, clock } = context;
    const content = { ...targetOf(flags), force: flags.on("force") };
    const asked = { content, via: wayOf(flags), timeoutMs: TIMEOUT_MS };
    const check = `btu history ${ledgerName(flags)}`;
    const done = await askChange({ type: "run", ...asked, isDone: isRunResult, check }, context);
    if (flags.on("json")) output.json(done);
    else if (!output.isQuiet) output.lines([oneLine(doneText(done, clock.nowMs()))]);
    return EXIT.ok;
  },
);
