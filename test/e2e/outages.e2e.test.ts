/** A server that is away: the daemon stays up, says so ever less often, and is back within two seconds of it. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { startBtuSite } from "../support/btu-site.ts";
import { runChild } from "../support/child.ts";
import { startBeforeDue, startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { executable, withoutOwnSettings } from "../support/executables.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { freePort } from "../support/free-port.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { agendaOf, ledgerOf, waitForLedger } from "../support/rq-keys.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";

/** What a busy machine may take beyond what is promised. */
const SLACK_MS = 1_500;
const BACK_WITHIN_MS = 2_000 + SLACK_MS;
const SECONDLY = '[[schedule]]\nid = "tick"\ncron = "* * * * * * *"\nfunction = "reports.run"\n';
const PICKLE = Uint8Array.of(0x80, 4, 0x4e, 0x2e);

interface Status {
  readonly health: string;
  readonly problems: readonly string[];
}

async function statusOf(daemon: Daemon): Promise<Status> {
  return JSON.parse(await daemon.request("status", null)) as Status;
}

/** A configuration with one schedule that is due every second. */
function secondly(dir: TempDir, port: number): string {
  writeFileSync(dir.file("s.toml"), SECONDLY);
  return `rq_port = ${port}\nschedules_file = "${dir.file("s.toml")}"`;
}

/** Waits for a log line from `from` on, and tells how long that took, in milliseconds. */
async function msUntilLog(daemon: Daemon, pattern: RegExp, from: number): Promise<number> {
  const startMs = performance.now();
  await daemon.waitForLog(pattern, { from, timeoutMs: 10_000 });
  return performance.now() - startMs;
}

/** Epoch milliseconds of the log lines that match. */
function timesOf(daemon: Daemon, pattern: RegExp): number[] {
  const lines = daemon
    .log()
    .split("\n")
    .filter((line) => pattern.test(line));
  return lines.map((line) => Date.parse(line.slice(0, 24)));
}

/** Each second from the first entry of the ledger to the last one stands there once. */
async function mustHaveNoGap(redis: RedisServer): Promise<void> {
  const client = await redis.client();
  const dues = (await ledgerOf(client)).map(({ due }) => Number(due));
  expect(dues).toEqual(dues.map((_, index) => dues[0]! + index));
}

describe.concurrent("Redis", () => {
  test("may be away at the start", async () => {
    await using redis = await startRedis();
    await using proxy = await FaultProxy.start({ target: redis, protocol: "redis" });
    await proxy.refuse();
    using dir = tempDir();
    await using daemon = await startDaemon({ config: secondly(dir, proxy.port) });
    await realDelay(8_000);
    expect(await statusOf(daemon)).toMatchObject({
      health: "degraded",
      problems: [expect.stringContaining(`Redis 127.0.0.1:${proxy.port} db 0 is not available`)],
    });
    const from = daemon.log().length;
    await proxy.accept();
    expect(await msUntilLog(daemon, /agenda reconciled/, from)).toBeLessThan(BACK_WITHIN_MS);
    await waitForLedger(await redis.client(), 2, daemon);
    expect((await statusOf(daemon)).health).toBe("healthy");
    const told = timesOf(daemon, /redis: Redis at .* is not available/);
    expect(told.length).toBeGreaterThanOrEqual(3);
    expect(told.length).toBeLessThanOrEqual(5);
    const distances = told.slice(1).map((time, index) => time - told[index]!);
    expect(distances).toEqual(distances.toSorted((a, b) => a - b));
  });

  test("may be killed and come back: what was due meanwhile is placed, in order", async () => {
    await using redis = await startRedis({ aof: true });
    using dir = tempDir();
    await using daemon = await startDaemon({ config: secondly(dir, redis.port) });
    await waitForLedger(await redis.client(), 2, daemon);
    await redis.process.kill();
    await daemon.waitForLog(/redis: Redis at .* is not available/, { from: 0 });
    await realDelay(3_000);
    const from = daemon.log().length;
    await redis.process.restart();
    expect(await msUntilLog(daemon, /fire: fired/, from)).toBeLessThan(BACK_WITHIN_MS);
    await waitForLedger(await redis.client(), 7, daemon);
    await mustHaveNoGap(redis);
  });

  test("may freeze and go on", async () => {
    await using redis = await startRedis();
    using dir = tempDir();
    await using daemon = await startDaemon({ config: secondly(dir, redis.port) });
    const before = await waitForLedger(await redis.client(), 2, daemon);
    redis.process.pause();
    await daemon.waitForLog(/no answer within 5000 ms/, { from: 0, timeoutMs: 9_000 });
    expect((await statusOf(daemon)).health).toBe("degraded");
    await realDelay(1_000);
    const from = daemon.log().length;
    redis.process.resume();
    expect(await msUntilLog(daemon, /fire: fired/, from)).toBeLessThan(BACK_WITHIN_MS);
    await waitForLedger(await redis.client(), before.length + 8, daemon);
    await mustHaveNoGap(redis);
  });

  test("may lose everything: all is planned anew", async () => {
    await using redis = await startRedis();
    using dir = tempDir();
    await using daemon = await startDaemon({ config: secondly(dir, redis.port) });
    await waitForLedger(await redis.client(), 2, daemon);
    const from = daemon.log().length;
    await redis.process.restart();
    expect(await msUntilLog(daemon, /fire: fired/, from)).toBeLessThan(BACK_WITHIN_MS + 1_000);
  });
});

