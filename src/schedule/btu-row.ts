/** From a row of the app's tables to what a source hands on; the same for every database. */
import type { BtuGeneration } from "./btu-generation.ts";
import type { PolicyFor } from "./policy.ts";
import type { BtuTaskWork, ScheduleInput } from "./schedule.ts";
import type { SqlRow } from "./sql-engine.ts";
import { zonedCron } from "./zone-rule.ts";
import type { LegacyUtcRows, SiteZones, ZoneColumns } from "./zone-rule.ts";

/** What is the same for all rows of one read. */
export interface BtuRowOptions {
  readonly generation: BtuGeneration;
  readonly zones: SiteZones;
  readonly legacyUtcRows: LegacyUtcRows;
  readonly policyFor: PolicyFor;
}

/** The app's own default when a task names no duration, in seconds. */
export const TASK_TIMEOUT_DEFAULT_SECONDS = 3_600;
/** Frappe's queue for whatever names none. */
export const QUEUE_DEFAULT = "default";
/** A Frappe name is at most 140 characters; longer text is not shown. */
export const SHOWN_LENGTH_MAX = 140;
/** Of a document that was submitted and then withdrawn. */
export const DOCSTATUS_CANCELLED = 2;

/** A column's text; numbers too. */
export function textOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" ? String(value) : null;
}

/** A column's number; 0 when it is none. */
export function numberOf(value: unknown): number {
  const number = Number(value ?? 0);
  return Number.isFinite(number) ? number : 0;
}

/** `600`, or `600s` as the first versions stored it; null when it is neither. */
export function durationOf(value: unknown): number | null {
  const match = /^\s*(\d{1,9})\s*s?\s*$/i.exec(textOf(value) ?? "0");
  return match === null ? null : Number(match[1]);
}

function zoneColumns(row: SqlRow): ZoneColumns {
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

/** A draft runs, as the app lets it: "Revert to Draft" is how a task in use is edited. */
function taskProblem(row: SqlRow): string | null {
  const taskId = textOf(row["task"]);
  if (taskId === null || taskId.trim() === "") return "the schedule names no BTU Task";
  if (textOf(row["task_name"]) === null) return `the BTU Task "${taskId}" does not exist`;
  if (numberOf(row["task_docstatus"]) === DOCSTATUS_CANCELLED) {
    return `the BTU Task "${taskId}" is cancelled; choose the one that was amended from it, or disable the schedule`;
  }
  if (durationOf(row["task_max_task_duration"]) === null) {
    const value = textOf(row["task_max_task_duration"]);
    return `max_task_duration "${value}" of the BTU Task "${taskId}" is not a number of seconds`;
  }
  return null;
}

/** Reads the rows of schedules LEFT JOIN tasks; equal parts of them are one object, for there may be 100,000. */
export class BtuRowReader {
  readonly #options: BtuRowOptions;
  readonly #texts = new Map<string, string>();
  readonly #works = new Map<string, BtuTaskWork>();

  constructor(options: BtuRowOptions) {
    this.#options = options;
  }

  /** What one row says. */
  read(row: SqlRow): ScheduleInput {
    const { zones, legacyUtcRows, policyFor } = this.#options;
    const id = textOf(row["name"]) ?? "";
    const { cron, timeZone, rule } = zonedCron(zoneColumns(row), zones, legacyUtcRows);
    const described = textOf(row["task_desc_short"]) ?? textOf(row["schedule_description"]) ?? "";
    const queue = textOf(row["task_queue_name"])?.trim() ?? "";
    return {
      id,
      task: this.#share(textOf(row["task"]) ?? ""),
      description: this.#share(described.slice(0, SHOWN_LENGTH_MAX)),
      enabled: numberOf(row["enabled"]) === 1,
      cron: cron === null ? null : this.#share(cron),
      timeZone: this.#share(timeZone),
      zoneRule: rule,
      queue: queue === "" ? QUEUE_DEFAULT : this.#share(queue),
      work: this.#work(row),
      policy: policyFor(id),
      problem: taskProblem(row),
    };
  }

  #work(row: SqlRow): BtuTaskWork | null {
    // The name that the database returned: its comparison may be blind to letter case and trailing blanks.
    const taskId = textOf(row["task_name"]);
    if (taskId === null) return null;
    const known = this.#works.get(taskId);
    if (known !== undefined) return known;
    const seconds = durationOf(row["task_max_task_duration"]) ?? 0;
    const work: BtuTaskWork = {
      kind: "btu_task",
      taskId: this.#share(taskId),
      timeoutSeconds: seconds > 0 ? seconds : TASK_TIMEOUT_DEFAULT_SECONDS,
      runsById: this.#options.generation.runsById,
    };
    this.#works.set(taskId, work);
    return work;
  }

  #share(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    this.#texts.set(text, text);
    return text;
  }
}
