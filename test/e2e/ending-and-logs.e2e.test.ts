/** How a daemon ends, and what it writes down. */
import { describe, expect, test } from "bun:test";
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { startBtuSite } from "../support/btu-site.ts";
import { runChild } from "../support/child.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { executable } from "../support/executables.ts";
import { FaultProxy } from "../support/fault-proxy.ts";
import { startRedis } from "../support/redis-server.ts";
import { waitForLedger } from "../support/rq-keys.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";

const ENDS_WITHIN_MS = 5_000;
/** So long at most a daemon waits for what is in flight. */
const GRACE_MS = 4_000;

function secondly(dir: TempDir, port: number): string {
  const entry = '[[schedule]]\nid = "tick"\ncron = "* * * * * * *"\nfunction = "reports.run"\n';
  writeFileSync(dir.file("s.toml"), entry);
  return `rq_port = ${port}\nschedules_file = "${dir.file("s.toml")}"`;
}

async function mustEndWell(daemon: Daemon, signal: NodeJS.Signals): Promise<void> {
  const startMs = performance.now();
  expect(await daemon.child.end(signal)).toBe(0);
  expect(performance.now() - startMs).toBeLessThan(ENDS_WITHIN_MS);
  // Neither the socket nor its lock is left behind.
  const left = readdirSync(daemon.dir.path).filter((name) => name.startsWith("btu.sock"));
  expect(left).toEqual([]);
}

describe.concurrent("a daemon that is told to end", () => {
  test.each(["SIGTERM", "SIGINT"] as const)("by %s ends with 0", async (signal) => {
    await using redis = await startRedis();
    using dir = tempDir();
    await using daemon = await startDaemon({ config: secondly(dir, redis.port) });
    await waitForLedger(await redis.client(), 1, daemon);
    await mustEndWell(daemon, signal);
    // What was in flight is told in between.
    const ending = new RegExp(`ending signal=${signal}\\n(.* fired schedule=.*\\n)*.* ended\\n$`);
    expect(daemon.log()).toMatch(ending);
  });

  test("does so while Redis is frozen and a firing is under way", async () => {
    await using redis = await startRedis();
    using dir = tempDir();
    await using daemon = await startDaemon({ config: secondly(dir, redis.port) });
    await waitForLedger(await redis.client(), 1, daemon);
    redis.process.pause();
    // Long enough for the next firing to begin.
    await realDelay(1_200);
    await mustEndWell(daemon, "SIGTERM");
  });

  test("does so while the database and the web server do not answer", async () => {
    await using site = await startBtuSite("v14");
    await site.enableOnly({ "TS-000001": "* * * * * * *" });
    await using proxy = await FaultProxy.start({ target: site.mariadb, protocol: "mysql" });
    site.frappe.misbehave("hang");
    const config = site.config("full_refresh_internal_secs = 1", { sql: proxy.port });
    await using daemon = await startDaemon({ config });
    const hangs = (): boolean => site.frappe.requests.length > 0;
    await eventually(hangs, { what: "a job is asked for" });
    proxy.judge(() => "hold");
    await proxy.waitUntilStruck();
    await mustEndWell(daemon, "SIGTERM");
  });

  test("does so while nothing is there at all", async () => {
    using dir = tempDir();
    await using daemon = await startDaemon({ config: secondly(dir, 1) });
    await mustEndWell(daemon, "SIGTERM");
  });

  test("ends at once by a second signal", async () => {
    await using redis = await startRedis();
    using dir = tempDir();
    await using daemon = await startDaemon({ config: secondly(dir, redis.port) });
    await waitForLedger(await redis.client(), 1, daemon);
    redis.process.pause();
    await realDelay(1_200);
    daemon.child.signal("SIGTERM");
    await daemon.waitForLog(/ending/, { from: 0 });
    const startMs = performance.now();
    expect(await daemon.child.end("SIGTERM")).toBe(130);
    // One signal alone waits for the firing that is under way.
    expect(performance.now() - startMs).toBeLessThan(GRACE_MS);
  });
});

describe("a second daemon on the same socket", () => {
  test("is refused with a clear text, and the first one goes on", async () => {
    await using redis = await startRedis();
    using dir = tempDir();
    await using first = await startDaemon({ config: secondly(dir, redis.port) });
    const command = [executable("btu-daemon"), "--config", first.configPath];
    const { code, stderr } = await runChild({ command }, { timeoutMs: 10_000 });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /use the socket ".*": another daemon \(process \d+\) has it; set socket_path/,
    );
    expect(await first.request("ping", null)).toBe("pong");
  });

  test("replaces what a killed one left behind", async () => {
    await using redis = await startRedis();
    using dir = tempDir();
    const config = secondly(dir, redis.port);
    const killed = await startDaemon({ config, dir });
    await killed.kill();
    expect(existsSync(killed.socketPath)).toBe(true);
    await using second = await startDaemon({ config, dir });
    expect(await second.request("ping", null)).toBe("pong");
  });

  test("never removes a file that is no socket", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("precious"), "data");
    const config = `socket_path = "${dir.file("precious")}"\n${secondly(dir, 1)}`;
    writeFileSync(dir.file("c.toml"), config);
    const command = [executable("btu-daemon"), "--config", dir.file("c.toml")];
    const { code, stderr } = await runChild({ command }, { timeoutMs: 10_000 });
    expect(code).toBe(1);
    expect(stderr).toMatch(/something else is there/);
    expect(readFileSync(dir.file("precious"), "utf8")).toBe("data");
  });
});

