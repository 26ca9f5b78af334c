/** The commands that change something, beside real daemons: what they do, what they say, how they end. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { btuJson, runBtu } from "../support/btu.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";

const NIGHTLY = `
[[schedule]]
id = "nightly"
cron = "30 2 * * *"
time_zone = "America/New_York"
function = "reports.run"
`;
const SCHEDULES = `${NIGHTLY}
[[schedule]]
id = "off"
cron = "@daily"
enabled = false
function = "reports.run"

[[schedule]]
id = "bad"
cron = "0 25 * * *"
function = "reports.run"
`;
const NEXT = String.raw`next run \w{3} \d{4}-\d\d-\d\d 0[23]:[03]0:00 -0[45]:00, in .+`;

let redis: RedisServer;
let dir: TempDir;

beforeAll(async () => {
  redis = await startRedis();
  dir = tempDir();
});
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  dir[Symbol.dispose]();
});

/** A daemon with a prefix of its own; `keys` are more lines of its configuration. */
async function start(keys = "", prefix = `${crypto.randomUUID()}:`): Promise<Daemon> {
  const file = dir.file(`${crypto.randomUUID()}.toml`);
  writeFileSync(file, SCHEDULES);
  const config = `rq_port = ${redis.port}\nschedules_file = "${file}"\nredis_key_prefix = "${prefix}"\n${keys}`;
  const daemon = await startDaemon({ config });
  await daemon.waitForLog(/agenda reconciled|stands by|agenda is in step/, { from: 0 });
  return daemon;
}

/** What a command says on both outputs, and how it ends. */
async function say(daemon: Daemon, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runBtu(args, daemon);
  return `${code} ${stdout}${stderr}`.trimEnd();
}

test("status and doctor tell that everything is paused, since when and why", async () => {
  await using daemon = await start();
  await say(daemon, "pause", "--all", "--note", "moving house");
  const told = expect.stringMatching(
    /^all schedules are paused since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ \(moving house\); to go on: btu resume --all$/,
  );
  const { value } = await btuJson(["status"], daemon);
  expect(value).toMatchObject({ health: "healthy", warnings: [told, expect.anything()] });
  const doctor = await btuJson(["doctor"], daemon);
  expect(doctor.value).toMatchObject({
    findings: expect.arrayContaining([{ level: "warning", area: "daemon", text: told }]),
  });
  await say(daemon, "resume", "--all");
  const after = await btuJson(["status"], daemon);
  expect(after.value).toMatchObject({ warnings: [expect.stringContaining("bad is invalid")] });
});

describe.each(["socket", "redis"])("over the %s", (way) => {
  test("run, pause and resume say what they did and what comes next", async () => {
    await using daemon = await start();
    const via = `--via=${way}`;
    const job = `job [0-9a-f]{32} is on queue default`;
    expect(await say(daemon, "run", "nightly", via)).toMatch(
      RegExp(`^0 nightly: ${job}; ${NEXT}$`),
    );
    expect(await say(daemon, "run", "nightly", via)).toMatch(
      /^1 btu: the last job of "nightly", [0-9a-f]{32}, still waits or runs; to run it all the same, add --force$/,
    );
    expect(await say(daemon, "pause", "nightly", via, "--note", "moving")).toMatch(
      RegExp(`^0 nightly: paused; its ${NEXT}, will be skipped; to go on: btu resume nightly$`),
    );
    expect(await say(daemon, "pause", "nightly", via)).toMatch(/^0 nightly: paused already; /);
    expect(await say(daemon, "run", "nightly", via)).toBe(
      '1 btu: "nightly" is paused; to run it all the same, add --force',
    );
    expect(await say(daemon, "run", "nightly", "--force", via)).toMatch(/^0 nightly: job /);
    expect(await say(daemon, "reload", "nightly", via)).toMatch(
      RegExp(`^0 nightly: paused; its ${NEXT}, is skipped until it is resumed$`),
    );
    expect(await say(daemon, "pause", "--all", via)).toBe(
      "0 all schedules are paused; to go on: btu resume --all",
    );
    expect(await say(daemon, "resume", "nightly", via)).toBe(
      "0 nightly: resumed, but all schedules are paused; to go on: btu resume --all",
    );
    expect(await say(daemon, "resume", "--all", via)).toBe("0 all schedules: resumed");
    expect(await say(daemon, "resume", "nightly", via)).toMatch(
      RegExp(`^0 nightly: was not paused; ${NEXT}$`),
    );
  });

  test("reload, cancel and reconcile say how the schedule stands", async () => {
    await using daemon = await start();
    const via = `--via=${way}`;
    expect(await say(daemon, "reload", "nightly", via)).toMatch(RegExp(`^0 nightly: ${NEXT}$`));
    expect(await say(daemon, "reload", "off", via)).toBe(
      "0 off: disabled at its source, so it does not run",
    );
    expect(await say(daemon, "reload", "bad", via)).toBe(
      "0 bad: invalid, so it does not run: hour '25' is outside 0-23",
    );
    expect(await say(daemon, "cancel", "nightly", via)).toMatch(
      RegExp(`^0 nightly: still enabled, ${NEXT}; to stop it: btu pause nightly$`),
    );
    expect(await say(daemon, "cancel", "gone", via)).toBe(
      "0 gone: not at its source (any more), so it does not run",
    );
    expect(await say(daemon, "reconcile", via)).toMatch(
      /^0 3 schedules read, the agenda is in step; took \d+ ms$/,
    );
  });

  test("what does not exist ends with 4, and what is invalid with 1", async () => {
    await using daemon = await start();
    const via = `--via=${way}`;
    for (const word of ["run", "pause"]) {
      expect(await say(daemon, word, "nigthly", via)).toBe(
        '4 btu: no schedule is called "nigthly" (did you mean "nightly"?)',
      );
    }
    expect(await say(daemon, "reload", "gone", via)).toBe('4 btu: no schedule is called "gone"');
    expect(await say(daemon, "run", "bad", via)).toBe(
      "1 btu: \"bad\" is invalid: hour '25' is outside 0-23",
    );
  });
});

