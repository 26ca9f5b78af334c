/** MariaDB and MySQL, through mysql2. */
import { connect as connectSocket } from "node:net";
import type { Pool, PoolConnection, PoolOptions, RowDataPacket } from "mysql2";
import { abortable } from "../base/abort.ts";
import { Later } from "../base/later.ts";
import type { SqlTarget } from "../config/targets.ts";
import type { Dialect } from "./btu-sql.ts";
import { mariadbFault } from "./mariadb-fault.ts";
import { CONNECT_TIMEOUT_MS, CONNECTIONS_MAX } from "./sql-engine.ts";
import type { DriverConnection, SqlDriver, SqlRow } from "./sql-engine.ts";
import { readTlsMaterial } from "./sql-tls.ts";

/** Rows kept between the socket and us. */
const STREAM_ROWS = 200;

function quote(name: string): string {
  return `\`${name}\``;
}

const DIALECT: Dialect = {
  quote,
  table: quote,
  isIn: (column) => `${column} IN (?)`,
  value: () => "?",
  utcClock: (shiftSeconds) => `UTC_TIMESTAMP() + INTERVAL ${shiftSeconds} SECOND`,
  columns: (tables) => ({
    sql: `SELECT table_name AS table_name, column_name AS column_name
      FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN (?)`,
    values: [tables],
  }),
};

/** How to reach the server; with TLS the driver checks the certificate for what it takes to be the host. */
function placeOf({ host, port, socket, tls }: SqlTarget): PoolOptions {
  if (socket !== null) return { socketPath: socket };
  if (tls === null) return { host, port };
  const ssl = { ...readTlsMaterial(tls), verifyIdentity: true };
  if (tls.serverName === host) return { host, port, ssl };
  return { host: tls.serverName, port, ssl, stream: () => connectSocket({ host, port }) };
}

async function openPool(target: SqlTarget): Promise<Pool> {
  // Who has no MariaDB need not carry its driver in memory.
  const { createPool } = await import("mysql2");
  const pool = createPool({
    ...placeOf(target),
    database: target.database,
    user: target.user,
    password: target.password ?? "",
    connectionLimit: CONNECTIONS_MAX,
    connectTimeout: CONNECT_TIMEOUT_MS,
    enableKeepAlive: true,
    // Dates and long numbers stay text: the driver would shift and round them.
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  // A server may be set to keep a transaction open, which would show us its first snapshot for ever.
  pool.on("connection", (connection) =>
    // A connection that breaks over it fails its first statement as well, which is told.
    connection.query("SET autocommit = 1", () => undefined),
  );
  return pool;
}

/** A connection from the pool, which would wait for one without end. */
function take(pool: Pool, signal: AbortSignal): Promise<PoolConnection> {
  const { promise, resolve, reject } = Promise.withResolvers<PoolConnection>();
  pool.getConnection((error, connection) => {
    if (error !== null) reject(error);
    else if (signal.aborted) connection.release();
    else resolve(connection);
  });
  return abortable(promise, signal);
}

function isRow(value: unknown): value is SqlRow {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The rows as they come, a few at a time. */
async function* streamRows(connection: PoolConnection, sql: string): AsyncGenerator<SqlRow> {
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

function wrap(connection: PoolConnection): DriverConnection {
  return {
    query: async ({ sql, values }) => {
      const [rows] = await connection.promise().query<RowDataPacket[]>(sql, [...values]);
      return rows;
    },
    stream: (sql) => streamRows(connection, sql),
    release: () => connection.release(),
    destroy: () => {
      connection.destroy();
      // Cutting it ourselves is no error to the driver; its stream would wait for a row that never comes.
      if (connection.listenerCount("error") > 0)
        connection.emit("error", new Error("the connection was cut"));
    },
  };
}

/** The driver; its pool is opened when it is first needed, for a certificate may be missing. */
export function mariadbDriver(target: SqlTarget): SqlDriver {
  const pool = new Later(() => openPool(target));
  return {
    name: `MariaDB ${target.socket ?? `${target.host}:${target.port}`}/${target.database}`,
    dialect: DIALECT,
    staleCodes: new Set(["ER_BAD_FIELD_ERROR", "ER_NO_SUCH_TABLE"]),
    take: async (signal) => wrap(await take(await pool.get(), signal)),
    faultOf: (error, query) => mariadbFault(error, { target, query }),
    close: async () => {
      await (await pool.remove())?.promise().end();
    },
  };
}
