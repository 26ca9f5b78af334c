/** The commands that see, beside a daemon, without one, and without what they need: what they say, and how they end. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { makeKeys } from "../../src/redis/keys.ts";
import { btuJson, runBtu } from "../support/btu.ts";
import type { BtuOptions } from "../support/btu.ts";
import { runChild } from "../support/child.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { executable, withoutOwnSettings } from "../support/executables.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";

const isRoot = process.getuid?.() === 0;
const NOBODY = { uid: 65_534, gid: 65_534 };
const PREFIX = "see:";
const KEYS = makeKeys(PREFIX);

const SCHEDULES = `
[[schedule]]
id = "nightly-report"
cron = "30 2 * * *"
time_zone = "America/New_York"
function = "reports.nightly.run"

[[schedule]]
id = "yearly"
cron = "@yearly"
queue = "long"
function = "reports.yearly.run"

[[schedule]]
id = "old"
cron = "@monthly"
enabled = false
function = "old.run"
`;

let redis: RedisServer;
let client: Redis;
let dir: TempDir;

beforeAll(async () => {
  redis = await startRedis();
  client = await redis.client();
  dir = tempDir();
  writeFileSync(dir.file("schedules.toml"), SCHEDULES);
});

afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  dir[Symbol.dispose]();
});

beforeEach(async () => {
  await client.flushall();
});

function configText(url = redis.url): string {
  const file = dir.file("schedules.toml");
  return `rq_url = "${url}"\nschedules_file = "${file}"\nredis_key_prefix = "${PREFIX}"\n`;
}

async function ready(more = ""): Promise<Daemon> {
  const daemon = await startDaemon({ config: `${more}${configText()}` });
  await daemon.waitForLog(/agenda reconciled/, { from: 0 });
  return daemon;
}

/** A configuration that no daemon uses. */
function idle(config = configText()): BtuOptions {
  const configPath = dir.file(`${crypto.randomUUID()}.toml`);
  writeFileSync(configPath, `socket_path = "${dir.file("nobody.sock")}"\n${config}`);
  return { configPath };
}

/** Entries of yesterday and of ten days ago. */
async function enterOutcomes(): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  for (const [days, outcome] of [
    [10, "failed"],
    [1, "late"],
    [1, "failed"],
    [0.5, "fired"],
  ] as const) {
    const due = now - days * 86_400;
    const fields = { schedule: "nightly-report", due, fired_ms: due * 1000, outcome, queue: "q" };
    await client.xadd(KEYS.ledger, `${due * 1000}-*`, ...Object.entries(fields).flat());
  }
}

async function outcomes(args: readonly string[], options: BtuOptions): Promise<unknown> {
  const { value } = await btuJson(["history", ...args], options);
  return (value as ReadonlyArray<{ outcome: string }>).map(({ outcome }) => outcome);
}

const UNKNOWN = [
  ["show", "nightly-reprt", '(did you mean "nightly-report"?)'],
  ["why", "report", '(did you mean "nightly-report"?)'],
  ["history", "yearl", '(did you mean "yearly"?)'],
  ["audit", "zzz", 'no schedule is called "zzz"'],
] as const;