describe.concurrent("SQL", () => {
  test("may be away at the start", async () => {
    await using site = await startBtuSite("v16");
    await site.enableOnly({ "TS-000003": "* * * * * * *" });
    await using proxy = await FaultProxy.start({ target: site.mariadb, protocol: "mysql" });
    await proxy.refuse();
    const more = 'site = "erp.example.com"';
    await using daemon = await startDaemon({ config: site.config(more, { sql: proxy.port }) });
    await daemon.waitForLog(/MariaDB .* is not available/, { from: 0 });
    await realDelay(3_000);
    expect(await statusOf(daemon)).toMatchObject({
      health: "degraded",
      problems: [expect.stringContaining("MariaDB")],
    });
    const from = daemon.log().length;
    await proxy.accept();
    expect(await msUntilLog(daemon, /agenda reconciled/, from)).toBeLessThan(BACK_WITHIN_MS);
    await waitForLedger(site.client, 1, daemon);
  });

  test("may go away later: what is known still fires, and changes are seen once it is back", async () => {
    await using site = await startBtuSite("v16");
    await site.enableOnly({ "TS-000003": "* * * * * * *" });
    const more = 'site = "erp.example.com"\nfull_refresh_internal_secs = 1';
    await using daemon = await startDaemon({ config: site.config(more) });
    await waitForLedger(site.client, 1, daemon);
    await site.mariadb.process.kill();
    await daemon.waitForLog(/MariaDB .* is not available/, { from: 0 });
    const { length } = await ledgerOf(site.client);
    await waitForLedger(site.client, length + 3, daemon);
    await mustHaveNoGap(site.redis);
    await site.mariadb.process.restart();
    await site.enableOnly({ "TS-1": "0 0 12 * * * 2090" });
    const startMs = performance.now();
    const look = async (): Promise<boolean> =>
      (await agendaOf(site.client)).join().startsWith("TS-1|");
    await eventually(look, { what: "the change is on the agenda" });
    expect(performance.now() - startMs).toBeLessThan(BACK_WITHIN_MS);
  });
});