describe("what is dropped", () => {
  test("stands in btu status at once", async () => {
    const prefix = `${crypto.randomUUID()}:`;
    await using daemon = await start("", prefix);
    const client = await redis.client();
    const due = Math.floor(Date.now() / 1000) - 60;
    await client.zadd(`${prefix}task_execution_times`, due, `gone|${due}`);
    expect(await say(daemon, "reconcile")).toStartWith("0 ");
    const { value } = await btuJson(["status"], daemon);
    expect(value).toMatchObject({
      went_wrong: [
        {
          schedule: "gone",
          due: new Date(due * 1000).toISOString().replace(".000", ""),
          outcome: "dropped",
          reason: "another daemon's entry that is no occurrence of this schedule",
        },
      ],
    });
  });
});

describe("an edit", () => {
  test("is on the agenda when btu reload has ended", async () => {
    await using daemon = await start();
    const file = /schedules_file = "(.*)"/.exec(readFileSync(daemon.configPath, "utf8"))?.[1] ?? "";
    writeFileSync(file, NIGHTLY.replace("30 2", "45 5").replace("America/New_York", "UTC"));
    expect(await say(daemon, "reload", "nightly")).toContain("05:45:00 UTC");
    expect(await say(daemon, "cancel", "off")).toBe(
      "0 off: not at its source (any more), so it does not run",
    );
  });

  test("that cannot be read is told, and ends with 1", async () => {
    await using daemon = await start();
    const file = /schedules_file = "(.*)"/.exec(readFileSync(daemon.configPath, "utf8"))?.[1] ?? "";
    writeFileSync(file, "[[schedule]\n");
    const said = await say(daemon, "reload", "nightly");
    expect(said).toStartWith("1 nightly: next run ");
    expect(said).toContain("warning: this may not be the newest state: ");
    expect(await say(daemon, "reconcile")).toMatch(/^1 btu: .* cannot be read/);
  });
});

describe("a daemon that stands by", () => {
  test("runs, pauses and resumes too", async () => {
    const prefix = `${crypto.randomUUID()}:`;
    // Both read one file, so that their source is the same.
    const file = dir.file("shared.toml");
    writeFileSync(file, SCHEDULES);
    const config = `rq_port = ${redis.port}\nschedules_file = "${file}"\nredis_key_prefix = "${prefix}"\n`;
    await using leader = await startDaemon({ config });
    await leader.waitForLog(/this daemon leads/, { from: 0 });
    await using standby = await startDaemon({ config });
    const role = async (): Promise<boolean> => {
      const { value } = await btuJson(["status"], standby);
      const { leadership, refresh } = value as {
        leadership: { role: string };
        refresh: { last_at: string | null };
      };
      return leadership.role === "standby" && refresh !== null;
    };
    await eventually(role, { what: "the second daemon stands by" });
    expect(await say(standby, "run", "nightly")).toMatch(/^0 nightly: job /);
    expect(await say(standby, "pause", "nightly")).toMatch(/^0 nightly: paused; /);
    expect(await say(leader, "run", "nightly")).toStartWith('1 btu: "nightly" is paused');
    expect(await say(standby, "resume", "nightly")).toMatch(/^0 nightly: resumed; /);
    const client = await redis.client();
    expect(await client.xlen(`${prefix}ledger`)).toBe(1);
  });
});

