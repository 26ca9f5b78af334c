/** Which generation of the BTU app wrote a site's tables: told by their columns, since its version texts lie. */

/** Tables of the app that are looked at. */
export const BTU_TABLES = {
  schedule: "tabBTU Task Schedule",
  task: "tabBTU Task",
  log: "tabBTU Task Log",
  runLater: "tabBTU Run Later",
} as const;

/** Column names by table name, as the database has them; without those that we may not read, where it hides them. */
export type ColumnsByTable = ReadonlyMap<string, ReadonlySet<string>>;

/** What the columns say. */
export interface BtuGeneration {
  /** `"14 or older"` and the like, for people. */
  readonly label: string;
  /** Schedules have a zone of their own (15.1.1 and newer). */
  readonly hasOwnZones: boolean;
  /** Schedules may be of another kind than cron text (up to 15.2, or upgraded from there). */
  readonly hasFrequencies: boolean;
  /** Tasks have a type (October 2024 and newer); before, some were marked as transient. */
  readonly hasTaskTypes: boolean;
  /** A worker can be told to run a task by its id (15.1.1 and newer). */
  readonly runsById: boolean;
  /** The app enqueues a schedule's task when it is asked to (15.0 and newer). */
  readonly enqueues: boolean;
}

/**
 * Columns of a schedule that are read where they exist; the first five exist everywhere. Its queue is not among them (the
 * task's counts), nor are its arguments, which the worker reads for itself.
 */
export const SCHEDULE_COLUMNS = [
  "name",
  "task",
  "enabled",
  "schedule_description",
  "cron_string",
  "cron_timezone",
  "run_frequency",
  "day_of_week",
  "day_of_month",
  "month",
  "hour",
  "minute",
] as const;

/** Columns of a task; the join names them `task_…` in its result. */
export const TASK_COLUMNS = [
  "name",
  "desc_short",
  "queue_name",
  "max_task_duration",
  "docstatus",
] as const;

type Facts = Omit<BtuGeneration, "label" | "runsById">;

function labelOf({ hasOwnZones, hasFrequencies, hasTaskTypes, enqueues }: Facts): string {
  if (hasOwnZones) return hasFrequencies ? "15.1.1 or newer, upgraded" : "16 or newer";
  if (enqueues) return "15.0 to 15.1.0";
  return hasTaskTypes ? "13 or early 15, of late 2024" : "14 or older, or early 15";
}

/** Concludes from the columns. */
export function detectGeneration(columns: ColumnsByTable): BtuGeneration {
  const has = (table: string, column: string): boolean => columns.get(table)?.has(column) ?? false;
  const hasOwnZones = has(BTU_TABLES.schedule, "cron_timezone");
  const facts: Facts = {
    hasOwnZones,
    hasFrequencies: has(BTU_TABLES.schedule, "run_frequency"),
    hasTaskTypes: has(BTU_TABLES.task, "task_type"),
    // Zones came after it, and tell it where we may not look at its own table.
    enqueues: hasOwnZones || columns.has(BTU_TABLES.runLater),
  };
  const log = columns.get(BTU_TABLES.log);
  const runsById = log?.has("rq_job_id") ?? hasOwnZones;
  return { label: labelOf(facts), ...facts, runsById };
}
