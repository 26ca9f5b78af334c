/** A native job is skipped while a log of its task is In-Progress, unless an overlap policy is written down. */
import { beforeEach, describe, expect, test } from "bun:test";
import { nativeBuilder } from "../../src/job/build-native.ts";
import type { NativeOptions } from "../../src/job/build-native.ts";
import { newJobId } from "../../src/job/job-ids.ts";
import { QueueNames } from "../../src/job/queue-names.ts";
import { silentLog } from "../../src/base/log.ts";
import { Remembered } from "../../src/redis/remembered.ts";
import type { ReadRunning } from "../../src/schedule/source.ts";
import { startEngine } from "../support/engine.ts";
import { startRedis } from "../support/redis-server.ts";
import { at, makeSchedule } from "../support/schedules.ts";
import type { ScheduleParts } from "../support/schedules.ts";

const NOW = at("2026-03-02T10:00:30Z");
const DUE = at("2026-03-02T10:01:00Z");
const server = await startRedis();
const client = await server.client();
const remembered = new Remembered({ client, key: "r" });

beforeEach(async () => {
  await client.flushall();
});

const FRAPPE: NativeOptions["frappe"] = {
  site: "erp",
  user: () => Promise.resolve("u"),
  ids: { next: () => Promise.resolve(newJobId()) },
  ttls: { resultTtlSeconds: 600, failureTtlSeconds: 604_800 },
};

function taskSchedule(task: string, more: ScheduleParts = {}) {
  const { policy, ...rest } = more;
  return makeSchedule({
    id: `of-${task}`,
    work: { kind: "btu_task", taskId: task, timeoutSeconds: 600, runsById: true },
    policy: { overlap: null, ...policy },
    ...rest,
  });
}

/** An engine whose site says by its logs that BT-1 runs. */
function start(readers: readonly ReadRunning[]) {
  const queueNames = new QueueNames({ client, remembered, log: silentLog, prefix: "" });
  const builder = nativeBuilder({ queueNames, frappe: FRAPPE });
  return startEngine({ server, nowSeconds: NOW, builderFor: () => builder, readRunning: readers });
}

/** Notes what it is asked for. */
function reader(asked: string[][], running: ReadonlyMap<string, string>): ReadRunning {
  return (tasks) => {
    asked.push([...tasks]);
    return Promise.resolve(running);
  };
}

const RUNNING = new Map([["BT-1", "BTLOG-7"]]);

describe("the site's own logs", () => {
  test("have the next run of a task skipped that runs, and only that", async () => {
    const asked: string[][] = [];
    await using engine = await start([reader(asked, RUNNING)]);
    await engine.plan(taskSchedule("BT-1"), taskSchedule("BT-2"), makeSchedule());
    await engine.advance(31);
    await engine.done(3);
    const entries = await engine.ledger();
    const found = Object.fromEntries(entries.map((entry) => [entry["schedule"], entry["outcome"]]));
    expect(found).toEqual({ "of-BT-1": "skipped_overlap", "of-BT-2": "fired", s1: "fired" });
    const skipped = entries.find(({ outcome }) => outcome === "skipped_overlap");
    expect(skipped).toMatchObject({ due: String(DUE), fired_ms: String(DUE * 1000) });
    expect(skipped?.["reason"]).toBe(
      'BTU Task "BT-1" runs: its log BTLOG-7 is In-Progress; set overlap = "allow" to run it all the same',
    );
    expect(skipped?.["job"]).toBeUndefined();
    expect(asked).toEqual([["BT-1", "BT-2"]]);
    expect(await client.llen("rq:queue:default")).toBe(2);
  });

  test("are not asked where an overlap policy is written down", async () => {
    const asked: string[][] = [];
    await using engine = await start([reader(asked, RUNNING)]);
    await engine.plan(
      taskSchedule("BT-1", { policy: { overlap: "allow" } }),
      taskSchedule("BT-1", { id: "other", policy: { overlap: "skip" } }),
    );
    await engine.advance(31);
    await engine.done(2);
    expect((await engine.ledger()).map((entry) => entry["outcome"])).toEqual(["fired", "fired"]);
    expect(asked).toEqual([]);
  });

  test("that cannot be read hold nothing up, and are left alone for a while", async () => {
    let times = 0;
    const broken: ReadRunning = () => {
      times += 1;
      return Promise.reject(new Error("MariaDB is away"));
    };
    await using engine = await start([broken]);
    await engine.plan(taskSchedule("BT-1", { cron: "* * * * * * *" }));
    await engine.advance(4);
    expect(times).toBe(1);
    const outcomes = (await engine.ledger()).map((entry) => entry["outcome"]);
    expect(outcomes).toEqual(outcomes.map(() => "fired"));
    expect(outcomes.length).toBeGreaterThanOrEqual(4);
  });

  test("that never answer make a job a second late, not more", async () => {
    await using engine = await start([() => Promise.withResolvers<never>().promise]);
    await engine.plan(taskSchedule("BT-1"), makeSchedule());
    await engine.advance(32);
    await engine.done(2);
    const [other, entry] = await engine.ledger();
    // What needs no look does not wait for it.
    expect(other).toMatchObject({ schedule: "s1", fired_ms: String(DUE * 1000) });
    expect(entry).toMatchObject({ outcome: "fired", due: String(DUE) });
    expect(Number(entry?.["fired_ms"])).toBeLessThanOrEqual((DUE + 1) * 1000);
  });
});
