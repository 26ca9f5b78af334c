/** A daemon that was down, or whose clock was set: what was due meanwhile, by policy. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { agendaOf, ledgerOf, queuedOn, waitForLedger } from "../support/rq-keys.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";

/** 2027-02-01, at this hour, minute and second in UTC; epoch seconds. */
function at(hour: number, minute = 0, second = 0): number {
  return Date.UTC(2027, 1, 1, hour, minute, second) / 1000;
}

/** What a busy machine may take for the rest of a look. */
const SLACK_MS = 1_500;

let redis: RedisServer;
let client: Redis;
let dir: TempDir;
beforeAll(async () => {
  redis = await startRedis();
  client = await redis.client();
});
beforeEach(async () => {
  await client.flushall();
  dir = tempDir();
});
afterEach(() => dir[Symbol.dispose]());
afterAll(() => redis[Symbol.asyncDispose]());

/** A daemon with one schedule, at a wall time in epoch seconds. */
function daemonAt(wallSeconds: number, cron: string, more = ""): Promise<Daemon> {
  const entry = `[[schedule]]\nid = "job"\ncron = "${cron}"\nfunction = "reports.run"\n${more}\n`;
  writeFileSync(dir.file("s.toml"), entry);
  const config = `rq_port = ${redis.port}\nschedules_file = "${dir.file("s.toml")}"`;
  return startDaemon({ config, dir, wallMs: wallSeconds * 1000 });
}

/** Lets a daemon plan, stops it, and starts it again later. */
async function downUntil(
  [fromSeconds, untilSeconds]: readonly [number, number],
  cron: string,
  more: string,
): Promise<Daemon> {
  const first = await daemonAt(fromSeconds, cron, more);
  await first.waitForLog(/agenda reconciled.* planned=1/, { from: 0 });
  expect(await first.stop()).toBe(0);
  await first[Symbol.asyncDispose]();
  return daemonAt(untilSeconds, cron, more);
}

/** The ledger without what differs from run to run. */
async function entries(): Promise<unknown[]> {
  const ledger = await ledgerOf(client);
  return ledger.map(({ due, outcome, until, count, job }) => ({
    due: Number(due),
    outcome,
    ...(until === undefined ? {} : { until: Number(until), count: Number(count) }),
    placed: job !== undefined,
  }));
}

/** Each job in the ledger lies on the queue, in the same order, and nothing else does. */
async function mustBeQueued(): Promise<void> {
  const jobs = (await ledgerOf(client)).flatMap(({ job }) => (job === undefined ? [] : [job]));
  expect(await queuedOn(client, "default")).toEqual(jobs);
}

const TEN_MINUTELY = "*/10 * * * *";
/** Down from 12:00:30 to 13:05: 12:10 to 13:00 were missed, and 13:10 comes. */
const HOUR_DOWN = [at(12, 0, 30), at(13, 5)] as const;

function late(due: number) {
  return { due, outcome: "late", placed: true };
}
function skipped(due: number, until: number, count: number) {
  return { due, until, count, outcome: "skipped_misfire", placed: false };
}

const POLICIES = [
  {
    policy: ['misfire = "run_once"'],
    wanted: [skipped(at(12, 10), at(12, 50), 5), late(at(13))],
  },
  { policy: ['misfire = "skip"'], wanted: [skipped(at(12, 10), at(13), 6)] },
  {
    policy: ['misfire = "run_all"'],
    wanted: [at(12, 10), at(12, 20), at(12, 30), at(12, 40), at(12, 50), at(13)].map(late),
  },
  {
    policy: ['misfire = "run_all"', "max_catchup = 2"],
    wanted: [skipped(at(12, 10), at(12, 40), 4), late(at(12, 50)), late(at(13))],
  },
  {
    policy: ['misfire = "run_all"', "misfire_grace_secs = 1000"],
    wanted: [skipped(at(12, 10), at(12, 40), 4), late(at(12, 50)), late(at(13))],
  },
  {
    policy: ['misfire = "run_once"', "misfire_grace_secs = 200"],
    wanted: [skipped(at(12, 10), at(13), 6)],
  },
];

