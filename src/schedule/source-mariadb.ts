/** Schedules of a Frappe site on MariaDB or MySQL; three queries whatever their number. */
import { createPool } from "mysql2";
import type { Pool, PoolConnection, PoolOptions, RowDataPacket } from "mysql2";
import { abortable } from "../base/abort.ts";
import { BTU_TABLES, detectGeneration, SCHEDULE_COLUMNS, TASK_COLUMNS } from "./btu-generation.ts";
import type { BtuGeneration, ColumnsByTable } from "./btu-generation.ts";
import { readBtuRow } from "./btu-row.ts";
import type { BtuRow, BtuSite } from "./btu-row.ts";
import type { ScheduleInput } from "./schedule.ts";
import { SourceError } from "./source.ts";
import type { Source } from "./source.ts";
import type { SiteZones } from "./zone-rule.ts";

/** Where the database is. */
export interface MariadbTarget {
  readonly host: string;
  readonly port: number;
  /** A Unix socket, in place of host and port. */
  readonly socketPath?: string | undefined;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** What the source needs. */
export interface MariadbOptions {
  readonly target: MariadbTarget;
  readonly site: Pick<BtuSite, "legacyUtcRows" | "policyFor">;
  /** Told after each read which generation of the app was found. */
  readonly onGeneration?: (generation: BtuGeneration) => void;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** One read at a time, and room for a command that asks for single rows. */
const CONNECTIONS_MAX = 2;
/** Rows kept between the socket and us. */
const STREAM_ROWS = 200;

const ZONES_SQL = `
  SELECT doctype, field, value FROM tabSingles
  WHERE (doctype = 'BTU Configuration' AND field = 'cron_time_zone')
     OR (doctype = 'System Settings' AND field = 'time_zone')`;
const COLUMNS_SQL = `
  SELECT table_name AS table_name, column_name AS column_name FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name IN (?, ?, ?, ?)`;

function poolOptions({
  host,
  port,
  socketPath,
  database,
  user,
  password,
}: MariadbTarget): PoolOptions {
  return {
    ...(socketPath === undefined ? { host, port } : { socketPath }),
    database,
    user,
    password,
    connectionLimit: CONNECTIONS_MAX,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    // Dates and long numbers stay text: the driver would shift and round them.
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  };
}

function scheduleSql(columns: ColumnsByTable): string {
  const has = columns.get(BTU_TABLES.schedule);
  const schedule = SCHEDULE_COLUMNS.filter((name) => has?.has(name)).map((name) => `s.\`${name}\``);
  const task = TASK_COLUMNS.map((name) => `t.\`${name}\` AS \`task_${name}\``);
  return `SELECT ${[...schedule, ...task].join(", ")}
    FROM \`${BTU_TABLES.schedule}\` s LEFT JOIN \`${BTU_TABLES.task}\` t ON t.name = s.task
    ORDER BY s.name`;
}

/** A connection from the pool; waits no longer than the signal, since a pool has no such limit of its own. */
async function take(pool: Pool, signal: AbortSignal): Promise<PoolConnection> {
  const { promise, resolve, reject } = Promise.withResolvers<PoolConnection>();
  pool.getConnection((error, connection) => {
    if (error !== null) reject(error);
    else if (signal.aborted) connection.release();
    else resolve(connection);
  });
  return abortable(promise, signal);
}

async function rows(
  connection: PoolConnection,
  sql: string,
  values: string[] = [],
): Promise<BtuRow[]> {
  const [found] = await connection.promise().query<RowDataPacket[]>(sql, values);
  return found;
}

function isRow(value: unknown): value is BtuRow {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The rows as they come, a few at a time. */
async function* streamRows(connection: PoolConnection, sql: string): AsyncGenerator<BtuRow> {
  const stream = connection.query(sql).stream({ highWaterMark: STREAM_ROWS });
  // The driver tells a lost connection to the connection alone: its stream would stay silent for ever.
  const fail = (error: Error): void => void stream.destroy(error);
  connection.once("error", fail);
  try {
    for await (const row of stream) if (isRow(row)) yield row;
  } finally {
    connection.off("error", fail);
  }
}

async function readColumns(connection: PoolConnection): Promise<ColumnsByTable> {
  const columns = new Map<string, Set<string>>();
  for (const row of await rows(connection, COLUMNS_SQL, Object.values(BTU_TABLES))) {
    const table = String(row["table_name"]);
    const known = columns.get(table) ?? new Set();
    columns.set(table, known.add(String(row["column_name"])));
  }
  return columns;
}

async function readZones(connection: PoolConnection): Promise<SiteZones> {
  const found = await rows(connection, ZONES_SQL);
  const valueOf = (doctype: string): string | null => {
    const value = found.find((row) => row["doctype"] === doctype)?.["value"];
    return typeof value === "string" && value.trim() !== "" ? value.trim() : null;
  };
  return {
    btuConfiguration: valueOf("BTU Configuration"),
    systemSettings: valueOf("System Settings"),
  };
}

/** Opens the source; connects when it is first read. */
export function openMariadbSource({ target, site, onGeneration }: MariadbOptions): Source {
  const pool = createPool(poolOptions(target));
  const place = target.socketPath ?? `${target.host}:${target.port}`;
  return {
    name: `MariaDB ${place}/${target.database}`,
    read: (signal) =>
      read(pool, { target, site, ...(onGeneration ? { onGeneration } : {}) }, signal),
    watch: () => Promise.resolve(),
    close: () => pool.promise().end(),
  };
}

async function* read(
  pool: Pool,
  { target, site, onGeneration }: MariadbOptions,
  signal: AbortSignal,
): AsyncGenerator<ScheduleInput> {
  const connection = await take(pool, signal);
  // A frozen server never answers: only a cut connection ends the wait.
  const abort = (): void => connection.destroy();
  signal.addEventListener("abort", abort, { once: true });
  let isWhole = false;
  try {
    const columns = await readColumns(connection);
    if (!columns.has(BTU_TABLES.schedule) || !columns.has(BTU_TABLES.task)) {
      throw new SourceError(
        `read schedules: database "${target.database}" has no table "${BTU_TABLES.schedule}" that "${target.user}" ` +
          `may read: check sql_database, its grants, and that the app btu is installed on the site`,
      );
    }
    const generation = detectGeneration(columns);
    onGeneration?.(generation);
    const zones = await readZones(connection);
    for await (const row of streamRows(connection, scheduleSql(columns))) {
      yield readBtuRow(row, { ...site, generation, zones });
    }
    isWhole = true;
  } finally {
    signal.removeEventListener("abort", abort);
    // A connection left in the midst of a result must not serve the next reader.
    if (isWhole) connection.release();
    else connection.destroy();
  }
}
