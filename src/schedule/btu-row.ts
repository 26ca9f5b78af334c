/** From a row of the app's tables to what a source hands on; the same for every database. */
import type { BtuGeneration } from "./btu-generation.ts";
import type { Policy } from "./policy.ts";
import type { ScheduleInput, Work } from "./schedule.ts";
import { zonedCron } from "./zone-rule.ts";
import type { LegacyUtcRows, SiteZones, ZoneColumns } from "./zone-rule.ts";

/** A row as a database driver gives it: column name to text, number or null. */
export type BtuRow = Readonly<Record<string, unknown>>;

/** What is the same for all rows of one read. */
export interface BtuSite {
  readonly generation: BtuGeneration;
  readonly zones: SiteZones;
  readonly legacyUtcRows: LegacyUtcRows;
  readonly policyFor: (scheduleId: string) => Policy;
}

/** The app's own default when a task names no duration, in seconds. */
const TIMEOUT_DEFAULT_SECONDS = 3_600;
const QUEUE_DEFAULT = "default";
/** A Frappe name is at most 140 characters; longer text is not shown. */
const SHOWN_LENGTH_MAX = 140;

function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" ? String(value) : null;
}

function numberOf(value: unknown): number {
  const number = Number(value ?? 0);
  return Number.isFinite(number) ? number : 0;
}

/** `600`, or `600s` as the first versions stored it; null when it is neither. */
function durationOf(value: unknown): number | null {
  const match = /^\s*(\d{1,9})\s*s?\s*$/i.exec(textOf(value) ?? "0");
  return match === null ? null : Number(match[1]);
}

function zoneColumns(row: BtuRow): ZoneColumns {
  return {
    cronString: textOf(row["cron_string"]),
    cronTimeZone: textOf(row["cron_timezone"]),
    runFrequency: textOf(row["run_frequency"]),
    dayOfWeek: textOf(row["day_of_week"]),
    dayOfMonth: numberOf(row["day_of_month"]),
    month: textOf(row["month"]),
    hour: textOf(row["hour"]),
    minute: numberOf(row["minute"]),
  };
}

function taskProblem(row: BtuRow): string | null {
  const taskId = textOf(row["task"]);
  if (taskId === null || taskId === "") return "the schedule names no BTU Task";
  if (textOf(row["task_name"]) === null) return `the BTU Task "${taskId}" does not exist`;
  if (durationOf(row["task_max_task_duration"]) === null) {
    const value = textOf(row["task_max_task_duration"]);
    return `max_task_duration "${value}" of the BTU Task "${taskId}" is not a number of seconds`;
  }
  return null;
}

function workOf(row: BtuRow, { runsById }: BtuGeneration): Work | null {
  // The name that the database returned: its comparison may be blind to letter case and trailing blanks.
  const taskId = textOf(row["task_name"]);
  if (taskId === null) return null;
  const seconds = durationOf(row["task_max_task_duration"]) ?? 0;
  const timeoutSeconds = seconds > 0 ? seconds : TIMEOUT_DEFAULT_SECONDS;
  return { kind: "btu_task", taskId, timeoutSeconds, runsById };
}

/** Reads one row of schedules LEFT JOIN tasks. */
export function readBtuRow(row: BtuRow, site: BtuSite): ScheduleInput {
  const id = textOf(row["name"]) ?? "";
  const { cron, timeZone, rule } = zonedCron(zoneColumns(row), site.zones, site.legacyUtcRows);
  const described = textOf(row["task_desc_short"]) ?? textOf(row["schedule_description"]) ?? "";
  const queue = textOf(row["task_queue_name"])?.trim() ?? "";
  return {
    id,
    task: textOf(row["task"]) ?? "",
    description: described.slice(0, SHOWN_LENGTH_MAX),
    enabled: numberOf(row["enabled"]) === 1,
    cron,
    timeZone,
    zoneRule: rule,
    queue: queue === "" ? QUEUE_DEFAULT : queue,
    work: workOf(row, site.generation),
    policy: site.policyFor(id),
    problem: taskProblem(row),
  };
}