describe("after an hour without a daemon", () => {
  test.each(POLICIES)("what was missed goes by the policy $policy", async (given) => {
    const { policy, wanted } = given;
    await using daemon = await downUntil(HOUR_DOWN, TEN_MINUTELY, policy.join("\n"));
    await waitForLedger(client, wanted.length, daemon);
    await realDelay(200);
    expect(await entries()).toEqual(wanted);
    await mustBeQueued();
    expect(await agendaOf(client)).toEqual([`job|${at(13, 10)}`]);
  });

  test("the next one is on time", async () => {
    await using daemon = await downUntil(
      [at(12, 0, 30), at(13, 9)],
      TEN_MINUTELY,
      'misfire = "skip"',
    );
    await waitForLedger(client, 1, daemon);
    daemon.setWall((at(13, 10) - 3) * 1000);
    await waitForLedger(client, 2, daemon);
    expect(await entries()).toEqual([
      skipped(at(12, 10), at(13), 6),
      { due: at(13, 10), outcome: "fired", placed: true },
    ]);
  });
});

describe("up to a minute late", () => {
  test.each(["skip", "run_once", "run_all"])(
    "every occurrence is placed, in order, with misfire = %p",
    async (policy) => {
      const down = [at(12, 0, 1), at(12, 0, 48)] as const;
      const cron = "*/20 * * * * * *";
      await using daemon = await downUntil(down, cron, `misfire = "${policy}"`);
      await waitForLedger(client, 2, daemon);
      expect(await entries()).toEqual([late(at(12, 0, 20)), late(at(12, 0, 40))]);
      await mustBeQueued();
    },
  );
});

describe("a clock that is set while the daemon runs", () => {
  test("forward: what is due by then fires within a second", async () => {
    await using daemon = await daemonAt(at(12, 0, 30), TEN_MINUTELY);
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
    const startMs = performance.now();
    daemon.setWall(at(12, 10, 5) * 1000);
    await waitForLedger(client, 1, daemon);
    expect(performance.now() - startMs).toBeLessThan(1_000 + SLACK_MS);
    expect(await entries()).toEqual([late(at(12, 10))]);
    await daemon.waitForLog(/the clock went forward/, { from: 0 });
  });

  test("back: nothing fires twice", async () => {
    const cron = "*/2 * * * * * *";
    await using daemon = await daemonAt(at(12, 0, 1), cron);
    const before = await waitForLedger(client, 1, daemon);
    const first = Number(before[0]!["due"]);
    daemon.setWall((first - 4) * 1000);
    await daemon.waitForLog(/the clock went back/, { from: 0 });
    await waitForLedger(client, before.length + 2, daemon);
    const dues = (await ledgerOf(client)).map(({ due }) => Number(due));
    expect(dues).toEqual(dues.map((_, index) => first + 2 * index));
  });
});

describe("a schedule whose previous job still waits", () => {
  test("is skipped when overlap is skip, and runs again when the job is gone", async () => {
    const cron = "* * * * * * *";
    await using daemon = await daemonAt(at(12), cron, 'overlap = "skip"');
    const [first, second] = await waitForLedger(client, 2, daemon);
    expect([first!["outcome"], second!["outcome"]]).toEqual(["fired", "skipped_overlap"]);
    expect(second!["reason"]).toContain(String(first!["job"]));
    await client.del("rq:queue:default", `rq:job:${first!["job"]}`);
    const look = async (): Promise<boolean> =>
      (await ledgerOf(client)).filter(({ outcome }) => outcome === "fired").length === 2;
    await eventually(look, { what: "it fires again" });
  });
});

describe("a schedule that is edited or disabled while the daemon is down", () => {
  test("is not run at the old time: its due occurrence is entered as dropped", async () => {
    const first = await daemonAt(at(12, 0, 30), TEN_MINUTELY);
    await first.waitForLog(/agenda reconciled.* planned=1/, { from: 0 });
    await first.stop();
    await first[Symbol.asyncDispose]();
    await using daemon = await daemonAt(at(12, 10, 30), "30 14 * * *");
    await waitForLedger(client, 1, daemon);
    expect(await ledgerOf(client)).toMatchObject([
      { due: String(at(12, 10)), outcome: "dropped", reason: "edited" },
    ]);
    expect(await agendaOf(client)).toEqual([`job|${at(14, 30)}`]);
    expect(await queuedOn(client, "default")).toEqual([]);
  });
});
