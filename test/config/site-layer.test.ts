import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { describeConfig, secretsOf } from "../../src/config/describe.ts";
import { formatOrigin } from "../../src/config/origin.ts";
import type { Config, ConfigKey } from "../../src/config/schema.ts";
import { tempDir } from "../support/temp-dir.ts";
import { faultsOf, loadText } from "./load-text.ts";

const BENCH = "/home/frappe/frappe-bench";
const COMMON = `${BENCH}/sites/common_site_config.json`;
const OWN = `${BENCH}/sites/erp.example.com/site_config.json`;
const FRAPPE = `${BENCH}/apps/frappe/frappe/__init__.py`;
const TEXT = `bench_path = "${BENCH}"\nsite = "erp.example.com"\nwebserver_token = "k:s"`;

const COMMON_USUAL = { redis_queue: "redis://127.0.0.1:11000", webserver_port: 8001, workers: {} };
const OWN_USUAL = { db_name: "_1bd3", db_password: "hunter2", db_type: "mariadb" };

interface Bench {
  readonly common?: object;
  readonly own?: object;
  readonly frappe?: string;
  /** More lines of our own configuration. */
  readonly more?: string;
  readonly env?: Record<string, string>;
}

function load({ common = COMMON_USUAL, own = OWN_USUAL, frappe, more = "", env = {} }: Bench) {
  const files = {
    [COMMON]: JSON.stringify(common),
    [OWN]: JSON.stringify(own),
    ...(frappe === undefined ? {} : { [FRAPPE]: `__version__ = "${frappe}"\n` }),
  };
  return loadText(`${TEXT}\n${more}`, { files, env });
}

const configOf = (bench: Bench): Config => load(bench).config;

describe("the files of a bench", () => {
  test("give database, Redis and web server port", () => {
    const { config, warnings } = load({});
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      sql_type: "mariadb",
      sql_host: "127.0.0.1",
      sql_port: null,
      sql_database: "_1bd3",
      sql_user: "_1bd3",
      sql_password: "hunter2",
      rq_url: null,
      rq_host: "127.0.0.1",
      rq_port: 11_000,
      rq_db: 0,
      webserver_port: 8001,
      bench_id: null,
    });
  });

  test("tell where each value came from", () => {
    const { origins } = load({ frappe: "15.2.1" });
    const told = (key: ConfigKey): string => formatOrigin(origins.get(key)!);
    expect(told("sql_database")).toBe(`db_name of ${OWN}`);
    expect(told("sql_user")).toBe(`db_name of ${OWN}`);
    expect(told("rq_port")).toBe(`redis_queue of ${COMMON}`);
    expect(told("bench_id")).toBe(`the path of ${BENCH}`);
    expect(told("sql_host")).toBe("default");
  });

  test("keep their secrets", () => {
    const { config, origins } = load({});
    expect(secretsOf(config)).toContain("hunter2");
    expect(JSON.stringify(describeConfig(config, origins))).not.toContain("hunter2");
  });

  test.each<[string, Bench, Partial<Config>]>([
    [
      "the site before the bench",
      { common: { db_host: "a" }, own: { ...OWN_USUAL, db_host: "b" } },
      { sql_host: "b" },
    ],
    ["the bench where the site is silent", { common: { db_host: "a" } }, { sql_host: "a" }],
    [
      "nothing for an empty text or null",
      { common: { db_host: "", db_port: null } },
      { sql_host: "127.0.0.1", sql_port: null },
    ],
    ["a port in quotes", { common: { db_port: "3307" } }, { sql_port: 3307 }],
    [
      "a password of digits",
      { own: { ...OWN_USUAL, db_password: 1234 } },
      { sql_password: "1234" },
    ],
    [
      "a user of its own",
      { own: { ...OWN_USUAL, db_user: "u" } },
      { sql_user: "u", sql_database: "_1bd3" },
    ],
    [
      "PostgreSQL and its schema",
      { own: { ...OWN_USUAL, db_type: "postgres", db_schema: "s" } },
      { sql_type: "postgres", sql_schema: "s" },
    ],
    [
      "a socket in place of a host",
      { common: { db_socket: "/s", db_host: "h", db_ssl_ca: "/ca" } },
      { sql_socket: "/s", sql_host: "127.0.0.1", sql_tls: false, sql_tls_ca: null },
    ],
    [
      "TLS",
      { common: { db_host: "h", db_ssl_ca: "/ca", db_ssl_cert: "/c", db_ssl_key: "/k" } },
      { sql_tls: true, sql_tls_ca: "/ca", sql_tls_cert: "/c", sql_tls_key: "/k" },
    ],
    [
      "a Redis with TLS",
      { common: { redis_queue: "rediss://h:7000/1" } },
      { rq_url: "rediss://h:7000/1", rq_host: "127.0.0.1" },
    ],
    [
      "a Redis behind a socket",
      { common: { redis_queue: "unix:///r.sock?db=2" } },
      { rq_url: "unix:///r.sock?db=2" },
    ],
    [
      "a Redis with credentials",
      { common: { redis_queue: "redis://:p%40@h:1/2" } },
      { rq_host: "h", rq_port: 1, rq_db: 2, rq_password: "p@" },
    ],
    [
      "a Redis user",
      { common: { ...COMMON_USUAL, use_rq_auth: true, rq_username: "u", rq_password: "p" } },
      { rq_username: "u", rq_password: "p" },
    ],
    [
      "a Redis user that is not in use",
      { common: { ...COMMON_USUAL, rq_username: "u", rq_password: "p" } },
      { rq_username: null, rq_password: null },
    ],
    [
      "a Redis user called like the bench",
      { common: { ...COMMON_USUAL, use_rq_auth: 1, rq_password: "p" } },
      { rq_username: "home-frappe-frappe-bench", rq_password: "p" },
    ],
    [
      "a Redis user with TLS",
      {
        common: {
          redis_queue: "rediss://h:1",
          use_rq_auth: 1,
          rq_username: "u",
          rq_password: "p/",
        },
      },
      { rq_url: "rediss://u:p%2F@h:1", rq_username: null },
    ],
    ["the bench's id", { common: { bench_id: "b" } }, { bench_id: "b" }],
    [
      "how long jobs are kept",
      { common: { rq_results_ttl: 60, rq_job_failure_ttl: 3600 } },
      { result_ttl_secs: 60, failure_ttl_secs: 3600 },
    ],
    [
      "the bench's id as its path, from Frappe 14 on",
      { frappe: "14.0.0" },
      { bench_id: "home-frappe-frappe-bench" },
    ],
    [
      "the bench's id as its path, in development",
      { frappe: "16.0.0-dev" },
      { bench_id: "home-frappe-frappe-bench" },
    ],
    [
      "no bench's id for Frappe 13, whose queues have none",
      { frappe: "13.58.22" },
      { bench_id: null },
    ],
  ])("give %s", (_, bench, wanted) => {
    expect(configOf(bench)).toMatchObject(wanted);
  });
});