describe("a socket that cannot be", () => {
  test.each([
    ["in no folder", "no-folder/btu.sock", "", /use the socket ".*": ENOENT.*check socket_path/],
    [
      "for no group",
      "btu.sock",
      'socket_file_group_owner = "nobodys-group"',
      /no such group; check/,
    ],
  ])("ends the daemon with 1 and one line that says why: %s", async (_name, path, more, why) => {
    using dir = tempDir();
    const config = [`socket_path = "${dir.file(path)}"`, more, secondly(dir, 1)].join("\n");
    writeFileSync(dir.file("c.toml"), config);
    const command = [executable("btu-daemon"), "--config", dir.file("c.toml")];
    const { code, stderr } = await runChild({ command }, { timeoutMs: 10_000 });
    expect(code).toBe(1);
    expect(stderr.split("\n").filter((line) => why.test(line))).toHaveLength(1);
  });
});

describe("the socket", () => {
  test("is its owner's and its group's alone", async () => {
    await using redis = await startRedis();
    using dir = tempDir();
    await using daemon = await startDaemon({ config: secondly(dir, redis.port) });
    expect(statSync(daemon.socketPath).mode & 0o777).toBe(0o660);
  });
});

const FIRED = {
  schedule: "tick",
  due: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  late_ms: expect.any(Number),
  queue: "default",
  job: expect.stringMatching(/^[A-Za-z0-9_-]+$/),
};

/** What a daemon logs until it has fired twice. */
async function logOf(args: readonly string[], env = {}, more = ""): Promise<string> {
  await using redis = await startRedis();
  using dir = tempDir();
  const config = `${secondly(dir, redis.port)}\n${more}`;
  await using daemon = await startDaemon({ config, args, env });
  await waitForLedger(await redis.client(), 2, daemon);
  await daemon.stop();
  return daemon.log();
}

describe("the log", () => {
  test("has one line for each firing: plain", async () => {
    const log = await logOf([]);
    expect(log.match(/fire: fired/g)).toHaveLength(2);
    expect(log).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO {2}fire: fired schedule=tick due=\S+Z late_ms=\d+ queue=default job=\w+$/m,
    );
    expect(log).not.toContain("\u001b");
  });

  test("has one line for each firing: JSON", async () => {
    const lines = (await logOf(["--log-format", "json"])).trim().split("\n");
    const parsed = lines.map((line) => JSON.parse(line) as { message: string });
    const firings = parsed.filter(({ message }) => message === "fired");
    expect(firings).toHaveLength(2);
    for (const firing of firings) {
      expect(firing).toMatchObject({
        ...FIRED,
        time: expect.stringMatching(/Z$/),
        level: "info",
        component: "fire",
      });
    }
  });

  test("has one line for each firing: for people", async () => {
    const log = await logOf(["--log-format=pretty"]);
    expect(log.match(/fire: fired/g)).toHaveLength(2);
    expect(log).toContain("\u001b[");
  });

  test("has one line for each firing: for the journal", async () => {
    const log = await logOf([], { JOURNAL_STREAM: "8:12345" });
    expect(log).toMatch(/^<6>fire: fired schedule=tick /m);
    expect(log).toMatch(/^<4>queues: no worker listens/m);
  });

  test("goes to a file that its group may read, and that is opened anew on SIGHUP", async () => {
    await using redis = await startRedis();
    using dir = tempDir();
    const path = dir.file("btu.log");
    const config = `${secondly(dir, redis.port)}\nlog_file = "${path}"`;
    await using daemon = await startDaemon({ config });
    const client = await redis.client();
    await waitForLedger(client, 1, daemon);
    expect(statSync(path).mode & 0o777).toBe(0o640);
    const hasFired = (): boolean => readFileSync(path, "utf8").includes("fire: fired");
    await eventually(hasFired, { what: "the line of the firing" });
    // Only what somebody should look at is also told on standard error.
    expect(daemon.log()).not.toContain("fire: fired");
    expect(daemon.log()).toContain("no worker listens");
    renameSync(path, `${path}.1`);
    daemon.child.signal("SIGHUP");
    await eventually(() => existsSync(path), { what: "the file is made anew" });
    await eventually(hasFired, { what: "it takes the next firing" });
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readFileSync(`${path}.1`, "utf8")).not.toContain("told to reload");
    expect(daemon.child.exitCode()).toBeNull();
  });
});
