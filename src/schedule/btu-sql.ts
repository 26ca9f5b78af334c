/** The statements that read a BTU site; all that differs between the databases stands in a dialect. */
import { BTU_TABLES, SCHEDULE_COLUMNS, TASK_COLUMNS } from "./btu-generation.ts";
import type { ColumnsByTable } from "./btu-generation.ts";

/** What a placeholder stands for; a list is one value. */
export type SqlValue = string | readonly string[];

/** A statement and the values of its placeholders. */
export interface SqlStatement {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** What the databases write differently. */
export interface Dialect {
  /** A column's name, quoted. */
  readonly quote: (name: string) => string;
  /** A table's name, quoted, with its schema where there is one. */
  readonly table: (name: string) => string;
  /** A condition that the column is one of a list, which is the statement's only value. */
  readonly isIn: (column: string) => string;
  /** The placeholder of a statement's first, second, … value. */
  readonly value: (position: number) => string;
  /** The database's own clock, in UTC and `shiftSeconds` later. */
  readonly utcClock: (shiftSeconds: number) => string;
  /** Gives `table_name` and `column_name` of these tables, as far as they exist. */
  readonly columns: (tables: readonly string[]) => SqlStatement;
}

/** Far back enough for a transaction that takes its time to commit. */
const RECENT_SECONDS = 600;
/** A look brings no more than this of schedules, and of tasks; the newest come first. */
export const RECENT_ROWS_MAX = 5_000;

/** Where the site's own zone stands, and where its copy does. */
const ZONE_SETTINGS = [
  ["BTU Configuration", "cron_time_zone"],
  ["System Settings", "time_zone"],
] as const;

/** The statements of one database. */
export interface BtuStatements {
  /** The columns of the app's tables. */
  readonly columns: SqlStatement;
  /** `doctype` and `value` of the zones that the site is configured with. */
  readonly zones: SqlStatement;
  /** `value` of the copy of the site's zone among the defaults. */
  readonly zoneDefault: SqlStatement;
  /** All schedules with their tasks, or those of some ids. */
  schedules(columns: ColumnsByTable): SqlStatement;
  some(columns: ColumnsByTable, ids: readonly string[]): SqlStatement;
  /**
   * `name` and `stamp` of schedules changed lately. `modified` is in the site's zone, `siteOffsetSeconds` east of UTC.
   */
  recentSchedules(siteOffsetSeconds: number): SqlStatement;
  /** `name` of schedules whose task was changed lately, with all of the task that counts: each run changes `modified`. */
  recentTasks(siteOffsetSeconds: number): SqlStatement;
}

/** Writes the statements in a dialect. */
export function btuStatements(dialect: Dialect): BtuStatements {
  const { quote, table } = dialect;
  const schedule = table(BTU_TABLES.schedule);
  const task = table(BTU_TABLES.task);
  const column = (alias: string, name: string): string => `${alias}.${quote(name)}`;
  const taskColumns = TASK_COLUMNS.map(
    (name) => `${column("t", name)} AS ${quote(`task_${name}`)}`,
  );
  const since = (offsetSeconds: number): string => dialect.utcClock(offsetSeconds - RECENT_SECONDS);
  const newest = (alias: string): string =>
    `ORDER BY ${column(alias, "modified")} DESC LIMIT ${RECENT_ROWS_MAX}`;

  const selectSchedules = (columns: ColumnsByTable, condition: string): string => {
    const has = columns.get(BTU_TABLES.schedule);
    const own = SCHEDULE_COLUMNS.filter((name) => has?.has(name)).map((name) => column("s", name));
    return `SELECT ${[...own, ...taskColumns].join(", ")} FROM ${schedule} s
      LEFT JOIN ${task} t ON ${column("t", "name")} = ${column("s", "task")}${condition}
      ORDER BY ${column("s", "name")}`;
  };
  const zones = ZONE_SETTINGS.map(
    ([doctype, field]) => `(doctype = '${doctype}' AND field = '${field}')`,
  );
  return {
    columns: dialect.columns(Object.values(BTU_TABLES)),
    zones: {
      sql: `SELECT doctype, value FROM ${table("tabSingles")} WHERE ${zones.join(" OR ")}`,
      values: [],
    },
    zoneDefault: {
      sql: `SELECT defvalue AS value FROM ${table("tabDefaultValue")}
        WHERE parent = '__default' AND defkey = 'time_zone'`,
      values: [],
    },
    schedules: (columns) => ({ sql: selectSchedules(columns, ""), values: [] }),
    some: (columns, ids) => {
      const condition = ` WHERE ${dialect.isIn(column("s", "name"))}`;
      return { sql: selectSchedules(columns, condition), values: [ids] };
    },
    recentSchedules: (offset) => ({
      sql: `SELECT ${column("s", "name")}, ${column("s", "modified")} AS stamp FROM ${schedule} s
        WHERE ${column("s", "modified")} >= ${since(offset)} ${newest("s")}`,
      values: [],
    }),
    recentTasks: (offset) => ({
      sql: `SELECT ${column("s", "name")}, ${taskColumns.join(", ")} FROM ${task} t
        JOIN ${schedule} s ON ${column("s", "task")} = ${column("t", "name")}
        WHERE ${column("t", "modified")} >= ${since(offset)} ${newest("t")}`,
      values: [],
    }),
  };
}
