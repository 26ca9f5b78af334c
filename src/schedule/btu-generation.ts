/** Which generation of the BTU app wrote a site's tables: told by their columns, since its version texts lie. */

/** Tables of the app that are looked at. */
export const BTU_TABLES = {
  schedule: "tabBTU Task Schedule",
  task: "tabBTU Task",
  log: "tabBTU Task Log",
  runLater: "tabBTU Run Later",
} as const;

/** Column names by table name, as the database has them. */
export type ColumnsByTable = ReadonlyMap<string, ReadonlySet<string>>;

/** What the columns say. */
export interface BtuGeneration {
  /** `"14 or older"` and the like, for people. */
  readonly label: string;
  /** Schedules have a zone of their own (15.1.1 and newer). */
  readonly hasOwnZones: boolean;
  /** Schedules may be of another kind than cron text (up to 15.2, or upgraded from there). */
  readonly hasFrequencies: boolean;
  /** A worker can be told to run a task by its id. */
  readonly runsById: boolean;
}

/** Columns of a schedule that are read where they exist; the first eight exist everywhere. */
export const SCHEDULE_COLUMNS = [
  "name",
  "task",
  "task_description",
  "enabled",
  "queue_name",
  "argument_overrides",
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
export const TASK_COLUMNS = ["name", "desc_short", "queue_name", "max_task_duration"] as const;

function label(columns: ColumnsByTable, hasOwnZones: boolean, hasFrequencies: boolean): string {
  if (hasOwnZones) return hasFrequencies ? "15.1.1 or newer, upgraded" : "16 or newer";
  return columns.has(BTU_TABLES.runLater) ? "15.0 to 15.1.0" : "14 or older, or early 15";
}

/** Concludes from the columns. */
export function detectGeneration(columns: ColumnsByTable): BtuGeneration {
  const schedule = columns.get(BTU_TABLES.schedule);
  const hasOwnZones = schedule?.has("cron_timezone") ?? false;
  const hasFrequencies = schedule?.has("run_frequency") ?? false;
  return {
    label: label(columns, hasOwnZones, hasFrequencies),
    hasOwnZones,
    hasFrequencies,
    runsById: columns.get(BTU_TABLES.log)?.has("rq_job_id") ?? false,
  };
}
