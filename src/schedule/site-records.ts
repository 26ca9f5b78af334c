/** A site's tasks and logs, read from its database. */
import type { ZoneData } from "../cron/zone-data.ts";
import { BTU_TABLES } from "./btu-generation.ts";
import { btuStatements } from "./btu-sql.ts";
import type { Dialect, SqlStatement } from "./btu-sql.ts";
import { btuTask, BTU_TASK_COLUMNS } from "./btu-task.ts";
import { siteTimeText } from "./site-clock.ts";
import { readSiteZones } from "./site-zones.ts";
import type { SiteRecords } from "./source.ts";
import type { SqlEngine } from "./sql-engine.ts";

/** What reading them needs. */
export interface SqlRecordsOptions {
  readonly engine: SqlEngine;
  readonly zones: ZoneData;
}

/** Tasks asked for in one statement. */
const TASKS_PER_STATEMENT_MAX = 50;
/** A task's logs are looked through from the newest on; one that runs is among these, since those after it are skipped. */
const LOGS_LOOKED_AT = 50;
const RUNNING = "In-Progress";

interface Names {
  readonly log: string;
  readonly task: string;
  readonly quote: (name: string) => string;
}

function namesOf({ table, quote }: Dialect): Names {
  return { log: table(BTU_TABLES.log), task: table(BTU_TABLES.task), quote };
}

function tasksStatement(dialect: Dialect, only: string | null): SqlStatement {
  const { task, quote } = namesOf(dialect);
  const name = quote("name");
  const condition = only === null ? "" : ` WHERE ${name} = ${dialect.value(1)}`;
  const columns = BTU_TASK_COLUMNS.map(quote).join(", ");
  return {
    sql: `SELECT ${columns} FROM ${task}${condition} ORDER BY ${name}`,
    values: only === null ? [] : [only],
  };
}

/** Each task's own part goes along the index of tasks, which a condition on the state alone has none of. */
function runningStatement(dialect: Dialect, taskIds: readonly string[]): SqlStatement {
  const { log, quote } = namesOf(dialect);
  const [name, task, state] = [quote("name"), quote("task"), quote("success_fail")];
  const parts = taskIds.map(
    (_, index) => `(SELECT l.${task} AS task, l.${name} AS log FROM
      (SELECT ${name}, ${task}, ${state} FROM ${log} WHERE ${task} = ${dialect.value(index + 1)}
       ORDER BY ${name} DESC LIMIT ${LOGS_LOOKED_AT}) l
      WHERE l.${state} = '${RUNNING}' ORDER BY l.${name} LIMIT 1)`,
  );
  return { sql: parts.join(" UNION ALL "), values: taskIds };
}

function logStatement(
  dialect: Dialect,
  { scheduleId, siteTime }: { readonly scheduleId: string; readonly siteTime: string },
): SqlStatement {
  const { log, quote } = namesOf(dialect);
  const [name, schedule, creation] = [quote("name"), quote("schedule"), quote("creation")];
  return {
    sql: `SELECT ${name} FROM ${log} WHERE ${schedule} = ${dialect.value(1)}
      AND ${creation} >= ${dialect.value(2)} ORDER BY ${name} LIMIT 1`,
    values: [scheduleId, siteTime],
  };
}

/** Opens them; nothing is connected. */
export function sqlRecords({ engine, zones }: SqlRecordsOptions): SiteRecords {
  const statements = btuStatements(engine.dialect);
  return {
    isRemote: false,
    readTasks: async (only, signal) => {
      const statement = tasksStatement(engine.dialect, only);
      const rows = await engine.withSession(signal, (session) => session.query(statement));
      // A database that is blind to letter case gives what was not asked for.
      return rows.map(btuTask).filter(({ id }) => only === null || id === only);
    },
    readRunning: (taskIds, signal) =>
      engine.withSession(signal, async (session) => {
        const found = new Map<string, string>();
        for (let at = 0; at < taskIds.length; at += TASKS_PER_STATEMENT_MAX) {
          const some = taskIds.slice(at, at + TASKS_PER_STATEMENT_MAX);
          const rows = await session.query(runningStatement(engine.dialect, some));
          for (const row of rows) found.set(String(row["task"]), String(row["log"]));
        }
        return found;
      }),
    findLog: ({ scheduleId, sinceMs }, signal) =>
      engine.withSession(signal, async (session) => {
        const { systemSettings } = await readSiteZones(session, statements);
        const siteTime = siteTimeText(systemSettings, sinceMs, zones);
        // Without its zone nobody can tell what is older; then the site is rather asked twice.
        if (siteTime === null) return null;
        const rows = await session.query(logStatement(engine.dialect, { scheduleId, siteTime }));
        const name = rows[0]?.["name"];
        return typeof name === "string" ? name : null;
      }),
  };
}