describe.concurrent("the web server", () => {
  /** Due at the full minute; it is not there before three seconds later. */
  const DUE_MS = Date.UTC(2027, 0, 1, 0, 1);

  test.each(["refuses", "is in maintenance", "hangs up"])(
    "may be away when a job is due: it %s, and the job is placed once it is back",
    async (how) => {
      await using site = await startBtuSite("v14", { pickledTask: () => PICKLE });
      await site.enableOnly({ "TS-000001": "* * * * *" });
      await using proxy = await FaultProxy.start({ target: site.frappe, protocol: "http" });
      if (how === "refuses") await proxy.refuse();
      else site.frappe.misbehave(how === "hangs up" ? "close" : "maintenance");
      const config = site.config("", { http: proxy.port });
      await using daemon = await startBeforeDue({ config }, DUE_MS);
      await daemon.waitForLog(/web server .* is not available/, { from: 0 });
      expect(await statusOf(daemon)).toMatchObject({
        health: "degraded",
        problems: [expect.stringContaining("web server http://127.0.0.1")],
      });
      const awayMs = performance.now();
      await realDelay(4_000);
      expect(await ledgerOf(site.client)).toEqual([]);
      // One that asks at every attempt would ask far more often than once a second.
      const asked = site.frappe.requests.length;
      expect(asked).toBeLessThan((performance.now() - awayMs) / 1_000 + 4);
      const from = daemon.log().length;
      if (how === "refuses") await proxy.accept();
      else site.frappe.misbehave(null);
      expect(await msUntilLog(daemon, /fire: fired/, from)).toBeLessThan(BACK_WITHIN_MS);
      const [entry] = await ledgerOf(site.client);
      expect(entry).toMatchObject({ due: String(DUE_MS / 1000), schedule: "TS-000001" });
      expect((await statusOf(daemon)).health).toBe("healthy");
    },
  );

  test("may be away until the next occurrence is due: the first one failed, and says why", async () => {
    await using site = await startBtuSite("v14", { pickledTask: () => PICKLE });
    await site.enableOnly({ "TS-000001": "*/2 * * * * * *" });
    site.frappe.misbehave("gateway");
    await using daemon = await startDaemon({ config: site.config() });
    const [first, second] = await waitForLedger(site.client, 2, daemon);
    expect(first).toMatchObject({ outcome: "failed", reason: expect.stringContaining("502") });
    expect(Number(second!["due"])).toBe(Number(first!["due"]) + 2);
    expect(await statusOf(daemon)).toMatchObject({
      problems: expect.arrayContaining([expect.stringContaining("TS-000001 failed")]),
    });
  });
});

async function runToEnd(config: string) {
  using dir = tempDir();
  writeFileSync(dir.file("s.toml"), SECONDLY);
  const lines = [
    config.replace("SCHEDULES", dir.file("s.toml")),
    `socket_path = "${dir.file("btu.sock")}"`,
    "startup_without_database_connections = false",
  ];
  writeFileSync(dir.file("c.toml"), lines.join("\n"));
  const command = [executable("btu-daemon"), "--config", dir.file("c.toml")];
  return await runChild({ command, env: withoutOwnSettings() }, { timeoutMs: 20_000 });
}

describe.concurrent("a daemon that must not start without its servers", () => {
  test("ends with 1 and names Redis", async () => {
    const { code, stderr } = await runToEnd(
      `rq_port = ${await freePort()}\nschedules_file = "SCHEDULES"`,
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /cannot start: .*ECONNREFUSED.*, and startup_without_database_connections is false/,
    );
  });

  test("ends with 1 and names the database", async () => {
    await using redis = await startRedis();
    const port = await freePort();
    const sql = `sql_port = ${port}\nsql_database = "d"\nsql_user = "u"\nwebserver_token = "a:b"`;
    const { code, stderr } = await runToEnd(`rq_port = ${redis.port}\n${sql}`);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /cannot start: .*ECONNREFUSED.*, and startup_without_database_connections is false/,
    );
  });

  test("starts when they are there", async () => {
    await using redis = await startRedis();
    using dir = tempDir();
    const config = `${secondly(dir, redis.port)}\nstartup_without_database_connections = false`;
    await using daemon = await startDaemon({ config });
    await waitForLedger(await redis.client(), 1, daemon);
  });
});