describe("what is written down counts before the files of the bench:", () => {
  test.each<[string, Bench, Partial<Config>]>([
    [
      "a host",
      { common: { db_host: "a", db_port: 1 }, more: 'sql_host = "b"' },
      { sql_host: "b", sql_port: 1 },
    ],
    ["an alias", { common: { db_host: "a" }, more: 'mysql_host = "b"' }, { sql_host: "b" }],
    [
      "a variable",
      { common: { db_host: "a" }, env: { BTU_SCHEDULER_SQL_HOST: "b" } },
      { sql_host: "b" },
    ],
    [
      "a host before a socket",
      { common: { db_socket: "/s" }, more: 'sql_host = "b"' },
      { sql_host: "b", sql_socket: null },
    ],
    [
      "a socket before host and TLS",
      { common: { db_host: "h", db_ssl_ca: "/ca" }, more: 'sql_socket = "/s"' },
      { sql_socket: "/s", sql_host: "127.0.0.1", sql_tls: false, sql_tls_ca: null },
    ],
    [
      "no TLS",
      { common: { db_host: "h", db_ssl_ca: "/ca" }, more: "sql_tls = false" },
      { sql_tls: false, sql_tls_ca: null },
    ],
    [
      "a host, with the TLS of the site",
      { common: { db_host: "a", db_ssl_ca: "/ca" }, more: 'sql_host = "b"' },
      { sql_host: "b", sql_tls: true, sql_tls_ca: "/ca" },
    ],
    [
      "another user, without the site's password",
      { more: 'sql_user = "reader"' },
      { sql_user: "reader", sql_password: null },
    ],
    ["a password", { more: 'sql_password = "p"' }, { sql_user: "_1bd3", sql_password: "p" }],
    ["a Redis host", { more: 'rq_host = "h"' }, { rq_host: "h", rq_port: 11_000 }],
    [
      "a Redis URL",
      { more: 'rq_url = "redis://h:1"' },
      { rq_url: "redis://h:1", rq_host: "127.0.0.1" },
    ],
    [
      "a Redis host before a URL",
      { common: { redis_queue: "rediss://a:1" }, more: 'rq_host = "h"' },
      { rq_url: null, rq_host: "h" },
    ],
    [
      "another Redis user, without the bench's password",
      {
        common: { ...COMMON_USUAL, use_rq_auth: 1, rq_username: "u", rq_password: "p" },
        more: 'rq_username = "v"',
      },
      { rq_username: "v", rq_password: null },
    ],
    [
      "a prefix before the derived bench's id",
      { frappe: "15.0.0", more: 'queue_prefix = "x:"' },
      { queue_prefix: "x:", bench_id: null },
    ],
    [
      "no SQL at all where only the web server is reached",
      { more: 'connectivity_mode = "webserver"' },
      { sql_database: null, rq_port: 11_000 },
    ],
  ])("%s", (_, bench, wanted) => {
    expect(configOf(bench)).toMatchObject(wanted);
  });
});

