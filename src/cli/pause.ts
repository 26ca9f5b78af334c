/** `btu pause` and `btu resume`. */
import { UsageError } from "../base/errors.ts";
import type { PauseResult } from "../control/operate.ts";
import { hasShape } from "./answers.ts";
import { askChange } from "./ask-change.ts";
import { CHANGE_ARGS, SCHEDULE_EXITS, wayOf } from "./change-args.ts";
import { defineLeaf } from "./command.ts";
import type { CliContext } from "./context.ts";
import { nextText } from "./effect.ts";
import { EXIT } from "./exit.ts";
import type { Flags } from "./flags.ts";
import { counted, oneLine } from "./text.ts";

const TARGET_ARGS = {
  id: { type: "positional", valueHint: "SCHEDULE", description: "The schedule", required: false },
  ...CHANGE_ARGS,
  all: { type: "boolean", description: "All schedules, those to come too" },
} as const;

type TargetFlags = Flags<keyof typeof TARGET_ARGS>;

function isPauseResult(value: unknown): value is PauseResult {
  return hasShape(value, { paused_schedules: "list" });
}

/** @throws UsageError unless one schedule or all are meant. */
function targetOf(flags: TargetFlags): { readonly all: true } | { readonly schedule: string } {
  const schedule = flags.text("id");
  if (flags.on("all") === (schedule !== null)) {
    throw new UsageError("name either a schedule or --all");
  }
  return schedule === null ? { all: true } : { schedule };
}

async function setPause(
  type: "pause" | "resume",
  flags: TargetFlags,
  note: string | null,
  context: CliContext,
): Promise<PauseResult> {
  const content = { ...targetOf(flags), ...(note === null ? {} : { note }) };
  const check = "btu list --state paused";
  const asked = { content, via: wayOf(flags) };
  return askChange({ type, ...asked, isDone: isPauseResult, check }, context);
}

function pauseText(done: PauseResult, nowMs: number): string {
  const { schedule, changed } = done;
  const word = changed ? "paused" : "paused already";
  if (schedule === null) return `all schedules are ${word}; to go on: btu resume --all`;
  const skipped = done.next === null ? "" : `; its ${nextText(done, nowMs)}, will be skipped`;
  return `${schedule}: ${word}${skipped}; to go on: btu resume ${schedule}`;
}

function resumeText(done: PauseResult, nowMs: number): string {
  const { schedule, changed, paused_by: pausedBy, paused_schedules: others } = done;
  const word = changed ? "resumed" : "was not paused";
  if (schedule === null) {
    const rest =
      others.length === 0
        ? ""
        : `; ${counted(others.length, "schedule")} stay paused by themselves`;
    return `all schedules: ${word}${rest}`;
  }
  if (pausedBy === "all") {
    return `${schedule}: ${word}, but all schedules are paused; to go on: btu resume --all`;
  }
  return `${schedule}: ${word}; ${nextText(done, nowMs)}`;
}

function tell(text: string, done: PauseResult, flags: TargetFlags, { output }: CliContext): void {
  if (flags.on("json")) output.json(done);
  else if (!output.isQuiet) output.lines([oneLine(text)]);
}

/** `btu pause`. */
export const pauseCommand = defineLeaf(
  {
    name: "pause",
    about: "Keep a schedule from running, without touching its source",
    needs: "the daemon",
    details: [
      "What becomes due meanwhile is entered in the ledger as skipped_paused and is not caught up. The pause outlives restarts " +
        "of the daemon, and edits of the schedule.",
    ],
    examples: [
      [
        "btu pause TS-000003 --note 'until the new server is up'",
        "The note is shown to whoever asks",
      ],
      ["btu pause --all", "Everything, before maintenance"],
    ],
    exitCodes: [[EXIT.ok, "it is paused"], ...SCHEDULE_EXITS],
  },
  {
    ...TARGET_ARGS,
    note: { type: "string", valueHint: "TEXT", description: "Why, for the others" },
  },
  async (flags, context) => {
    const done = await setPause("pause", flags, flags.text("note"), context);
    tell(pauseText(done, context.clock.nowMs()), done, flags, context);
    return EXIT.ok;
  },
);

/** `btu resume`. */
export const resumeCommand = defineLeaf(
  {
    name: "resume",
    about: "Let a paused schedule run again",
    needs: "the daemon",
    details: [
      "A schedule that was paused by itself stays so when --all is resumed, and the other way round.",
    ],
    examples: [
      ["btu resume TS-000003", "Tells when it runs next"],
      ["btu resume --all", "After maintenance"],
    ],
    exitCodes: [[EXIT.ok, "it is not paused by itself any more"], ...SCHEDULE_EXITS],
  },
  TARGET_ARGS,
  async (flags, context) => {
    const done = await setPause("resume", flags, null, context);
    tell(resumeText(done, context.clock.nowMs()), done, flags, context);
    return EXIT.ok;
  },
);
