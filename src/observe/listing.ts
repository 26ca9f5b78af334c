/** One row of `btu list`, the same whether a daemon or the command itself read the schedules. */
import { isActive, nextDue } from "../agenda/plan.ts";
import { expressionWarnings } from "../cron/expression-warnings.ts";
import type { CronExpression } from "../cron/expression.ts";
import { utcText, zonedText } from "../cron/instant-text.ts";
import type { Schedule } from "../schedule/schedule.ts";

/** Whether and why a schedule runs. */
export type ScheduleState = "active" | "disabled" | "invalid" | "never" | "paused";

/** A schedule as people and programs see it. */
export interface ListRow {
  readonly id: string;
  readonly task: string;
  readonly description: string;
  readonly cron: string;
  readonly time_zone: string;
  readonly zone_rule: string;
  readonly queue: string;
  readonly state: ScheduleState;
  /** ISO, UTC; null when it will not run. */
  readonly next: string | null;
  /** The same instant as the clocks of its zone show it, by the zone data of whoever made the row. */
  readonly next_local: string | null;
  /** When the last occurrence was due that was placed or given up: ISO, UTC; null when there is none. */
  readonly last: string | null;
  readonly last_local: string | null;
  readonly problem: string | null;
  readonly warnings: readonly string[];
}

/** What else is known about a schedule. */
export interface ListContext {
  readonly nowSeconds: number;
  /** The planned occurrence; undefined when the agenda was not read. */
  readonly dueSeconds: number | null | undefined;
  /** Due instant of the last occurrence that was placed or given up, or null. */
  readonly lastSeconds: number | null;
  readonly isPaused: boolean;
}

const knownWarnings = new WeakMap<CronExpression, readonly string[]>();

/** Schedules with the same cron text share an expression: its traps are looked for once. */
function trapsOf(expression: CronExpression): readonly string[] {
  const known = knownWarnings.get(expression) ?? expressionWarnings(expression);
  knownWarnings.set(expression, known);
  return known;
}

function localText({ timing }: Schedule, atSeconds: number): string | null {
  return timing === null ? null : zonedText(atSeconds, timing.zone);
}

function nextTexts(schedule: Schedule, due: number): Pick<ListRow, "next" | "next_local"> {
  return { next: utcText(due), next_local: localText(schedule, due) };
}

function lastTexts(schedule: Schedule, last: number | null): Pick<ListRow, "last" | "last_local"> {
  if (last === null) return { last: null, last_local: null };
  return { last: utcText(last), last_local: localText(schedule, last) };
}

function stateOf(schedule: Schedule, due: number | null, isPaused: boolean): ScheduleState {
  if (!schedule.enabled) return "disabled";
  if (schedule.problem !== null) return "invalid";
  if (isPaused) return "paused";
  return due === null ? "never" : "active";
}

/** Makes the row of a schedule. */
export function listRow(schedule: Schedule, context: ListContext): ListRow {
  const { nowSeconds, dueSeconds, isPaused } = context;
  const active = isActive(schedule);
  const due = active && dueSeconds === undefined ? nextDue(schedule, nowSeconds) : dueSeconds;
  const state = stateOf(schedule, due ?? null, isPaused);
  return {
    id: schedule.id,
    task: schedule.task,
    description: schedule.description,
    cron: schedule.cron,
    time_zone: schedule.timeZone,
    zone_rule: schedule.zoneRule,
    queue: schedule.queue,
    state,
    ...(state === "active" && typeof due === "number"
      ? nextTexts(schedule, due)
      : { next: null, next_local: null }),
    ...lastTexts(schedule, context.lastSeconds),
    problem: schedule.problem ?? (state === "never" ? "no such date up to the end of 2099" : null),
    warnings: warningsOf(schedule),
  };
}

function warningsOf({ timing }: Schedule): readonly string[] {
  if (timing === null) return [];
  const traps = trapsOf(timing.expression);
  return timing.zoneWarning === null ? traps : [timing.zoneWarning, ...traps];
}
