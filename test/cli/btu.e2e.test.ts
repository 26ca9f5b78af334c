/** The compiled program beside a real daemon: what each command says, and how it ends. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, writeFileSync } from "node:fs";
import { btuJson, runBtu } from "../support/btu.ts";
import type { BtuOptions } from "../support/btu.ts";
import { runChild } from "../support/child.ts";
import type { Ran } from "../support/child.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { executable, withoutOwnSettings } from "../support/executables.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";

const NOBODY = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;

const SCHEDULES = `
[[schedule]]
id = "nightly-report"
cron = "30 2 * * *"
time_zone = "America/New_York"
function = "reports.nightly.run"

[[schedule]]
id = "every-minute"
cron = "* * * * *"
queue = "short"
function = "heartbeat.run"

[[schedule]]
id = "invoices"
cron = "0 25 * * *"
function = "accounting.invoices.send"

[[schedule]]
id = "leap-of-faith"
cron = "0 0 30 2 *"
function = "never.run"

[[schedule]]
id = "old"
cron = "@monthly"
enabled = false
function = "old.run"
`;
const SOUND = SCHEDULES.split("\n\n")
  .filter((entry) => !/invoices|leap/.test(entry))
  .join("\n\n");

interface Row {
  readonly id: string;
  readonly state: string;
  readonly next: string | null;
  readonly problem: string | null;
}

let redis: RedisServer;
let dir: TempDir;

beforeAll(async () => {
  redis = await startRedis();
  dir = tempDir();
  writeFileSync(dir.file("schedules.toml"), SCHEDULES);
  writeFileSync(dir.file("sound.toml"), SOUND);
});

afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  dir[Symbol.dispose]();
});

function configText(schedules = "schedules.toml", url = redis.url): string {
  const own = crypto.randomUUID();
  return `rq_url = "${url}"\nschedules_file = "${dir.file(schedules)}"\nredis_key_prefix = "${own}:"\nsource_id = "${own}"\n`;
}

async function ready(config = configText()): Promise<Daemon> {
  const daemon = await startDaemon({ config });
  await daemon.waitForLog(/agenda reconciled/, { from: 0 });
  return daemon;
}

/** A configuration without a daemon. */
function idle(config = configText()): BtuOptions {
  const configPath = dir.file(`${crypto.randomUUID()}.toml`);
  writeFileSync(configPath, `socket_path = "${dir.file("nobody.sock")}"\n${config}`);
  return { configPath };
}

async function states(options: BtuOptions): Promise<Record<string, string>> {
  const { value } = await btuJson(["list"], options);
  return Object.fromEntries((value as Row[]).map(({ id, state }) => [id, state]));
}

const STATES = {
  "every-minute": "active",
  "nightly-report": "active",
  invoices: "invalid",
  "leap-of-faith": "never",
  old: "disabled",
};

describe("beside a healthy daemon", () => {
  test("btu status ends with 0, though a schedule is invalid", async () => {
    await using daemon = await ready();
    const { code, stdout, stderr } = await runBtu(["status"], daemon);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toStartWith("ok: BTU Scheduler is healthy\n");
    expect(stdout).toContain("warning: invoices is invalid: hour '25' is outside 0-23");
    expect(await runBtu(["status", "--quiet"], daemon)).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
    });
  });

  test("btu list shows every schedule with its next run, or why it has none", async () => {
    await using daemon = await ready();
    const { code, stdout, stderr } = await runBtu(["list"], daemon);
    expect([code, stderr]).toEqual([0, ""]);
    const [, first] = stdout.split("\n");
    expect(first).toMatch(/^\w{3} \d{4}-\d\d-\d\d \d\d:\d\d:00 UTC .* every-minute .* active$/);
    expect(stdout).toMatch(/ invoices .* invalid: hour '25' is outside 0-23$/m);
    expect(await states(daemon)).toEqual(STATES);
  });

  test("btu ping tells the round trip", async () => {
    await using daemon = await ready();
    const { code, stdout } = await runBtu(["ping"], daemon);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^pong from \S+\.sock in \d+(\.\d+)? ms\n$/);
    const { value } = await btuJson(["ping"], daemon);
    expect(value).toEqual({ socket: daemon.socketPath, round_trip_ms: expect.any(Number) });
  });

  test("what needs only the socket does without a configuration that may not be read", async () => {
    await using daemon = await ready();
    const env = {
      BTU_SCHEDULER_CONFIG: "/nonexistent",
      BTU_SCHEDULER_SOCKET_PATH: daemon.socketPath,
    };
    expect((await runBtu(["ping"], { env })).code).toBe(2);
    expect(
      (await runBtu(["ping"], { env: { ...env, BTU_SCHEDULER_CONFIG: undefined } })).code,
    ).toBe(0);
  });

  test.skipIf(!isRoot)(
    "who may not read the configuration may still ask, if the socket lets him",
    async () => {
      await using daemon = await ready(`socket_mode = "0666"\n${configText()}`);
      chmodSync(daemon.dir.path, 0o755);
      const env = {
        BTU_SCHEDULER_CONFIG: daemon.configPath,
        BTU_SCHEDULER_SOCKET_PATH: daemon.socketPath,
      };
      const { code, stdout, stderr } = await asNobody(["ping"], env);
      expect([code, stdout]).toEqual([0, expect.stringContaining("pong from ")]);
      expect(stderr).toContain(`note: cannot read "${daemon.configPath}": asking the daemon on`);
      chmodSync(daemon.socketPath, 0o600);
      const refused = await asNobody(["ping"], env);
      expect([refused.code, refused.stdout]).toEqual([1, ""]);
      expect(refused.stderr).toContain("you need to be in the group of the socket");
    },
  );
});

