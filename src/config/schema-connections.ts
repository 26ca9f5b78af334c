/** The keys that say where things are: SQL, the schedule file, Redis, the web server. */
import { boolean, choice, integer, listOf, password, text } from "./kind.ts";
import { apiToken, host, hostPort, path, redisUrl, socketPath, webUrl } from "./kind-place.ts";
import { key } from "./key.ts";
import { REDIS_DB_MAX } from "./redis-url.ts";

const PORT = { min: 1, max: 65_535 };

/** Which site, and how it is reached. */
export const SITE_KEYS = {
  bench_path: key(path(), {
    default: null,
    whenUnset: "the sql_, rq_ and webserver_ keys tell all",
    about:
      "The folder of the bench: what its site_config.json and common_site_config.json tell of the site need not stand here.",
    example: "/home/frappe/frappe-bench",
  }),
  connectivity_mode: key(choice(["direct", "webserver"]), {
    default: "direct",
    about:
      "Whether the site's SQL and Redis can be reached, or only its web server (BTU 16 and newer).",
  }),
  legacy_utc_rows: key(choice(["rebuild", "strict"]), {
    default: "rebuild",
    about:
      "How Daily and Weekly rows are read that BTU up to 15.1.0 stored in UTC: rebuilt from their hour and weekday in the site's time zone, or as they stand.",
  }),
};

/** The database of a Frappe site, where the BTU app keeps its schedules. */
export const SQL_KEYS = {
  sql_type: key(choice(["mariadb", "postgres"], { mysql: "mariadb", postgresql: "postgres" }), {
    default: "mariadb",
    about: "The kind of database server.",
    starter: true,
  }),
  sql_host: key(host(), {
    default: "127.0.0.1",
    about: "The host of the database server.",
    aliases: ["mysql_host"],
    starter: true,
  }),
  sql_port: key(integer(PORT), {
    default: null,
    whenUnset: "3306 for MariaDB, 5432 for PostgreSQL",
    about: "The port of the database server.",
    example: 3306,
    aliases: ["mysql_port"],
    starter: true,
  }),
  sql_socket: key(socketPath(), {
    default: null,
    whenUnset: "TCP to sql_host",
    about: "The Unix socket of the database server, in place of sql_host.",
    example: "/run/mysqld/mysqld.sock",
    aliases: ["mysql_socket"],
  }),
  sql_database: key(text(), {
    default: null,
    whenUnset: "no schedules from SQL",
    about: "The site's database, db_name in its site_config.json.",
    example: "_1bd3e0294da19198",
    aliases: ["mysql_database"],
    starter: true,
  }),
  sql_user: key(text(), {
    default: null,
    whenUnset: "no schedules from SQL",
    about: "The database user, who needs no more than the right to read.",
    example: "btu_reader",
    aliases: ["mysql_user"],
    starter: true,
  }),
  sql_password: key(password(), {
    default: null,
    whenUnset: "no password",
    about: "The database user's password.",
    example: "change-me",
    aliases: ["mysql_password"],
    secret: true,
    starter: true,
  }),
  sql_schema: key(text(), {
    default: "public",
    about: "The schema that holds the site's tables, with PostgreSQL.",
  }),
  sql_tls: key(boolean(), {
    default: false,
    about:
      "Whether to speak TLS with the database server; its certificate and the name in it are then always verified.",
  }),
  sql_tls_ca: key(path(), {
    default: null,
    whenUnset: "the public authorities",
    about: "The certificate (PEM) of the authority that signed the database server's.",
    example: "/etc/ssl/private-ca.pem",
  }),
  sql_tls_server_name: key(host(), {
    default: null,
    whenUnset: "sql_host",
    about: "The name that stands in the database server's certificate, where sql_host is another.",
    example: "db.example.com",
  }),
  sql_tls_cert: key(path(), {
    default: null,
    whenUnset: "no certificate of our own",
    about: "Our own certificate (PEM), where the database server asks for one.",
    example: "/etc/btu_scheduler/client.pem",
  }),
  sql_tls_key: key(path(), {
    default: null,
    whenUnset: "no certificate of our own",
    about: "The private key (PEM) of sql_tls_cert.",
    example: "/etc/btu_scheduler/client.key",
  }),
};