describe("the files of a bench are refused when", () => {
  test.each<[string, Bench, string]>([
    [
      "a port is none",
      { common: { db_port: "http" } },
      `db_port of ${COMMON} "http": expected an integer 1-65535`,
    ],
    [
      "the database is of another kind",
      { own: { ...OWN_USUAL, db_type: "sqlite" } },
      `db_type of ${OWN}: "sqlite": expected mariadb or postgres`,
    ],
    [
      "Redis has no address",
      { common: { redis_queue: "localhost:11000" } },
      `redis_queue of ${COMMON}: expected a URL like redis://:password@host:6379/0; in the password / ? # % must be percent-encoded`,
    ],
    [
      "there is no database",
      { own: { db_password: "p" } },
      "sql_database is missing: schedules are to be read from SQL because another sql_ key is given",
    ],
  ])("%s", (_, bench, fault) => {
    expect(faultsOf(() => load(bench))).toContain(fault);
  });

  test("they are not there", () => {
    expect(faultsOf(() => loadText(TEXT))).toEqual([
      `cannot read "${COMMON}": there is no such file; check bench_path and site`,
      `cannot read "${OWN}": there is no such file; check bench_path and site`,
    ]);
  });

  test("they are no JSON, of which nothing is shown", () => {
    const files = { [COMMON]: "[]", [OWN]: '{"db_password": "hunter2" "x": 1}' };
    expect(faultsOf(() => loadText(TEXT, { files }))).toEqual([
      `cannot read "${COMMON}": expected an object { … }`,
      `cannot read "${OWN}": it is no valid JSON; "bench" itself cannot use it`,
    ]);
  });

  test("nobody says which site, and those that are there are named", () => {
    using dir = tempDir();
    for (const site of ["a.example.com", "b.example.com"]) {
      mkdirSync(dir.file(`sites/${site}`), { recursive: true });
      writeFileSync(dir.file(`sites/${site}/site_config.json`), "{}");
    }
    mkdirSync(dir.file("sites/assets"));
    const [fault = ""] = faultsOf(() => loadText(`bench_path = "${dir.path}"`));
    expect(fault).toMatch(/^line 1: bench_path needs site: /);
    expect(fault).toContain('"a.example.com"');
    expect(fault).toContain('"b.example.com"');
    expect(fault).not.toContain("assets");
  });
});

test("a bench whose files hold no redis_queue is warned of", () => {
  expect(load({ common: {} }).warnings).toEqual([
    "the bench's files hold no redis_queue: the rq_ keys and their defaults count",
  ]);
});

test("a bench is called after its path with links followed, as Frappe does", () => {
  using dir = tempDir();
  mkdirSync(dir.file("real/sites/a.b"), { recursive: true });
  symlinkSync(dir.file("real"), dir.file("link"));
  const link = dir.file("link");
  const files = new Map([
    [`${link}/sites/common_site_config.json`, "{}"],
    [`${link}/sites/a.b/site_config.json`, '{"db_name":"d"}'],
    [`${link}/apps/frappe/frappe/__init__.py`, '__version__ = "15.1.0"'],
  ]);
  const { bench_id: id } = loadText(
    `bench_path = "${link}"\nsite = "a.b"\nwebserver_token = "k:s"`,
    { files: Object.fromEntries(files) },
  ).config;
  expect(id).toBe(dir.file("real").slice(1).replaceAll("/", "-"));
});
