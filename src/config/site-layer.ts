/** From a site's files to keys of our configuration; what somebody wrote down for us counts before them. */
import { existsSync, readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import type { ReadFile } from "./files.ts";
import { faultAt } from "./given.ts";
import type { Fault, Layer } from "./given.ts";
import { showValue } from "./origin.ts";
import { KEYS } from "./schema.ts";
import type { ConfigKey } from "./schema.ts";
import { readSiteFiles, sitePaths } from "./site-files.ts";
import { SiteKeys } from "./site-keys.ts";
import type { Explicit } from "./site-keys.ts";
import { addRedis } from "./site-redis.ts";

/** Settings whose value is a key of ours as it stands. */
const SAME: ReadonlyArray<readonly [setting: string, key: ConfigKey]> = [
  ["db_name", "sql_database"],
  ["db_host", "sql_host"],
  ["db_port", "sql_port"],
  ["db_socket", "sql_socket"],
  ["db_schema", "sql_schema"],
  ["db_ssl_ca", "sql_tls_ca"],
  ["db_ssl_cert", "sql_tls_cert"],
  ["db_ssl_key", "sql_tls_key"],
  ["webserver_port", "webserver_port"],
  ["bench_id", "bench_id"],
  ["rq_results_ttl", "result_ttl_secs"],
  ["rq_job_failure_ttl", "failure_ttl_secs"],
];
const SQL_TLS: readonly ConfigKey[] = ["sql_tls", "sql_tls_ca", "sql_tls_cert", "sql_tls_key"];
const DB_TYPES: ReadonlySet<unknown> = new Set(["mariadb", "mysql", "postgres"]);
/** Before it queues have no bench in their names. */
const PREFIX_FRAPPE_VERSION = 14;

function addDatabase(keys: SiteKeys): void {
  const type = keys.get("db_type");
  if (type !== undefined && !DB_TYPES.has(type.value)) {
    keys.fault(type, "db_type", `${showValue(type.value)}: expected mariadb or postgres`);
  } else {
    keys.copy("db_type", "sql_type");
  }
  // The password belongs to the site's user alone.
  if (!keys.hasAny(["sql_user"])) keys.copy("db_password", "sql_password");
  keys.copy(keys.get("db_user") === undefined ? "db_name" : "db_user", "sql_user");
}

/** A socket takes the place of host and TLS; a place that is written down is not mixed with the site's. */
function dropMixed(keys: SiteKeys): void {
  const isByHost = keys.hasAny(["sql_host", "sql_port"]) || !keys.given.has("sql_socket");
  const usesSocket = keys.hasAny(["sql_socket"]) || !isByHost;
  keys.given.delete(usesSocket ? "sql_host" : "sql_socket");
  if (!usesSocket && !keys.hasAny(["sql_tls"])) return;
  for (const key of SQL_TLS) keys.given.delete(key);
}

function addTls(keys: SiteKeys): void {
  const authority = keys.get("db_ssl_ca");
  if (authority !== undefined) {
    keys.add("sql_tls", true, { path: authority.path, name: "db_ssl_ca" });
  }
}

/** Frappe names a bench after its path, links followed. */
function derivedBenchId(benchPath: string): string {
  let path = benchPath;
  try {
    path = realpathSync(benchPath);
  } catch {
    // It will be missed when its files are read.
  }
  return path.replace(/^\/+|\/+$/g, "").replaceAll("/", "-");
}

/** The major version of the bench's Frappe; null where its sources are not at hand. */
function frappeVersion(benchPath: string, readFile: ReadFile): number | null {
  try {
    const text = readFile(join(benchPath, "apps/frappe/frappe/__init__.py"));
    const found = /^__version__\s*=\s*["'](\d+)\./m.exec(text);
    return found === null ? null : Number(found[1]);
  } catch {
    return null;
  }
}

/** The derived name counts only where it is certain; elsewhere the live workers tell it. */
function addBenchId(keys: SiteKeys, benchPath: string, readFile: ReadFile): string {
  const own = keys.text("bench_id");
  const derived = derivedBenchId(benchPath);
  if (own !== undefined) return own;
  const version = frappeVersion(benchPath, readFile) ?? 0;
  if (version >= PREFIX_FRAPPE_VERSION && !keys.hasAny(["queue_prefix"])) {
    keys.add("bench_id", derived, { path: benchPath, name: "the path" });
  }
  return derived;
}

const NOTHING: Layer = { given: new Map(), faults: [], warnings: [] };

/** The value of a key that is needed before all others are judged; null when it is faulty or not set. */
function early(explicit: Explicit, key: ConfigKey): string | null {
  const entry = explicit.get(key);
  if (entry === undefined) return null;
  const reading = KEYS.get(key)?.kind.read(entry.value, entry.folder);
  if (reading === undefined || "problem" in reading) return null;
  return typeof reading.value === "string" ? reading.value : null;
}

/** The sites of a bench, by their folders. */
function sitesOf(benchPath: string): string[] {
  const folder = join(benchPath, "sites");
  try {
    return readdirSync(folder).filter((name) => existsSync(join(folder, name, "site_config.json")));
  } catch {
    return [];
  }
}

function missingSite(explicit: Explicit, benchPath: string): Fault[] {
  if (explicit.has("site")) return [];
  const sites = sitesOf(benchPath).map((name) => `"${name}"`);
  const which = sites.length === 0 ? "the name of its site" : sites.join(" or ");
  const origin = explicit.get("bench_path")?.origin ?? { source: "default" };
  return [faultAt(origin, `bench_path needs site: ${which}`)];
}

/** What the files of `bench_path` and `site` give; nothing when they are not named. */
export function fromSiteFiles(explicit: Explicit, readFile: ReadFile): Layer {
  const benchPath = early(explicit, "bench_path");
  const site = early(explicit, "site");
  if (benchPath === null) return NOTHING;
  if (site === null) return { ...NOTHING, faults: missingSite(explicit, benchPath) };
  const { settings, problems } = readSiteFiles(sitePaths(benchPath, site), readFile);
  if (problems.length > 0) {
    return { ...NOTHING, faults: problems.map((text) => ({ line: null, text })) };
  }
  const keys = new SiteKeys(settings, explicit);
  for (const [name, key] of SAME) keys.copy(name, key);
  addRedis(keys, addBenchId(keys, benchPath, readFile));
  if (early(explicit, "connectivity_mode") === "webserver") {
    for (const key of keys.given.keys()) if (key.startsWith("sql_")) keys.given.delete(key);
  } else {
    addDatabase(keys);
    addTls(keys);
    dropMixed(keys);
  }
  return keys;
}
