/** What `btu lint` finds, as data. */
import { nextInstant } from "../cron/next.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { meaningOf, runTimes } from "./cron-report.ts";
import type { CronMeaning, RunTimes } from "./cron-report.ts";

/** How bad it is. */
export type LintLevel = "problem" | "warning" | "ok";

/** One schedule. */
export interface LintRow extends CronMeaning {
  readonly id: string;
  readonly task: string;
  readonly cron: string;
  readonly time_zone: string;
  readonly enabled: boolean;
  readonly level: LintLevel;
  /** Why it cannot run, or null. */
  readonly problem: string | null;
  readonly next: RunTimes | null;
}

const NOTHING: CronMeaning = { meaning: "", warnings: [], clock_changes: [] };
const NEVER = "it never runs: no such date up to the end of 2099";
const LEVELS: readonly LintLevel[] = ["problem", "warning", "ok"];

/** Whether it must be mended. */
export function isProblem({ level }: LintRow): boolean {
  return level === "problem";
}

function levelOf(enabled: boolean, problem: string | null, warnings: number): LintLevel {
  if (problem !== null) return enabled ? "problem" : "warning";
  return warnings > 0 ? "warning" : "ok";
}

function meaningIn(schedule: Schedule, nowSeconds: number): CronMeaning {
  const { timing, policy } = schedule;
  if (timing === null) return NOTHING;
  const meaning = meaningOf({ ...timing, fromSeconds: nowSeconds, dst: policy.dst });
  if (timing.zoneWarning === null) return meaning;
  return { ...meaning, warnings: [timing.zoneWarning, ...meaning.warnings] };
}

function lintOne(schedule: Schedule, nowSeconds: number): LintRow {
  const { id, task, cron, timeZone, enabled, timing, policy } = schedule;
  const { dst } = policy;
  const due = timing === null ? null : nextInstant(timing.expression, timing.zone, nowSeconds, dst);
  const meaning = meaningIn(schedule, nowSeconds);
  const problem = schedule.problem ?? (due === null ? NEVER : null);
  return {
    id,
    task,
    cron,
    time_zone: timeZone,
    enabled,
    level: levelOf(enabled, problem, meaning.warnings.length),
    problem,
    next: timing === null || due === null ? null : runTimes(due, timing.zone),
    ...meaning,
  };
}

/** Looks all schedules over: problems first, then warnings, then the others, each by their ids. */
export function lintSchedules(schedules: readonly Schedule[], nowSeconds: number): LintRow[] {
  return schedules
    .map((schedule) => lintOne(schedule, nowSeconds))
    .toSorted((a, b) => {
      const byLevel = LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level);
      return byLevel === 0 ? Number(a.id > b.id) - Number(a.id < b.id) : byLevel;
    });
}
