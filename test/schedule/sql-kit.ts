/** What the tests of SQL sources need of a real database, whichever it is. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createConnection } from "mysql2/promise";
import { Client } from "pg";
import type { Clock } from "../../src/base/clock.ts";
import { codeOf } from "../../src/base/errors.ts";
import type { SqlTarget } from "../../src/config/targets.ts";
import type { BtuGeneration } from "../../src/schedule/btu-generation.ts";
import { mariadbDriver } from "../../src/schedule/source-mariadb.ts";
import { postgresDriver } from "../../src/schedule/source-postgres.ts";
import { openSqlSource } from "../../src/schedule/source-sql.ts";
import type { Source } from "../../src/schedule/source.ts";
import { SqlEngine } from "../../src/schedule/sql-engine.ts";
import type { LegacyUtcRows } from "../../src/schedule/zone-rule.ts";
import type { Certificates } from "../support/certificates.ts";
import { startMariadb } from "../support/mariadb-server.ts";
import type { MariadbServerOptions } from "../support/mariadb-server.ts";
import { startPostgres } from "../support/postgres-server.ts";
import type { PostgresServerOptions } from "../support/postgres-server.ts";
import type { PrivateServer } from "../support/private-server.ts";
import { CLOCK, policyFor, ZONES } from "./read-source.ts";

const PLAIN = { socket: null, schema: "public", tls: null };
const FIXTURES = resolve(import.meta.dir, "../fixtures/frappe");

/** A transaction that is open until it is ended. */
export interface Transaction extends AsyncDisposable {
  run(sql: string): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
}

/** A database server with the three sites of the fixtures. */
export interface SqlKit extends AsyncDisposable {
  readonly type: SqlTarget["type"];
  readonly process: PrivateServer;
  readonly certificates: Certificates | null;
  /** As `sql_socket` names it. */
  readonly socket: string;
  /** A site's database as a user who may do everything. */
  target(site: string): SqlTarget;
  /** Runs statements on a site, or on none (""); names are quoted with back-quotes, whatever the database. */
  sql(site: string, statements: string): Promise<string>;
  begin(site: string): Promise<Transaction>;
  /** Stops the server and everything it runs, as a machine without memory does; connections stay open. */
  freeze(): void;
  thaw(): void;
  /** Puts the sites back as the fixtures have them. */
  reload(): Promise<void>;
}

/** A process and its children: PostgreSQL has one for each connection. */
function family(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return [pid, ...children.split(" ").filter(Boolean).map(Number)];
}

/** A child may end between the look at the family and the signal. */
function signalIfThere(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (codeOf(error) !== "ESRCH") throw error;
  }
}

function freezing(server: PrivateServer): Pick<SqlKit, "freeze" | "thaw"> {
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of family(server.pid)) signalIfThere(pid, name);
  };
  return { freeze: () => signal("SIGSTOP"), thaw: () => signal("SIGCONT") };
}

/** Starts a MariaDB with the fixtures. */
export async function mariadbKit(options: MariadbServerOptions = {}): Promise<SqlKit> {
  const server = await startMariadb(options);
  const reload = (): Promise<void> => server.load(`${FIXTURES}/schema-mariadb.sql`);
  await reload();
  const { host, port, user, password } = server;
  return {
    type: "mariadb",
    process: server.process,
    certificates: server.certificates,
    socket: server.socketPath,
    target: (site) => ({ ...PLAIN, type: "mariadb", host, port, user, password, database: site }),
    sql: (site, statements) => server.sql(statements, site),
    begin: async (site) => {
      const connection = await createConnection({ host, port, user, password, database: site });
      await connection.query("START TRANSACTION");
      return {
        run: async (sql) => void (await connection.query(sql)),
        commit: async () => void (await connection.query("COMMIT")),
        rollback: async () => void (await connection.query("ROLLBACK")),
        [Symbol.asyncDispose]: async () => connection.destroy(),
      };
    },
    ...freezing(server.process),
    reload,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function inSite(site: string, text: string): string {
  const statements = text.replaceAll("`", '"');
  return site === "" ? statements : `SET search_path TO ${site}; ${statements}`;
}

/** Starts a PostgreSQL with the fixtures, each site a schema. */
export async function postgresKit(options: PostgresServerOptions = {}): Promise<SqlKit> {
  const server = await startPostgres(options);
  const reload = (): Promise<void> => server.load(`${FIXTURES}/schema-postgres.sql`);
  await reload();
  const { host, port, user, password, database } = server;
  return {
    type: "postgres",
    process: server.process,
    certificates: server.certificates,
    socket: server.socketDir,
    target: (site) => ({
      ...PLAIN,
      type: "postgres",
      host,
      port,
      user,
      password,
      database,
      schema: site,
    }),
    sql: (site, statements) => server.sql(inSite(site, statements)),
    begin: async (site) => {
      const client = new Client({ host, port, user, password, database });
      await client.connect();
      await client.query("BEGIN");
      await client.query(`SET LOCAL search_path TO ${site}`);
      return {
        run: async (sql) => void (await client.query(sql.replaceAll("`", '"'))),
        commit: async () => void (await client.query("COMMIT")),
        rollback: async () => void (await client.query("ROLLBACK")),
        [Symbol.asyncDispose]: () => client.end(),
      };
    },
    ...freezing(server.process),
    reload,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** How a source is opened in a test. */
export interface OpenOptions {
  readonly legacyUtcRows?: LegacyUtcRows;
  readonly clock?: Clock;
  readonly onGeneration?: (generation: BtuGeneration) => void;
}

/** A source that closes with the test: `await using source = openTarget(kit.target("btu_fix_v14"))`. */
export function openTarget(
  target: SqlTarget,
  { legacyUtcRows = "rebuild", clock = CLOCK, onGeneration = () => undefined }: OpenOptions = {},
): Source & AsyncDisposable {
  const driver = target.type === "mariadb" ? mariadbDriver(target) : postgresDriver(target);
  const source = openSqlSource({
    engine: new SqlEngine({ driver, target, clock }),
    rows: { legacyUtcRows, policyFor },
    clock,
    zones: ZONES,
    onGeneration,
  });
  return Object.assign(source, { [Symbol.asyncDispose]: () => source.close() });
}