describe("beside a daemon", () => {
  test.each(UNKNOWN)("btu %s %s ends with 4 and names what was meant", async (name, id, text) => {
    await using daemon = await ready();
    const { code, stdout, stderr } = await runBtu([name, id], daemon);
    expect([code, stdout]).toEqual([4, ""]);
    expect(stderr).toContain(text);
  });

  test("btu history tells what the flags ask for", async () => {
    await using daemon = await ready();
    await enterOutcomes();
    expect(await outcomes([], daemon)).toEqual(["fired", "failed", "late", "failed"]);
    expect(await outcomes(["-n", "1"], daemon)).toEqual(["fired"]);
    expect(await outcomes(["--since", "2d"], daemon)).toEqual(["fired", "failed", "late"]);
    expect(await outcomes(["--outcome", "failed,late", "--since=2d"], daemon)).toEqual([
      "failed",
      "late",
    ]);
    expect(await outcomes(["nightly-report", "-n2"], daemon)).toEqual(["fired", "failed"]);
    expect(await outcomes(["yearly"], daemon)).toEqual([]);
  });

  test("btu list tells when each ran last", async () => {
    const due = Math.floor(Date.now() / 1000) - 86_400;
    await client.hset(KEYS.settled, "yearly", `${due} ${due}`);
    await using daemon = await ready();
    const { value } = await btuJson(["list", "--match", "YEAR*"], daemon);
    const last = new Date(due * 1000).toISOString().replace(".000Z", "Z");
    expect(value).toMatchObject([{ id: "yearly", last, next: expect.any(String) }]);
  });

  test.each([
    [["--state", "disabled"], ["old"]],
    [["--state", "active", "--queue", "l*,nobody"], ["yearly"]],
    [
      ["--match", "reports.*", "--sort", "schedule", "-r"],
      ["yearly", "nightly-report"],
    ],
    [["--match", "nothing"], []],
  ])("btu list %p shows %p", async (flags, ids) => {
    await using daemon = await ready();
    const { value } = await btuJson(["list", ...flags], daemon);
    expect((value as ReadonlyArray<{ id: string }>).map(({ id }) => id)).toEqual(ids);
  });

  test.each([
    [["list", "--state", "actve"], '--state "actve": expected some of '],
    [["list", "--utc", "--local"], "either --utc or --local"],
    [["history", "--outcome", "fird"], '(did you mean "fired"?)'],
    [["history", "--since", "yesterday"], '--since "yesterday": expected a length'],
    [["next", "-n", "0"], '--count "0": expected a whole number 1-10000'],
    [["why"], "SCHEDULE is missing"],
  ])("btu %p ends with 2", async (args, text) => {
    const { code, stdout, stderr } = await runBtu(args, idle());
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(
      new RegExp(text.replaceAll(/[()?"-]/g, "\\$&").replace("SCHEDULE", "\\w+")),
    );
  });

  test("times are on the clock that is chosen", async () => {
    await using daemon = await ready();
    const env = { TZ: "Asia/Kolkata" };
    const list = async (flag: string[]): Promise<string> =>
      (await runBtu(["list", "--match", "nightly*", ...flag], { ...daemon, env })).stdout;
    expect(await list([])).toMatch(/ 0[23]:[03]0:00 -0[45]:00 /);
    expect(await list(["--utc"])).toMatch(/ 0[67]:30:00 UTC /);
    expect(await list(["--local"])).toMatch(/ 1[23]:00:00 \+05:30 /);
  });

  test.skipIf(!isRoot)("who may not read the configuration may still ask the daemon", async () => {
    await using daemon = await ready(`socket_mode = "0666"\n`);
    chmodSync(daemon.dir.path, 0o755);
    const env = withoutOwnSettings({
      BTU_SCHEDULER_CONFIG: daemon.configPath,
      BTU_SCHEDULER_SOCKET_PATH: daemon.socketPath,
    });
    const calls = [["list"], ["next"], ["show", "yearly"], ["why", "yearly"], ["history"]];
    for (const args of calls) {
      const command = [executable("btu"), ...args];
      const { code, stderr } = await runChild({ command, cwd: "/", env, user: NOBODY });
      expect([args, code]).toEqual([args, 0]);
      expect(stderr).toContain(`note: cannot read "${daemon.configPath}": asking the daemon on`);
    }
  });
});

describe("without a daemon", () => {
  test.each(UNKNOWN)("btu %s %s ends with 4 and names what was meant", async (name, id, text) => {
    const { code, stderr } = await runBtu([name, id], idle());
    expect(code).toBe(4);
    expect(stderr).toContain(text);
  });

  test.each([
    [["next", "-n", "500"], "yearly"],
    [["show", "yearly"], "yearly is active"],
    [["why", "old"], "It does not run: it is disabled at its source."],
    [["why", "yearly"], "but does not run as things are: no daemon runs."],
    [["history"], "fired"],
  ])("btu %p reads for itself and says so", async (args, text) => {
    await enterOutcomes();
    const { code, stdout, stderr } = await runBtu(args, idle());
    expect(stderr).toMatch(/^note: no daemon runs: .*; reading without it$/m);
    expect(stdout).toContain(text);
    expect(code).toBe(0);
  });

  test("btu history says only once that it reads for itself", async () => {
    const { code, stderr } = await runBtu(["history", "nobodys"], idle());
    expect(code).toBe(4);
    expect(stderr.split("\n").filter((line) => line.startsWith("note: no daemon"))).toHaveLength(1);
  });

  test("btu why tells of a daemon elsewhere that does the work", async () => {
    await client.set(KEYS.leader, "erp2:4711:0a1b");
    const { stdout } = await runBtu(["why", "yearly"], idle());
    expect(stdout).toContain(" The daemon erp2:4711:0a1b does the work.\n");
  });

  test("btu audit is clean where nothing was to be done", async () => {
    const { code, stdout } = await runBtu(["audit"], idle());
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^ok: 0 expected, 0 placed, 0 skipped with reason, 0 missing, 0 doubled\n/,
      ),
    ]);
    expect((await runBtu(["audit", "--quiet"], idle())).stdout).toBe("");
  });

  test("btu audit ends with 1 and names what is missing", async () => {
    const since = Math.floor(Date.now() / 1000) - 3_600;
    const rule = { since, cron: "@hourly", zone: "UTC", gap: "run_after", overlap: "first" };
    await client.hset(KEYS.definitions, "yearly", JSON.stringify(rule));
    const { code, stdout } = await runBtu(["audit", "yearly"], idle());
    expect(stdout).toMatch(/^problem: 1 expected, 0 placed, .* 1 missing, 0 doubled\n/);
    expect(stdout).toMatch(/\n\nMISSING +SCHEDULE\n\w{3} \S+ \d\d:00:00 UTC +yearly\n$/);
    expect(code).toBe(1);
  });
});

function gone(): BtuOptions {
  return idle(configText("redis://127.0.0.1:1/0"));
}

describe("without Redis", () => {
  test.each([[["history"]], [["audit"]]])("btu %p ends with 1", async (args) => {
    const { code, stdout, stderr } = await runBtu(args, gone());
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/^btu: Redis 127\.0\.0\.1:1 db 0 cannot be read: .*ECONNREFUSED/m);
  });

  test.each([[["next", "-n", "500"]], [["show", "yearly"]], [["why", "yearly"]]])(
    "btu %p computes what it can",
    async (args) => {
      const { code, stdout, stderr } = await runBtu(args, gone());
      expect(stderr).toMatch(/^note: next runs are computed from the cron texts: Redis /m);
      expect(stdout).toMatch(/-01-01 00:00:00/);
      expect(code).toBe(0);
    },
  );
});