function asNobody(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran> {
  return runChild({
    command: [executable("btu"), ...args],
    cwd: "/",
    env: withoutOwnSettings(env),
    user: NOBODY,
  });
}

describe("beside a daemon that is degraded", () => {
  test("btu status ends with 1 while Redis is down, and with 0 when it is back", async () => {
    await using own = await startRedis();
    await using daemon = await ready(configText("sound.toml", own.url));
    await own.process.kill();
    const isDown = async (): Promise<boolean> => (await runBtu(["status"], daemon)).code === 1;
    await eventually(isDown, { what: "btu status ends with 1" });
    const { stdout } = await runBtu(["status"], daemon);
    expect(stdout).toStartWith("problem: BTU Scheduler is degraded\n");
    expect(stdout).toMatch(/^problem: Redis \S+ db 0 is not available: .*$/m);
    const { value } = await btuJson(["status"], daemon);
    expect(value).toMatchObject({ health: "degraded" });
    expect((await runBtu(["list"], daemon)).code).toBe(0);
    await own.process.restart();
    const isBack = async (): Promise<boolean> => (await runBtu(["status"], daemon)).code === 0;
    await eventually(isBack, { what: "btu status ends with 0" });
  });
});

describe("without a daemon", () => {
  test.each([["status"], ["ping"]])("btu %s ends with 3", async (name) => {
    const { code, stdout, stderr } = await runBtu([name], idle());
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toBe(
      `btu: no daemon runs: "${dir.file("nobody.sock")}" does not exist\nLook at: systemctl status btu_scheduler\n`,
    );
  });

  test("a socket that a crashed daemon left behind is no daemon", async () => {
    await using daemon = await ready();
    await daemon.kill();
    const { code, stderr } = await runBtu(["status"], daemon);
    expect(code).toBe(3);
    expect(stderr).toStartWith(`btu: no daemon listens on "${daemon.socketPath}"\n`);
  });

  test("btu list reads for itself, says so, and shows the same", async () => {
    await using daemon = await ready();
    const before = (await btuJson(["list"], daemon)).value as Row[];
    await daemon.stop();
    const { code, stdout, stderr } = await runBtu(["list", "--json"], daemon);
    expect([code, JSON.parse(stdout)]).toEqual([0, before]);
    expect(stderr).toBe(
      `note: no daemon runs: "${daemon.socketPath}" does not exist; reading the schedules without it\n`,
    );
    const quiet = await runBtu(["list", "--json", "--quiet"], daemon);
    expect([quiet.code, quiet.stderr]).toEqual([0, ""]);
  });

  test("btu list computes what Redis cannot tell", async () => {
    const { code, stdout, stderr } = await runBtu(
      ["list", "--json"],
      idle(configText("schedules.toml", "redis://127.0.0.1:1/0")),
    );
    const rows = JSON.parse(stdout) as Row[];
    expect([code, rows.filter(({ next }) => next !== null).length]).toEqual([0, 2]);
    expect(stderr).toMatch(
      /^note: next runs are computed from the cron texts: Redis \S+ db 0 cannot be read: .*ECONNREFUSED/m,
    );
  });

  test("btu list shows what is planned and paused, as Redis has it", async () => {
    await using daemon = await ready();
    await daemon.stop();
    const prefix =
      /redis_key_prefix = "(.*)"/.exec(await Bun.file(daemon.configPath).text())?.[1] ?? "";
    const client = await redis.client();
    await client.hset(`${prefix}paused`, "nightly-report", "{}");
    expect(await states(daemon)).toEqual({ ...STATES, "nightly-report": "paused" });
  });

  test("a source that cannot be read is told, and ends btu list with 1", async () => {
    const { code, stdout, stderr } = await runBtu(
      ["list", "--json"],
      idle(configText("absent.toml")),
    );
    expect([code, stdout]).toEqual([1, "[]\n"]);
    expect(stderr).toMatch(
      /^btu: schedules file \S+absent\.toml: read "\S+": there is no such file$/m,
    );
  });
});

describe("btu lint", () => {
  test("tells problems first and ends with 1", async () => {
    const { code, stdout, stderr } = await runBtu(["lint"], idle());
    expect([code, stderr]).toEqual([1, ""]);
    expect(stdout).toStartWith("problem: invoices  0 25 * * *  UTC  accounting.invoices.send\n");
    expect(stdout).toContain("At 02:30, every day.");
    expect(stdout).toMatch(
      /Clock change \d{4}-03-\d\d: 02:30 is skipped by the clock; runs at 03:00 instead/,
    );
    expect(stdout).toEndWith("5 schedules: 2 problems, 0 warnings\n");
  });

  test("ends with 0 when there is none", async () => {
    expect((await runBtu(["lint"], idle(configText("sound.toml")))).code).toBe(0);
  });

  test("looks at one schedule, and ends with 4 when there is no such", async () => {
    const { code, value } = await btuJson(["lint", "nightly-report"], idle());
    expect([code, (value as Row[]).map(({ id }) => id)]).toEqual([0, ["nightly-report"]]);
    const missing = await runBtu(["lint", "nightly-reprot"], idle());
    expect([missing.code, missing.stdout]).toEqual([4, ""]);
    expect(missing.stderr).toBe(
      'btu: no schedule is called "nightly-reprot" (did you mean "nightly-report"?)\n',
    );
  });
});

/** The best of some runs, no more than it takes to be within the limit: the machine has other work to do. */
async function bestMs(
  args: readonly string[],
  options: BtuOptions,
  limitMs: number,
): Promise<number> {
  let best = Infinity;
  for (let run = 0; run < RUNS_MAX && best >= limitMs; run += 1) {
    const startMs = performance.now();
    const { code } = await runBtu(args, options);
    best = Math.min(best, performance.now() - startMs);
    expect(code).toBe(0);
  }
  return best;
}

const RUNS_MAX = 40;
const LIST_MAX_MS = 400;
const OTHERS_MAX_MS = 60;

describe("with 10,000 schedules", () => {
  test("btu list takes at most 400 ms, and the other commands 60 ms", async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => ({
      id: `TS-${index}`,
      cron: `${index % 60} ${index % 24} ${1 + (index % 28)} * *`,
      time_zone: ["UTC", "Asia/Kolkata", "America/New_York"][index % 3],
      function: "reports.run",
    }));
    writeFileSync(dir.file("10000.json"), JSON.stringify({ schedule: many }));
    await using daemon = await ready(configText("10000.json"));
    for (const args of [["list"], ["list", "--json"]]) {
      expect(await bestMs(args, daemon, LIST_MAX_MS)).toBeLessThan(LIST_MAX_MS);
    }
    const others = ["status", "ping", "next", "why TS-77", "show TS-77", "history"];
    for (const words of others) {
      const best = await bestMs(words.split(" "), daemon, OTHERS_MAX_MS);
      expect([words, best < OTHERS_MAX_MS]).toEqual([words, true]);
    }
  });
});

