/** Which occurrence of a schedule is to be planned; pure. */
import { createHash } from "node:crypto";
import { nextInstant } from "../cron/next.ts";
import { offsetAt } from "../cron/zone.ts";
import type { Schedule, Timing } from "../schedule/schedule.ts";
import type { PlanRecord, SettledRecord } from "./plan-record.ts";

/** An instant further ahead than this was written under a wrong clock. */
export const CLOCK_ERROR_SECONDS = 86_400;
/** After new zone data at most so many occurrences lie at wall times already run: a day of them, minute by minute. */
const REPEATED_WALLS_MAX = 1_440;

/** A schedule that can fire: enabled, valid. */
export interface ActiveSchedule extends Schedule {
  readonly timing: Timing;
}

/** Whether the schedule may stand on the agenda. */
export function isActive(schedule: Schedule): schedule is ActiveSchedule {
  return schedule.enabled && schedule.problem === null && schedule.timing !== null;
}

/** The first occurrence after `afterSeconds`, or null when there is none. */
export function nextDue({ timing, policy }: ActiveSchedule, afterSeconds: number): number | null {
  return nextInstant(timing.expression, timing.zone, afterSeconds, policy.dst);
}

/** What the clock on the schedule's wall shows at an instant, as epoch seconds. */
export function wallSeconds({ timing }: ActiveSchedule, instantSeconds: number): number {
  return instantSeconds + offsetAt(timing.zone, instantSeconds);
}

/** The record of an occurrence of this schedule, `dueSeconds` being the first one after `baseSeconds`. */
export function planRecord(
  schedule: ActiveSchedule,
  dueSeconds: number,
  baseSeconds: number,
): PlanRecord {
  return {
    dueSeconds,
    baseSeconds,
    timingFingerprint: schedule.timingFingerprint,
    workFingerprint: schedule.workFingerprint,
    zoneFingerprint: schedule.timing.zone.fingerprint,
  };
}

/** A number in [0, 1) that is the same for this id on every machine. */
function fractionOf(id: string): number {
  return createHash("sha1").update(id).digest().readUInt32BE(0) / 2 ** 32;
}

/**
 * The agenda's score of an occurrence, epoch seconds: its due instant, plus the schedule's share of `jitter_secs`, which
 * stays below half the distance to the next occurrence so that their order cannot change.
 */
export function scoreOf(schedule: ActiveSchedule, dueSeconds: number): number {
  const { jitterSeconds } = schedule.policy;
  if (jitterSeconds === 0) return dueSeconds;
  const next = nextDue(schedule, dueSeconds);
  const room = next === null ? jitterSeconds : Math.min(jitterSeconds, (next - dueSeconds) / 2);
  return dueSeconds + Math.floor(fractionOf(schedule.id) * room * 1000) / 1000;
}

/** Words of the history of definitions. */
export type DefinitionChange =
  /** Seen for the first time, or enabled again. */
  | "planned"
  | "edited"
  | "disabled"
  | "deleted"
  | "invalid"
  /** No occurrence is left. */
  | "ended"
  /** Planned under a clock that was more than a day ahead. */
  | "clock"
  /** New time zone rules. */
  | "zone"
  /** Only what is run. */
  | "work"
  /** Taken over from another daemon version. */
  | "adopted";

/** What is to be done about one schedule. */
export type Need =
  | { readonly kind: "nothing" }
  /** Take it off the agenda. */
  | { readonly kind: "drop"; readonly change: DefinitionChange }
  /** Plan the first occurrence from now on; what was planned and due is dropped. */
  | { readonly kind: "plan_anew"; readonly change: DefinitionChange }
  /** Compute again from the same base: what becomes due in the past was missed, not dropped. */
  | {
      readonly kind: "recompute";
      readonly plan: PlanRecord;
      /** Null when only the agenda's member was lost. */
      readonly change: DefinitionChange | null;
    };

const NOTHING: Need = { kind: "nothing" };

/** Compares a schedule with its plan. `onAgenda` tells whether the plan's member stands there. */
export function needOf(
  schedule: Schedule,
  plan: PlanRecord | null,
  onAgenda: boolean,
  nowSeconds: number,
): Need {
  if (!isActive(schedule)) {
    if (plan === null) return NOTHING;
    return { kind: "drop", change: schedule.enabled ? "invalid" : "disabled" };
  }
  if (plan === null) return { kind: "plan_anew", change: "planned" };
  if (plan.timingFingerprint !== schedule.timingFingerprint) {
    return { kind: "plan_anew", change: "edited" };
  }
  if (plan.baseSeconds > nowSeconds + CLOCK_ERROR_SECONDS) {
    return { kind: "plan_anew", change: "clock" };
  }
  if (plan.zoneFingerprint !== schedule.timing.zone.fingerprint) {
    return { kind: "recompute", plan, change: "zone" };
  }
  if (plan.workFingerprint !== schedule.workFingerprint) {
    return { kind: "recompute", plan, change: "work" };
  }
  return onAgenda ? NOTHING : { kind: "recompute", plan, change: null };
}

/** The plan that answers a need, or null when the schedule has no occurrence left. */
export function planFor(
  schedule: ActiveSchedule,
  need: { readonly kind: "plan_anew" } | { readonly kind: "recompute"; readonly plan: PlanRecord },
  settled: SettledRecord | null,
  nowSeconds: number,
): PlanRecord | null {
  let base = need.kind === "recompute" ? need.plan.baseSeconds : baseFrom(settled, nowSeconds);
  // The plan of a firing has it as its base; another one, made after an edit, tells nothing of the zone it ran in.
  if (need.kind === "recompute" && settled?.dueSeconds === base) {
    base = afterWallsAlreadyRun(schedule, settled);
  }
  const due = nextDue(schedule, base);
  return due === null ? null : planRecord(schedule, due, base);
}

function baseFrom(settled: SettledRecord | null, nowSeconds: number): number {
  if (settled === null || settled.dueSeconds > nowSeconds + CLOCK_ERROR_SECONDS) return nowSeconds;
  return Math.max(nowSeconds, settled.dueSeconds);
}

/**
 * New zone data may bring a wall time back that a fixed-time schedule has run at: it does not run there again. Gives the instant
 * after which it runs: the last run, or the last of the occurrences that are left out.
 */
function afterWallsAlreadyRun(schedule: ActiveSchedule, settled: SettledRecord): number {
  const { dueSeconds } = settled;
  const isAsItWas = wallSeconds(schedule, dueSeconds) === settled.wallSeconds;
  if (isAsItWas || schedule.timing.expression.interval) return dueSeconds;
  let after = dueSeconds;
  for (let skipped = 0; skipped < REPEATED_WALLS_MAX; skipped += 1) {
    const due = nextDue(schedule, after);
    if (due === null || wallSeconds(schedule, due) > settled.wallSeconds) return after;
    after = due;
  }
  return after;
}
