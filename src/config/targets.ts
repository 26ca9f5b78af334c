/** What the parts that connect need, settled from several keys. */
import { isIPv6 } from "node:net";
import { parseRedisUrl } from "./redis-url.ts";
import type { RedisAddress } from "./redis-url.ts";
import type { Config } from "./schema.ts";

/** How a database server is known by its certificate, which is always verified. */
export interface SqlTls {
  /** The file of the authority (PEM) to trust, in place of the public ones. */
  readonly caPath: string | null;
  /** The name that must stand in the certificate. */
  readonly serverName: string;
  /** Our own certificate and its key, where the server asks for one. */
  readonly own: { readonly certPath: string; readonly keyPath: string } | null;
}

/** The database of a site. */
export interface SqlTarget {
  readonly type: "mariadb" | "postgres";
  readonly host: string;
  readonly port: number;
  /** A Unix socket, in place of the host. */
  readonly socket: string | null;
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  /** Counts for PostgreSQL only. */
  readonly schema: string;
  /** Null to speak in the clear. */
  readonly tls: SqlTls | null;
}

const SQL_PORTS: Readonly<Record<SqlTarget["type"], number>> = { mariadb: 3306, postgres: 5432 };

function sqlTls(config: Config): SqlTls | null {
  if (!config.sql_tls) return null;
  const { sql_tls_cert: certPath, sql_tls_key: keyPath } = config;
  return {
    caPath: config.sql_tls_ca,
    serverName: config.sql_tls_server_name ?? config.sql_host,
    own: certPath === null || keyPath === null ? null : { certPath, keyPath },
  };
}

/** Where schedules are read from SQL; null when they are not. */
export function sqlTarget(config: Config): SqlTarget | null {
  const { sql_type: type, sql_database: database, sql_user: user } = config;
  if (config.connectivity_mode === "webserver" || database === null || user === null) return null;
  return {
    type,
    host: config.sql_host,
    port: config.sql_port ?? SQL_PORTS[type],
    socket: config.sql_socket,
    database,
    user,
    password: config.sql_password,
    schema: config.sql_schema,
    tls: sqlTls(config),
  };
}

/** A Redis that Sentinels know the place of. */
export interface SentinelAddress extends Pick<RedisAddress, "db" | "username" | "password"> {
  readonly sentinels: ReadonlyArray<{ readonly host: string; readonly port: number }>;
  readonly master: string;
  readonly sentinelPassword?: string;
}

/** Where Redis is, and the file with its certificate authority, which also asks for TLS. */
export type RedisPlace = (RedisAddress | SentinelAddress) & { readonly caPath: string | null };

function hostAndPort(text: string): { readonly host: string; readonly port: number } {
  const colon = text.lastIndexOf(":");
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return { host, port: Number(text.slice(colon + 1)) };
}

/** The Redis of RQ, from Sentinels, rq_url or its parts. */
export function redisTarget(config: Config): RedisPlace {
  return { ...redisAddress(config), caPath: config.rq_tls_ca };
}

function sentinelAddress(config: Config, sentinels: readonly string[]): SentinelAddress {
  const { rq_db: db, rq_username: username, rq_password: password } = config;
  const { rq_sentinel_master: master, rq_sentinel_password: sentinelPassword } = config;
  return {
    sentinels: sentinels.map(hostAndPort),
    master,
    db,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(sentinelPassword === null ? {} : { sentinelPassword }),
  };
}

function redisAddress(config: Config): RedisAddress | SentinelAddress {
  if (config.rq_sentinels !== null) return sentinelAddress(config, config.rq_sentinels);
  if (config.rq_url !== null) {
    const reading = parseRedisUrl(config.rq_url);
    if ("problem" in reading) throw new Error(`cannot use rq_url: ${reading.problem}`);
    return reading.value;
  }
  const { rq_host: host, rq_port: port, rq_db: db } = config;
  const { rq_username: username, rq_password: password } = config;
  return {
    host,
    port,
    db,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
  };
}

/** The web server of a site. */
export interface WebserverTarget {
  /** Without a slash at its end: `http://127.0.0.1:8000`. */
  readonly url: string;
  /** `KEY:SECRET`; HTTP wants `token ` before it. */
  readonly token: string;
  readonly hostHeader: string | null;
}

const HTTPS_PORT = 443;

function addressUrl(host: string, port: number): string {
  const name = isIPv6(host) ? `[${host}]` : host;
  return port === HTTPS_PORT ? `https://${name}` : `http://${name}:${port}`;
}

/** Where the site's web server is; null when no token lets us in. */
export function webserverTarget(config: Config): WebserverTarget | null {
  const { webserver_token: token, webserver_url: url } = config;
  if (token === null) return null;
  return {
    url: url ?? addressUrl(config.webserver_ip, config.webserver_port),
    token,
    hostHeader: config.webserver_host_header,
  };
}

/** What stands before the name of each queue, as configured; null where the live workers tell. */
export function queuePrefix({ queue_prefix: prefix, bench_id: bench }: Config): string | null {
  return prefix ?? (bench === null ? null : `${bench}:`);
}