describe("manners", () => {
  test.each([["stauts"], ["status --jsno"], ["list --config"], ["cron"], ["nosuch --json"]])(
    "btu %s is refused with 2, on standard error alone",
    async (line) => {
      const { code, stdout, stderr } = await runBtu(line.split(" "));
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^btu: .*\nTry: btu .*--help\n$/);
    },
  );

  test("a configuration that is wrong ends with 2 and tells all its faults", async () => {
    const { code, stderr } = await runBtu(["status"], idle('rq_prt = 1\nlog_level = "loud"\n'));
    expect([code, stderr.split("\n").length]).toEqual([2, 5]);
  });

  test("a reader that goes away ends it quietly with 0", async () => {
    writeFileSync(
      dir.file("many.json"),
      JSON.stringify({
        schedule: Array.from({ length: 5_000 }, (_, index) => ({
          id: `s${index}`,
          cron: "@daily",
          function: "a.b",
        })),
      }),
    );
    const { configPath = "" } = idle(configText("many.json"));
    const script = `{ "$@"; echo "code $?" >&2; } | head -n 2`;
    const command = [
      "bash",
      "-c",
      script,
      "bash",
      executable("btu"),
      "--config",
      configPath,
      "list",
      "-q",
    ];
    const { code, stdout, stderr } = await runChild({ command, env: withoutOwnSettings() });
    expect([code, stdout.split("\n").length, stderr]).toEqual([0, 3, "code 0\n"]);
  });

  test("nothing of a long result is lost in a slow pipe", async () => {
    const { configPath = "" } = idle(configText("many.json"));
    const script = `"$@" | { sleep 0.3; cat; }`;
    const command = [
      "bash",
      "-c",
      script,
      "bash",
      executable("btu"),
      "--config",
      configPath,
      "list",
      "-q",
      "--json",
    ];
    const { stdout } = await runChild({ command, env: withoutOwnSettings() });
    expect(JSON.parse(stdout)).toHaveLength(5_000);
  });

  test("a full disk is a failure that is told", async () => {
    const command = ["bash", "-c", `"$1" --help > /dev/full`, "bash", executable("btu")];
    const { code, stderr } = await runChild({ command, env: withoutOwnSettings() });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^btu: write the result to standard output: ENOSPC/),
    ]);
  });
});
