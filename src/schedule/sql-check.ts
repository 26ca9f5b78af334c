/** Looks at a site's database as an administrator would: may every table be read, and where does the app look for us? */
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import type { SqlTarget } from "../config/targets.ts";
import { BTU_TABLES } from "./btu-generation.ts";
import { openSqlEngine } from "./open-sql.ts";
import type { SqlSession } from "./sql-engine.ts";

/** A table that cannot be read. */
export interface TableProblem {
  readonly table: string;
  /** With the statement that gives the right. */
  readonly text: string;
  /** Without it no schedule can be read; the others only sharpen what is known. */
  readonly isNeeded: boolean;
}

/** What was found. */
export interface SqlCheck {
  readonly problems: readonly TableProblem[];
  /** The socket by which the app, up to 15.1.0, calls the scheduler; null where none was ever saved. */
  readonly appSocket: string | null;
}

const NEEDED = [BTU_TABLES.schedule, BTU_TABLES.task, "tabSingles"];
const USEFUL = [BTU_TABLES.log, BTU_TABLES.runLater, "tabDefaultValue"];
const SETTINGS = "tabSingles";

type Table = (name: string) => string;

async function tableProblem(
  session: SqlSession,
  name: string,
  table: Table,
): Promise<TableProblem | null> {
  try {
    await session.query({ sql: `SELECT 1 AS one FROM ${table(name)} LIMIT 1`, values: [] });
    return null;
  } catch (error) {
    return { table: name, text: describeError(error), isNeeded: NEEDED.includes(name) };
  }
}

async function socketOfApp(session: SqlSession, table: Table): Promise<string | null> {
  const sql = `SELECT value FROM ${table(SETTINGS)}
    WHERE doctype = 'BTU Configuration' AND field = 'path_to_btu_scheduler_uds'`;
  const [row] = await session.query({ sql, values: [] });
  const value = row?.["value"];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
}

/**
 * Tries every table that is read.
 *
 * @throws as `SqlSession.query` when the database cannot be reached.
 */
export async function checkSql(
  target: SqlTarget,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<SqlCheck> {
  const engine = openSqlEngine(target, clock);
  const table: Table = (name) => engine.dialect.table(name);
  try {
    return await engine.withSession(signal, async (session) => {
      const problems: TableProblem[] = [];
      for (const name of [...NEEDED, ...USEFUL]) {
        const problem = await tableProblem(session, name, table);
        if (problem !== null) problems.push(problem);
      }
      const isHidden = problems.some((problem) => problem.table === SETTINGS);
      return { problems, appSocket: isHidden ? null : await socketOfApp(session, table) };
    });
  } finally {
    await engine.close();
  }
}
