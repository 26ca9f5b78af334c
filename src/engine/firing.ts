/** What to do about a planned occurrence at this moment; pure. */
import type { MissedRun, Outcome } from "../agenda/fire-request.ts";
import { runUpTo } from "../agenda/missed-run.ts";
import { nextDue } from "../agenda/plan.ts";
import type { ActiveSchedule } from "../agenda/plan.ts";
import { countInstants, latestInstant } from "../cron/span.ts";
import type { Span } from "../cron/span.ts";

/** Up to this age an occurrence is late, not missed: it is placed whatever the policy. */
export const LATE_MAX_SECONDS = 60;
/** A job placed more than this after it was due is called late. */
export const LATE_AFTER_MS = 5_000;

/** The decision about one planned occurrence. */
export interface Firing {
  readonly plannedSeconds: number;
  /** The occurrence that is placed or settled; later than the planned one when some were missed. */
  readonly dueSeconds: number;
  /** Whether a job is placed. */
  readonly isPlaced: boolean;
  /** Why it runs although it was missed, or why it does not. */
  readonly reason: string;
  readonly outcome: Outcome;
  /** Occurrences before `dueSeconds` that are given up. */
  readonly missed: MissedRun | null;
  /** The occurrence that follows, or null when there is none. */
  readonly nextSeconds: number | null;
}

/**
 * Decides between firing, catching up and giving up, by the schedule's misfire policy. `held` is why nothing could be fired
 * when it was due, where that is known.
 */
export function decideFiring(
  schedule: ActiveSchedule,
  plannedSeconds: number,
  nowSeconds: number,
  held: string | null = null,
): Firing {
  const lateFrom = nowSeconds - LATE_MAX_SECONDS;
  if (plannedSeconds >= lateFrom) {
    const reason = held === null ? "" : `held back: ${held}`;
    return place(schedule, plannedSeconds, plannedSeconds, reason);
  }
  const missed = held === null ? "missed" : `missed, since ${held}`;
  const newest = newestBetween(schedule, plannedSeconds, lateFrom - 1);
  const oldestAllowed = nowSeconds - schedule.policy.misfireGraceSeconds;
  const { misfire } = schedule.policy;
  if (misfire === "skip") {
    return giveUp(schedule, plannedSeconds, newest, `${missed}, and the misfire policy is skip`);
  }
  if (newest < oldestAllowed) {
    return giveUp(schedule, plannedSeconds, newest, `${missed}, and older than the misfire grace`);
  }
  const reason = `${missed}, runs now by the policy ${misfire}`;
  if (misfire === "run_once") return place(schedule, plannedSeconds, newest, reason);
  const first = firstToCatchUp(schedule, { plannedSeconds, newest, oldestAllowed });
  return place(schedule, plannedSeconds, first, reason);
}

/** The decision that an occurrence was placed after all, by whoever did it. */
export function decideAgain(
  schedule: ActiveSchedule,
  { plannedSeconds }: Firing,
  found: { readonly dueSeconds: number; readonly reason: string },
): Firing {
  return place(schedule, plannedSeconds, found.dueSeconds, found.reason);
}

/** The newest occurrence in [planned, upTo]; the planned one is one of them. */
function newestBetween(
  schedule: ActiveSchedule,
  plannedSeconds: number,
  uptoSeconds: number,
): number {
  return latestIn(schedule, { afterSeconds: plannedSeconds, uptoSeconds }) ?? plannedSeconds;
}

function latestIn({ timing, policy }: ActiveSchedule, span: Span): number | null {
  return latestInstant(timing.expression, timing.zone, span, policy.dst);
}

function countIn({ timing, policy }: ActiveSchedule, span: Span): number {
  return countInstants(timing.expression, timing.zone, span, policy.dst);
}

/** Under `run_all` the newest `max_catchup` occurrences within grace run, one after the other. */
function firstToCatchUp(
  schedule: ActiveSchedule,
  range: { plannedSeconds: number; newest: number; oldestAllowed: number },
): number {
  const { newest } = range;
  const span = {
    afterSeconds: Math.max(range.plannedSeconds, range.oldestAllowed) - 1,
    uptoSeconds: newest,
  };
  const { maxCatchup } = schedule.policy;
  const afterSeconds =
    countIn(schedule, span) <= maxCatchup ? span.afterSeconds : startOfNewest(schedule, span);
  return nextDue(schedule, afterSeconds) ?? newest;
}

/** The latest start after which `max_catchup` occurrences still lie in the span: bisected, since counting is cheap. */
function startOfNewest(schedule: ActiveSchedule, span: Span): number {
  let low = span.afterSeconds;
  let high = span.uptoSeconds - 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const count = countIn(schedule, { ...span, afterSeconds: middle });
    if (count > schedule.policy.maxCatchup) low = middle + 1;
    else high = middle;
  }
  return low;
}

function place(
  schedule: ActiveSchedule,
  plannedSeconds: number,
  dueSeconds: number,
  reason: string,
): Firing {
  return {
    plannedSeconds,
    dueSeconds,
    isPlaced: true,
    reason,
    outcome: reason === "" ? "fired" : "late",
    missed: missedBefore(schedule, plannedSeconds, dueSeconds),
    nextSeconds: nextDue(schedule, dueSeconds),
  };
}

function giveUp(
  schedule: ActiveSchedule,
  plannedSeconds: number,
  newest: number,
  reason: string,
): Firing {
  return {
    plannedSeconds,
    dueSeconds: newest,
    isPlaced: false,
    reason,
    outcome: "skipped_misfire",
    missed: missedBefore(schedule, plannedSeconds, newest),
    nextSeconds: nextDue(schedule, newest),
  };
}

/** The occurrences from the planned one up to the one before `dueSeconds`. */
function missedBefore(
  schedule: ActiveSchedule,
  plannedSeconds: number,
  dueSeconds: number,
): MissedRun | null {
  if (dueSeconds === plannedSeconds) return null;
  const { timing, policy } = schedule;
  return runUpTo({ ...timing, dst: policy.dst }, plannedSeconds, dueSeconds - 1);
}
