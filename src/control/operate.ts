/** Carries out what people change by hand: run, pause, resume. Whichever daemon is asked does it, also one that stands by. */
import type { Agenda } from "../agenda/agenda.ts";
import { setPaused } from "../agenda/by-hand.ts";
import { DeadlineError, withDeadline } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { describeError, unreachable } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { suggestion } from "../base/suggest.ts";
import type { Book } from "../engine/book.ts";
import { askOnce, ledgerId, runByHand } from "../engine/run-by-hand.ts";
import type { ByHandOptions, ByHandOutcome, ByHandRequest } from "../engine/run-by-hand.ts";
import { BuildError } from "../job/builder.ts";
import type { JobWish } from "../job/builder.ts";
import { JobError } from "../job/rq-job.ts";
import { TaskError } from "../job/task-wish.ts";
import type { ScheduleEffect } from "../observe/effect.ts";
import { PAUSED_ALL } from "../redis/keys.ts";
import { RedisRefusal } from "../redis/script.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { describeAsker, RefusedError } from "./command.ts";
import type {
  Asker,
  ControlErrorCode,
  Once,
  PauseCommand,
  RunCommand,
  RunTarget,
} from "./command.ts";

/** What these commands act on. */
export interface OperateOptions extends ByHandOptions {
  readonly agenda: Agenda;
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly effect: (scheduleId: string) => ScheduleEffect;
  /**
   * Looks up what a task runs.
   *
   * @throws TaskError; BuildError when the site cannot be asked.
   */
  readonly taskWish: (taskId: string, signal: AbortSignal) => Promise<JobWish>;
  /** Told when something was paused or resumed. */
  readonly onPauses: () => void;
  /** Told of each job that was placed. */
  readonly onPlaced: (placed: PlacedByHand) => void;
}

/** A job placed by hand, for those who keep account. */
export interface PlacedByHand {
  /** The schedule, or what stands in its place in the ledger. */
  readonly scheduleId: string;
  readonly queue: string;
  /** Null where the site enqueues it. */
  readonly jobId: string | null;
  readonly reason: string;
}

/** The answer to `run`. */
export interface RunResult {
  /** Null where a task was asked for. */
  readonly schedule: string | null;
  /** The task that was asked for; null where a schedule was. */
  readonly task: string | null;
  /** Null where the site enqueues it: nobody here knows its id. */
  readonly job: string | null;
  readonly queue: string;
  /** The site was told to enqueue it: at least once, and it may skip what runs already. */
  readonly handed_over: boolean;
  /** The same request had done so before. */
  readonly again: boolean;
  /** When the schedule is due next by its timetable, which stays as it is. */
  readonly next: string | null;
  readonly next_local: string | null;
}

/** The answer to `pause` and `resume`. */
export interface PauseResult {
  /** Null: all schedules. */
  readonly schedule: string | null;
  /** False when it was so already. */
  readonly changed: boolean;
  /** Whether it is paused now; after `resume` of one, all may still be. */
  readonly paused_by: ScheduleEffect["paused_by"];
  /** Schedules that are paused each by itself. */
  readonly paused_schedules: readonly string[];
  readonly next: string | null;
  readonly next_local: string | null;
}

/** What was asked longer ago must not surprise anybody now. */
const FRESH_MS = 60_000;
/** Among more names the nearest one takes too long to find. */
const SUGGEST_FROM_MAX = 2_000;
/** A site that tells what a task runs may take this long. */
const TASK_TIMEOUT_MS = 5_000;

/** @throws RefusedError when it was sent too long ago, or under a clock that is too far ahead. */
function checkFresh(kind: string, { sentMs }: Once, clock: Clock): void {
  const ageMs = clock.nowMs() - sentMs;
  if (Math.abs(ageMs) <= FRESH_MS) return;
  const seconds = Math.round(Math.abs(ageMs) / 1000);
  const text =
    ageMs > 0
      ? `${kind}: it was sent ${seconds} s ago, and only counts for ${FRESH_MS / 1000} s; send it again`
      : `${kind}: it was sent ${seconds} s from now by its own account; check the clocks`;
  throw new RefusedError("too_old", text);
}

/** Sorts what went wrong by whether asking again may help. */
function asRefused(kind: string, error: unknown): RefusedError {
  if (error instanceof RefusedError) return error;
  if (error instanceof TaskError) {
    return new RefusedError(error.isUnknown ? "not_found" : "invalid", error.message);
  }
  const isAway = error instanceof DeadlineError || (error instanceof BuildError && error.transient);
  const isBad = error instanceof JobError || (error instanceof BuildError && !error.transient);
  const code: ControlErrorCode = isAway ? "unavailable" : isBad ? "invalid" : "failed";
  const text = error instanceof RedisRefusal ? error.message : describeError(error);
  return new RefusedError(code, `${kind}: ${text}`, { cause: error });
}

function scheduleOf(id: string, { book }: OperateOptions): Schedule {
  const found = book.get(id)?.schedule;
  if (found !== undefined) return found;
  const known = book.size > SUGGEST_FROM_MAX ? [] : [...book.entries()];
  const near = suggestion(
    id,
    known.map(({ schedule }) => schedule.id),
  );
  throw new RefusedError("not_found", `no schedule is called "${id}"${near}`);
}

const FORCE = "; to run it all the same, add --force";

function pausedError({ kind, id }: RunTarget): RefusedError {
  const text = kind === "schedule" ? `"${id}" is paused` : "all schedules are paused";
  return new RefusedError("paused", `${text}${FORCE}`);
}

