/** A whole Frappe site with the BTU app: its MariaDB, the Redis of its bench and its web server. */
import { resolve } from "node:path";
import type { Redis } from "ioredis";
import { startMariadb } from "./mariadb-server.ts";
import type { MariadbServer, MariadbServerOptions } from "./mariadb-server.ts";
import { startRedis } from "./redis-server.ts";
import type { RedisServer } from "./redis-server.ts";
import { startStandinFrappe } from "./standin-frappe.ts";
import type { StandinFrappe, StandinOptions } from "./standin-frappe.ts";

const SCHEMA = resolve(import.meta.dir, "../fixtures/frappe/schema-mariadb.sql");

/** The three sites of the fixtures: their database and what their web server is. */
const SITES = {
  v14: { database: "btu_fix_v14", generation: "v14" },
  "v15.2": { database: "btu_fix_v152", generation: "v15.2" },
  v16: { database: "btu_fix_v16", generation: "v16" },
} as const;

/** The bench that every site of the tests lives on. */
export const BENCH_ID = "home-frappe-frappe-bench";

export type SiteName = keyof typeof SITES;

/** A running site; all of it ends with it. */
export interface BtuSite extends AsyncDisposable {
  readonly mariadb: MariadbServer;
  readonly redis: RedisServer;
  readonly client: Redis;
  readonly frappe: StandinFrappe;
  readonly database: string;
  /** Runs statements in the site's database. */
  sql(statements: string): Promise<string>;
  /** Lets only these schedules be enabled, each with the cron text given here. */
  enableOnly(cronById: Readonly<Record<string, string>>): Promise<void>;
  /** The configuration of a daemon for this site; `ports` redirect to proxies. */
  config(more?: string, ports?: SitePorts): string;
}

/** Where the daemon is to find the parts, when not at their own ports. */
export interface SitePorts {
  readonly sql?: number;
  readonly redis?: number;
  readonly http?: number;
}

/** The site's zone is New York; in winter this lies an hour ahead, which is as lately changed as the present moment. */
export const SUMMER_NOW = "CONVERT_TZ(UTC_TIMESTAMP(6), '+00:00', '-04:00')";

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** Starts the parts and loads the tables of one generation. */
export async function startBtuSite(
  name: SiteName,
  frappeOptions: Partial<StandinOptions> = {},
  mariadbOptions: MariadbServerOptions = {},
): Promise<BtuSite> {
  await using stack = new AsyncDisposableStack();
  const { database, generation } = SITES[name];
  const mariadb = stack.use(await startMariadb(mariadbOptions));
  const redis = stack.use(await startRedis());
  const frappe = stack.use(await startStandinFrappe({ generation, ...frappeOptions }));
  await mariadb.load(SCHEMA);
  const client = await redis.client();
  const owned = stack.move();
  const sql = (statements: string): Promise<string> => mariadb.sql(statements, database);
  return {
    mariadb,
    redis,
    client,
    frappe,
    database,
    sql,
    enableOnly: async (cronById) => {
      const updates = Object.entries(cronById).map(
        ([id, cron]) =>
          `UPDATE \`tabBTU Task Schedule\` SET enabled = 1, cron_string = ${quoted(cron)} WHERE name = ${quoted(id)};`,
      );
      const off = `UPDATE \`tabBTU Task Schedule\` SET enabled = 0, modified = ${SUMMER_NOW};`;
      await sql(`${off} ${updates.join(" ")}`);
    },
    config: (more = "", ports = {}) =>
      [
        `sql_host = "127.0.0.1"`,
        `sql_port = ${ports.sql ?? mariadb.port}`,
        `sql_database = "${database}"`,
        `sql_user = "${mariadb.user}"`,
        `sql_password = "${mariadb.password}"`,
        `rq_port = ${ports.redis ?? redis.port}`,
        `webserver_port = ${ports.http ?? frappe.port}`,
        `webserver_token = "${frappe.token}"`,
        more,
      ].join("\n"),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