describe("the configuration", () => {
  test("is read again on request: what can be is taken over, the rest is named", async () => {
    await using daemon = await start();
    const text = readFileSync(daemon.configPath, "utf8");
    expect(await say(daemon, "config", "reload")).toBe(
      "0 nothing of the configuration has changed",
    );
    writeFileSync(
      daemon.configPath,
      `${text}log_level = "debug"\nname = "Night shift"\nsite = "erp.example.com"\n`,
    );
    expect(await say(daemon, "config", "reload")).toBe(
      "0 taken over: name, log_level; only after a restart: site",
    );
    await daemon.waitForLog(/DEBUG /, { from: 0 });
    const { value } = await btuJson(["status"], daemon);
    expect(value).toMatchObject({ daemon: { name: "Night shift" } });
    expect(await say(daemon, "config", "reload")).toBe("0 only after a restart: site");
  });

  test("with faults changes nothing, and says why", async () => {
    await using daemon = await start();
    const text = readFileSync(daemon.configPath, "utf8");
    writeFileSync(daemon.configPath, `${text}name = "Night shift"\nlog_level = "loud"\n`);
    const { code, stdout, stderr } = await runBtu(["config", "reload"], {
      env: { BTU_SCHEDULER_SOCKET_PATH: daemon.socketPath },
    });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/the old configuration stays: .*log_level "loud": expected error, warn/);
    daemon.child.signal("SIGHUP");
    await daemon.waitForLog(/the old configuration stays/);
    expect(await daemon.request("status", null)).toContain('"name":"BTU Scheduler"');
  });

  test("is read again on SIGHUP, and so are the schedules", async () => {
    await using daemon = await start();
    const text = readFileSync(daemon.configPath, "utf8");
    writeFileSync(daemon.configPath, `${text}misfire = "skip"\n`);
    daemon.child.signal("SIGHUP");
    await daemon.waitForLog(/configuration taken over keys=misfire/, { from: 0 });
    await daemon.waitForLog(/agenda reconciled .*planned=1 /, { from: 0 });
  });
});

describe("without a daemon", () => {
  test.each([
    [["run", "nightly"], /^3 btu: no daemon runs: /],
    [
      ["reconcile", "--via", "redis"],
      /^3 btu: no daemon takes commands .* the request was withdrawn\n/,
    ],
    [["pause"], /^2 btu: name either a schedule or --all/],
    [["pause", ""], /^2 btu: SCHEDULE is empty/],
    [["run", ""], /^2 btu: SCHEDULE is empty/],
    [["run", "--task", ""], /^2 btu: "--task" needs a value that is not empty/],
    [["pause", "nightly", "--all"], /^2 btu: name either a schedule or --all/],
    [["run"], /^2 btu: name either a schedule or --task TASK/],
    [["run", "nightly", "--task", "BT-1"], /^2 btu: name either a schedule or --task TASK/],
    [["run", "nightly", "--via", "pigeon"], /^2 btu: --via "pigeon": expected socket, redis/],
  ])(
    "%j is told",
    async (args, text) => {
      const configPath = dir.file(`${crypto.randomUUID()}.toml`);
      writeFileSync(
        configPath,
        `rq_port = ${redis.port}\nschedules_file = "s"\nsocket_path = "${dir.file("nobody")}"`,
      );
      const { code, stdout, stderr } = await runBtu(args, { configPath });
      expect(`${code} ${stdout}${stderr}`.trimEnd()).toMatch(text);
    },
    15_000,
  );

  test("a Redis that is not there ends with 1", async () => {
    const configPath = dir.file("nowhere.toml");
    writeFileSync(configPath, `rq_port = 1\nschedules_file = "s"`);
    const { code, stderr } = await runBtu(["run", "x", "--via", "redis"], { configPath });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(
        /through Redis 127.0.0.1:1 db 0: .*ECONNREFUSED.*; check rq_host and rq_port, or rq_url$/m,
      ),
    ]);
  });
});

describe("a way that is switched off", () => {
  test("disable_redis_rpc leaves the app's commands where they are", async () => {
    await using daemon = await start("disable_redis_rpc = true\n");
    const client = await redis.client();
    await client.lpush("btu:scheduler:commands", '{"request_type": "ping"}');
    expect(await say(daemon, "reload", "nightly")).toMatch(/^0 /);
    expect(await client.llen("btu:scheduler:commands")).toBe(1);
    await client.del("btu:scheduler:commands");
  });

  test("disable_unix_socket makes none, and Redis still does", async () => {
    const file = dir.file("no-socket.toml");
    writeFileSync(file, SCHEDULES);
    const config = `rq_port = ${redis.port}\nschedules_file = "${file}"\nredis_key_prefix = "off:"\ndisable_unix_socket = true\n`;
    await using daemon = await startDaemon({ config, waitForPing: false });
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
    expect(existsSync(daemon.socketPath)).toBeFalse();
    expect(await say(daemon, "reload", "nightly")).toStartWith(
      "3 btu: cannot ask the daemon: disable_unix_socket is set",
    );
    expect(await say(daemon, "reload", "nightly", "--via", "redis")).toMatch(
      /^0 nightly: next run/,
    );
  });
});