type Placing = Extract<ByHandOutcome, { way: "placed" }>;

/** @throws RefusedError when no job was placed. */
function placedJob({ verdict }: Placing, target: RunTarget): string {
  const { kind, subject } = verdict;
  const { id } = target;
  switch (kind) {
    case "placed":
    case "again":
      return subject;
    case "paused":
      throw pausedError(target);
    case "running":
      throw new RefusedError(
        "still_running",
        `the last job of "${id}", ${subject}, still waits or runs${FORCE}`,
      );
    case "last_job":
      throw new RefusedError("unavailable", `"${id}" fires again and again: try once more`);
    case "wrong_type":
      throw new RefusedError("failed", `place a job: the key "${subject}" holds something else`);
    default:
      return unreachable(kind);
  }
}

/** @throws RefusedError when the site was not asked, or nobody knows whether it heard. */
function checkHandedOver(verdict: string, target: RunTarget): void {
  if (verdict === "paused") throw pausedError(target);
  if (verdict !== "begun") return;
  const text = `the site was asked to enqueue "${target.id}" by this request before, and it is not known whether it did: look for the job before you ask anew`;
  throw new RefusedError("unavailable", text);
}

/** @throws RefusedError when no job came of it. */
function jobOf(outcome: ByHandOutcome, target: RunTarget): string | null {
  if (outcome.way === "placed") return placedJob(outcome, target);
  checkHandedOver(outcome.verdict, target);
  return null;
}

/** @throws RefusedError or TaskError when there is nothing to run; BuildError or DeadlineError when the site is away. */
async function lookUp(
  { kind, id }: RunTarget,
  options: OperateOptions,
): Promise<ByHandRequest["what"]> {
  if (kind === "task") {
    const { clock, taskWish } = options;
    const deadline = { clock, timeoutMs: TASK_TIMEOUT_MS, action: `read BTU Task "${id}"` };
    const wish = await withDeadline(deadline, (signal) => taskWish(id, signal));
    return { kind, taskId: id, wish };
  }
  const schedule = scheduleOf(id, options);
  if (schedule.problem === null) return { kind, schedule };
  throw new RefusedError("invalid", `"${id}" is invalid: ${schedule.problem}`);
}

async function run(command: RunCommand, asker: Asker, options: OperateOptions): Promise<RunResult> {
  const { target, requestId, isForced } = command;
  const what = await lookUp(target, options);
  const asked = `asked for by ${describeAsker(asker)}`;
  const outcome = await runByHand({ what, requestId, isForced, reason: asked }, options);
  const job = jobOf(outcome, target);
  const { queue, reason, way } = outcome;
  const again =
    outcome.way === "placed" ? outcome.verdict.kind === "again" : outcome.verdict === "again";
  if (!again) {
    const text = way === "placed" ? "placed by hand" : "handed over to the site by hand";
    options.log.info(text, { [target.kind]: target.id, queue, job: job ?? undefined });
    options.onPlaced({ scheduleId: ledgerId(what), queue, jobId: job, reason });
  }
  const { id, kind } = target;
  const { next, next_local } =
    kind === "task" ? { next: null, next_local: null } : options.effect(id);
  const of = kind === "task" ? { schedule: null, task: id } : { schedule: id, task: null };
  return { ...of, job, queue, handed_over: way === "handed_over", again, next, next_local };
}

function pauseText({ note, sentMs }: PauseCommand, asker: Asker): string {
  return JSON.stringify({ since_ms: Math.round(sentMs), note, by: describeAsker(asker) });
}

async function setPause(
  command: PauseCommand,
  asker: Asker,
  options: OperateOptions,
): Promise<PauseResult> {
  const { agenda, book } = options;
  const { kind, scheduleId, requestId } = command;
  // What is paused can be resumed, though its source may not hold it any more.
  if (scheduleId !== null && kind === "pause") scheduleOf(scheduleId, options);
  const id = scheduleId ?? PAUSED_ALL;
  const pause = kind === "pause" ? pauseText(command, asker) : null;
  const changed = await askOnce(options, async () => {
    const done = await setPaused(agenda, { requestId, id, pause });
    book.setPauses(await agenda.paused());
    return done;
  });
  if (changed) options.onPauses();
  if (scheduleId !== null && !changed && kind === "resume" && !book.pauses.has(PAUSED_ALL)) {
    scheduleOf(scheduleId, options);
  }
  const paused_schedules = [...book.pauses.keys()].filter((one) => one !== PAUSED_ALL);
  const isAllPaused = book.pauses.has(PAUSED_ALL);
  const effect =
    scheduleId === null
      ? { paused_by: isAllPaused ? ("all" as const) : null, next: null, next_local: null }
      : options.effect(scheduleId);
  const { paused_by, next, next_local } = effect;
  return { schedule: scheduleId, changed, paused_by, paused_schedules, next, next_local };
}

/**
 * Carries one of them out.
 *
 * @throws RefusedError with code and text.
 */
export async function operate(
  command: RunCommand | PauseCommand,
  asker: Asker,
  options: OperateOptions,
): Promise<RunResult | PauseResult> {
  checkFresh(command.kind, command, options.clock);
  try {
    return command.kind === "run"
      ? await run(command, asker, options)
      : await setPause(command, asker, options);
  } catch (error) {
    throw asRefused(command.kind, error);
  }
}
