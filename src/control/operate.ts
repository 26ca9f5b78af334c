/** Carries out what people change by hand: run, pause, resume. Whichever daemon is asked does it, also one that stands by. */
import type { Agenda } from "../agenda/agenda.ts";
import { setPaused } from "../agenda/by-hand.ts";
import { DeadlineError } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { describeError, unreachable } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { suggestion } from "../base/suggest.ts";
import type { Book } from "../engine/book.ts";
import { askOnce, runByHand } from "../engine/run-by-hand.ts";
import type { ByHandOptions, ByHandOutcome } from "../engine/run-by-hand.ts";
import { BuildError } from "../job/builder.ts";
import { JobError } from "../job/rq-job.ts";
import type { ScheduleEffect } from "../observe/effect.ts";
import { PAUSED_ALL } from "../redis/keys.ts";
import { RedisRefusal } from "../redis/script.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { describeAsker, RefusedError } from "./command.ts";
import type { Asker, ControlErrorCode, Once, PauseCommand, RunCommand } from "./command.ts";

/** What these commands act on. */
export interface OperateOptions extends ByHandOptions {
  readonly agenda: Agenda;
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly effect: (scheduleId: string) => ScheduleEffect;
  /** Told when something was paused or resumed. */
  readonly onPauses: () => void;
  /** Told of each job that was placed. */
  readonly onPlaced: (placed: PlacedByHand) => void;
}

/** A job placed by hand, for those who keep account. */
export interface PlacedByHand {
  readonly scheduleId: string;
  readonly queue: string;
  readonly jobId: string;
  readonly reason: string;
}

/** The answer to `run`. */
export interface RunResult {
  readonly schedule: string;
  readonly job: string;
  readonly queue: string;
  /** The same request had placed it before. */
  readonly again: boolean;
  /** When it is due next by its timetable, which stays as it is. */
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

function jobOf({ verdict }: ByHandOutcome, id: string): string {
  const { kind, subject } = verdict;
  const force = "; to run it all the same: btu run --force";
  switch (kind) {
    case "placed":
    case "again":
      return subject;
    case "paused":
      throw new RefusedError("paused", `"${id}" is paused${force}`);
    case "running":
      throw new RefusedError(
        "still_running",
        `the last job of "${id}", ${subject}, still waits or runs${force}`,
      );
    case "last_job":
      throw new RefusedError("unavailable", `"${id}" fires again and again: try once more`);
    case "wrong_type":
      throw new RefusedError("failed", `place a job: the key "${subject}" holds something else`);
    default:
      return unreachable(kind);
  }
}

async function run(command: RunCommand, asker: Asker, options: OperateOptions): Promise<RunResult> {
  const { scheduleId, requestId, isForced } = command;
  const schedule = scheduleOf(scheduleId, options);
  if (schedule.problem !== null) {
    throw new RefusedError("invalid", `"${scheduleId}" is invalid: ${schedule.problem}`);
  }
  const reason = `asked for by ${describeAsker(asker)}`;
  const outcome = await runByHand({ schedule, requestId, isForced, reason }, options);
  const job = jobOf(outcome, scheduleId);
  const { queue } = outcome;
  const again = outcome.verdict.kind === "again";
  if (!again) {
    options.log.info("placed by hand", { schedule: scheduleId, queue, job });
    options.onPlaced({ scheduleId, queue, jobId: job, reason });
  }
  const { next, next_local } = options.effect(scheduleId);
  return { schedule: scheduleId, job, queue, again, next, next_local };
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
