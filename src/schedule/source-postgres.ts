/** PostgreSQL, through pg. */
import { isIP } from "node:net";
import { basename, dirname } from "node:path";
import { checkServerIdentity } from "node:tls";
import type { Pool, PoolClient, PoolConfig } from "pg";
import { abortable } from "../base/abort.ts";
import { Later } from "../base/later.ts";
import type { SqlTarget } from "../config/targets.ts";
import type { Dialect } from "./btu-sql.ts";
import { postgresFault } from "./postgres-fault.ts";
import { CONNECT_TIMEOUT_MS, CONNECTIONS_MAX } from "./sql-engine.ts";
import type { DriverConnection, SqlDriver, SqlQuery, SqlRow } from "./sql-engine.ts";
import { readTlsMaterial } from "./sql-tls.ts";

/** What the server shows of us in its list of connections. */
const APPLICATION_NAME = "btu-daemon";
/** Rows that one turn of the cursor brings. */
const FETCH_ROWS = 1_000;
/** The name that the server gives its socket, in the folder that clients are told. */
const SOCKET_FILE = /^\.s\.PGSQL\.(\d+)$/;

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function dialectOf(schema: string): Dialect {
  return {
    quote,
    table: (name) => `${quote(schema)}.${quote(name)}`,
    isIn: (column) => `${column} = ANY($1)`,
    value: (position) => `$${position}`,
    utcClock: (shiftSeconds) =>
      `(now() AT TIME ZONE 'UTC') + interval '1 second' * (${shiftSeconds})`,
    // Unlike information_schema the catalogue shows what we have no right on, so that this can be told apart.
    columns: (tables) => ({
      sql: `SELECT c.relname AS table_name, a.attname AS column_name
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = $1 AND c.relname = ANY($2) AND a.attnum > 0 AND NOT a.attisdropped`,
      values: [schema, tables],
    }),
  };
}

/** A socket is named by its folder; its own path is taken too. */
function placeOf({ host, port, socket, tls }: SqlTarget): PoolConfig {
  if (socket !== null) {
    const own = SOCKET_FILE.exec(basename(socket))?.[1];
    return own === undefined
      ? { host: socket, port }
      : { host: dirname(socket), port: Number(own) };
  }
  if (tls === null) return { host, port };
  const { serverName } = tls;
  const identity: PoolConfig["ssl"] = {
    ...readTlsMaterial(tls),
    // A server may choose its certificate by the name that it is asked for; an address is none.
    ...(isIP(serverName) === 0 && { servername: serverName }),
    checkServerIdentity: (_, certificate) => checkServerIdentity(serverName, certificate),
  };
  return { host, port, ssl: identity };
}

async function openPool(target: SqlTarget): Promise<Pool> {
  // Who has no PostgreSQL need not carry its driver in memory.
  const { Pool } = await import("pg");
  const pool = new Pool({
    ssl: false,
    ...placeOf(target),
    database: target.database,
    user: target.user,
    password: target.password ?? "",
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    application_name: APPLICATION_NAME,
    // All values stay text: the driver would shift dates and round numbers.
    types: { getTypeParser: () => String },
  });
  // A connection that breaks is replaced, and fails its query if it has one; unheard, it would end the program.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

async function take(pool: Pool, signal: AbortSignal): Promise<PoolClient> {
  const taken = pool.connect();
  try {
    return await abortable(taken, signal);
  } catch (error) {
    taken.then(
      (client) => client.release(),
      () => undefined,
    );
    throw error;
  }
}

/** A cursor of the server: the whole result would fill our memory. */
async function* fetchAll(sql: string, query: SqlQuery): AsyncGenerator<SqlRow> {
  const run = (text: string): ReturnType<SqlQuery> => query({ sql: text, values: [] });
  await run("BEGIN TRANSACTION READ ONLY");
  await run(`DECLARE btu_rows NO SCROLL CURSOR FOR ${sql}`);
  for (;;) {
    const rows = await run(`FETCH ${FETCH_ROWS} FROM btu_rows`);
    yield* rows;
    if (rows.length < FETCH_ROWS) break;
  }
  await run("COMMIT");
}

function wrap(client: PoolClient): DriverConnection {
  let isOurs = true;
  const release = (isBroken: boolean): void => {
    if (isOurs) client.release(isBroken);
    isOurs = false;
  };
  return {
    query: async ({ sql, values }) => {
      const { rows } = await client.query<Record<string, unknown>>(sql, [...values]);
      return rows;
    },
    stream: fetchAll,
    release: () => release(false),
    destroy: () => release(true),
  };
}

/** The driver; its pool is opened when it is first needed, for a certificate may be missing. */
export function postgresDriver(target: SqlTarget): SqlDriver {
  const { host, port, socket, database } = target;
  const pool = new Later(() => openPool(target));
  return {
    name: `PostgreSQL ${socket ?? `${host}:${port}`}/${database}${target.schema === "public" ? "" : ` schema ${target.schema}`}`,
    dialect: dialectOf(target.schema),
    staleCodes: new Set(["42703", "42P01"]),
    take: async (signal) => wrap(await take(await pool.get(), signal)),
    faultOf: async (error) => postgresFault(error, target),
    close: async () => {
      await (await pool.remove())?.end();
    },
  };
}