/** Schedules that need no site. */
export const FILE_KEYS = {
  source_id: key(text(), {
    default: null,
    whenUnset: "the name of the database, else the path of the schedules file",
    about:
      "Whose state is kept in Redis: a daemon of another source is refused under the same redis_key_prefix.",
    example: "erp-production",
  }),
  schedules_file: key(path(), {
    default: null,
    whenUnset: "no schedules from a file",
    about: "A TOML or JSON file with schedules; it can stand alone or beside SQL.",
    example: "/etc/btu_scheduler/schedules.toml",
  }),
};

/** The Redis that RQ uses. */
export const REDIS_KEYS = {
  rq_host: key(host(), {
    default: "127.0.0.1",
    about: "The host of the Redis that RQ uses.",
    starter: true,
  }),
  rq_port: key(integer(PORT), {
    // A bench's own; a wrong guess of 6379 could meet another Redis, where jobs would vanish without a word.
    default: 11_000,
    about: "Its port; a Frappe bench has its redis_queue at 11000, a Redis of its own 6379.",
    starter: true,
  }),
  rq_db: key(integer({ min: 0, max: REDIS_DB_MAX }), {
    default: 0,
    about: "The number of the Redis database.",
  }),
  rq_username: key(text(), {
    default: null,
    whenUnset: "Redis's default user",
    about: "The Redis user, where the server has access lists.",
    example: "btu",
  }),
  rq_password: key(password(), {
    default: null,
    whenUnset: "no password",
    about: "The Redis password.",
    example: "change-me",
    secret: true,
  }),
  rq_url: key(redisUrl(), {
    default: null,
    whenUnset: "the other rq_ keys",
    about:
      "All that the other rq_ keys say in one URL, redis://, rediss:// (TLS) or unix://; without a port it means 6379.",
    example: "rediss://btu:change-me@redis.example.com:6379/0",
    secret: true,
  }),
  rq_tls_ca: key(path(), {
    default: null,
    whenUnset: "the machine's own certificate authorities",
    about: "A file with the certificate authority of the Redis server, for rediss:// and Sentinel.",
    example: "/etc/btu_scheduler/redis-ca.pem",
  }),
  rq_sentinels: key(listOf(hostPort()), {
    default: null,
    whenUnset: "no Sentinel is asked",
    about: "The Sentinels that know the Redis server, in place of rq_host and rq_port.",
    example: ["10.0.0.1:26379", "10.0.0.2:26379"],
  }),
  rq_sentinel_master: key(text(), {
    default: "mymaster",
    about: "The name that the Sentinels know the server by.",
  }),
  rq_sentinel_password: key(password(), {
    default: null,
    whenUnset: "no password",
    about: "The password of the Sentinels themselves.",
    example: "change-me",
    secret: true,
  }),
  redis_key_prefix: key(
    text({ expected: "text without blanks or * ? [ ]", pattern: /^[^\s*?[\]\\]+$/ }),
    {
      default: "btu_scheduler:",
      about: "What the names of all the scheduler's own keys in Redis begin with.",
    },
  ),
};

/** The web server of the site, for what only the app itself can do. */
export const WEBSERVER_KEYS = {
  webserver_ip: key(host(), {
    default: "127.0.0.1",
    about: "The host of the site's web server.",
    starter: true,
  }),
  webserver_port: key(integer(PORT), {
    default: 8000,
    about: "Its port; with 443 the connection is HTTPS.",
    starter: true,
  }),
  webserver_token: key(apiToken(), {
    default: null,
    whenUnset: "the web server is not used",
    about: "The API key and secret of the site's user for BTU, joined by a colon.",
    example: "0123456789abcde:change-me-please",
    secret: true,
    starter: true,
  }),
  webserver_url: key(webUrl(), {
    default: null,
    whenUnset: "webserver_ip and webserver_port",
    about: "The web server as a URL, in place of webserver_ip and webserver_port.",
    example: "https://erp.example.com",
  }),
  webserver_host_header: key(
    text({ expected: "the name of a site", pattern: /^[\w.-]+(?::\d+)?$/ }),
    {
      default: null,
      whenUnset: "the host of the address",
      about: "The site's name for the Host header, where the address does not tell the site.",
      example: "erp.example.com",
    },
  ),
};
