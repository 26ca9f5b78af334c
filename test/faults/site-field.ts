/** The ground of a scenario on a BTU site: rows due every few seconds, proxies before its database and its web server. */
import { writeFileSync } from "node:fs";
import { expect } from "bun:test";
import type { Redis } from "ioredis";
import { startBtuSite, SUMMER_NOW } from "../support/btu-site.ts";
import type { BtuSite, SiteName } from "../support/btu-site.ts";
import { btuJson } from "../support/btu.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import type { LedgerFields } from "../support/rq-keys.ts";
import type { StandinOptions } from "../support/standin-frappe.ts";
import { tempDir } from "../support/temp-dir.ts";
import { caughtUp } from "./field.ts";
import { cronOf, tomlOf } from "./periodic.ts";
import type { Periodic } from "./periodic.ts";

export const TABLE = "`tabBTU Task Schedule`";
/** All that run; the fixtures hold cancelled ones as well. */
const TASKS = ["BTU-00001", "BTU-00002", "BTU-00003"];
/** What is committed shall outlive a SIGKILL of the server. */
const KEEPS_COMMITS = { options: ["--innodb-flush-log-at-trx-commit=2"] };
/** A busy machine needs its time to notice something. */
const NOTICED_WITHIN_MS = 30_000;

/** What there is on the site and beside it. */
export interface SiteFieldOptions {
  readonly name: SiteName;
  readonly rows: readonly Periodic[];
  /** Schedules of a file, for the same daemon. */
  readonly beside?: readonly Periodic[];
  /** More lines of configuration. */
  readonly more?: string;
  readonly frappe?: Partial<StandinOptions>;
}

/** The ground. */
export interface SiteField extends AsyncDisposable {
  readonly site: BtuSite;
  readonly client: Redis;
  /** Before the database. */
  readonly sql: FaultProxy;
  /** Before the web server. */
  readonly http: FaultProxy;
  /** Starts a daemon where the last one was. */
  start(): Promise<Daemon>;
}

/** One statement that inserts such rows, each changed at this moment. */
export function insertion(rows: readonly Periodic[], name: SiteName): string {
  const [zone, utc] = name === "v16" ? [", cron_timezone", ", 'UTC'"] : ["", ""];
  const values = rows.map((row, index) => {
    const task = TASKS[index % TASKS.length];
    return `('${row.id}', '${task}', 1, '${cronOf(row)}'${utc}, 0, ${SUMMER_NOW})`;
  });
  const columns = `name, task, enabled, cron_string${zone}, docstatus, modified`;
  return `INSERT INTO ${TABLE} (${columns}) VALUES ${values.join(", ")};`;
}

/** Opens a field. */
export async function openSiteField(options: SiteFieldOptions): Promise<SiteField> {
  const { name, rows, beside = [], more = "" } = options;
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await startBtuSite(name, options.frappe, KEEPS_COMMITS));
  // A run that the site's log calls unfinished would hold its task's schedules back.
  await site.sql(`DELETE FROM ${TABLE}; DELETE FROM \`tabBTU Task Log\`; ${insertion(rows, name)}`);
  const sql = stack.use(await FaultProxy.start({ target: site.mariadb, protocol: "mysql" }));
  const http = stack.use(await FaultProxy.start({ target: site.frappe, protocol: "http" }));
  const dir = stack.use(tempDir());
  const path = dir.file("schedules.toml");
  writeFileSync(path, beside.map((one) => tomlOf(one)).join("\n"));
  const lines = [
    ...(beside.length > 0 ? [`schedules_file = "${path}"`] : []),
    "ledger_max_entries = 10000000",
    'log_level = "warning"',
    more,
  ];
  const config = site.config(lines.join("\n"), { sql: sql.port, http: http.port });
  const owned = stack.move();
  return {
    site,
    client: site.client,
    sql,
    http,
    start: () => startDaemon({ config, dir }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface Status {
  readonly health: string;
  readonly problems: readonly string[];
}

async function statusOf(daemon: Daemon): Promise<Status> {
  return JSON.parse(await daemon.request("status", null)) as Status;
}

/** The daemon tells of the trouble in its log (from an offset on), and so does `btu status`, which ends with 1. */
export async function mustTell(daemon: Daemon, trouble: RegExp, from: number): Promise<void> {
  await daemon.waitForLog(trouble, { from, timeoutMs: NOTICED_WITHIN_MS });
  const { code, value } = await btuJson(["status"], { configPath: daemon.configPath });
  expect({ code, ...(value as Status) }).toMatchObject({
    code: 1,
    health: "degraded",
    problems: expect.arrayContaining([expect.stringMatching(trouble)]),
  });
}

/** Waits until none of the daemon's problems is this one. */
export async function mustBeOver(daemon: Daemon, trouble: RegExp): Promise<void> {
  const isOver = async (): Promise<boolean> => {
    const { problems } = await statusOf(daemon);
    return !problems.some((problem) => trouble.test(problem));
  };
  const what = `${trouble.source} is over`;
  await eventually(isOver, { what, timeoutMs: NOTICED_WITHIN_MS }).catch((cause: unknown) => {
    throw new Error(`${what}: it is not:\n${daemon.log()}`, { cause });
  });
}

/** Waits until so many more occurrences are entered, while whatever happens goes on. */
export async function mustGoOn({ client }: SiteField, count: number): Promise<void> {
  const wanted = (await client.xlen("btu_scheduler:ledger")) + count;
  const isThere = async (): Promise<boolean> =>
    (await client.xlen("btu_scheduler:ledger")) >= wanted;
  await eventually(isThere, { what: `${count} more occurrences are entered`, timeoutMs: 20_000 });
}

/** How late jobs were placed, in milliseconds after their due second. */
export interface Lateness {
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Of the jobs among these entries. */
export function latenessOf(ledger: readonly LedgerFields[]): Lateness {
  const lateMs = ledger
    .filter(({ job = "" }) => job !== "")
    .map(({ due, fired_ms: firedMs }) => Number(firedMs) - 1000 * Number(due))
    .toSorted((a, b) => a - b);
  return { p99Ms: lateMs[Math.floor(lateMs.length * 0.99)] ?? 0, maxMs: lateMs.at(-1) ?? 0 };
}

/** Waits until everything due is placed; a failure shows the daemon's log. */
export async function mustCatchUp(
  { client }: SiteField,
  daemon: Daemon,
  after: string,
): Promise<void> {
  await caughtUp(client, { timeoutMs: 40_000 }).catch((cause: unknown) => {
    throw new Error(`after ${after}:\n${daemon.log()}`, { cause });
  });
}
