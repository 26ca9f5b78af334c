import { describe, expect, test } from "bun:test";
import {
  findEntries,
  idAfter,
  idBefore,
  newestEntries,
  parseLastOutcome,
} from "../../src/observe/ledger.ts";
import { startRedis } from "../support/redis-server.ts";

test("the newest entries come first, and those that hold no times are passed over", async () => {
  await using redis = await startRedis();
  const client = await redis.client();
  const add = (fields: Record<string, string | number>) =>
    client.xadd(
      "ledger",
      "*",
      ...Object.entries(fields).flatMap(([key, value]) => [key, String(value)]),
    );
  await add({ schedule: "a", due: 100, fired_ms: 100_001, outcome: "fired", queue: "q", job: "j" });
  await add({ schedule: "b", due: "soon", fired_ms: 1, outcome: "fired" });
  await add({ schedule: "b", due: 1, fired_ms: "1e300", outcome: "fired" });
  await add({ note: "by hand" });
  await add({
    schedule: "c",
    due: 200,
    fired_ms: 900_000,
    outcome: "skipped_misfire",
    reason: "r",
    until: 300,
    count: 3,
  });
  const entries = await newestEntries(client, "ledger", 10);
  expect(entries).toMatchObject([
    {
      schedule: "c",
      dueSeconds: 200,
      firedMs: 900_000,
      outcome: "skipped_misfire",
      queue: null,
      job: null,
      reason: "r",
      untilSeconds: 300,
      count: 3,
    },
    {
      schedule: "a",
      dueSeconds: 100,
      firedMs: 100_001,
      outcome: "fired",
      queue: "q",
      job: "j",
      reason: null,
      untilSeconds: null,
      count: 1,
    },
  ]);
});

describe("findEntries", () => {
  const all = { schedule: null, outcomes: null, sinceMs: 0, limit: 10_000 };

  /** Three schedules in turn, one entry a second; every tenth failed. */
  async function fill(count: number) {
    const redis = await startRedis();
    const client = await redis.client();
    const pipeline = client.pipeline();
    for (let n = 0; n < count; n += 1) {
      const outcome = n % 10 === 0 ? "failed" : "fired";
      const fields = ["schedule", `s${n % 3}`, "due", n, "fired_ms", n * 1000, "outcome", outcome];
      pipeline.xadd("ledger", `${(n + 1) * 1000}-0`, ...fields);
    }
    await pipeline.exec();
    return {
      find: (filter: Partial<Parameters<typeof findEntries>[2]>) =>
        findEntries(client, "ledger", { ...all, ...filter }),
      [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose](),
    };
  }

  test("gives the newest of one schedule, over more than one page", async () => {
    await using ledger = await fill(2_500);
    const found = await ledger.find({ schedule: "s1" });
    expect(found.map(({ dueSeconds }) => dueSeconds)).toEqual(
      Array.from({ length: 833 }, (_, n) => 2_497 - 3 * n),
    );
  });

  test.each([
    [{ limit: 3 }, [29, 28, 27]],
    [{ outcomes: new Set(["failed"]) }, [20, 10, 0]],
    [{ sinceMs: 29_000 }, [29, 28]],
    [{ schedule: "s0", outcomes: new Set(["failed"]), limit: 1 }, [0]],
    [{ schedule: "nobody" }, []],
  ])("%p gives those due at %p", async (filter, dues) => {
    await using ledger = await fill(30);
    const found = await ledger.find(filter);
    expect(found.map(({ dueSeconds }) => dueSeconds)).toEqual(dues);
  });

  test("looks no further than it is told", async () => {
    await using ledger = await fill(3_000);
    const found = await ledger.find({ outcomes: new Set(["failed"]), lookAtMax: 1_000 });
    expect(found).toHaveLength(100);
  });
});

test.each([
  ["5-3", "5-2", "5-4"],
  ["5-0", "4", "5-1"],
])("before and after the id %p are %p and %p", (id, before, after) => {
  expect([idBefore(id), idAfter(id)]).toEqual([before, after]);
});

test.each([[null], [""], ["[]"], ["no JSON"], ['{"due": "soon"}']])(
  "%p is no last outcome",
  (text) => {
    expect(parseLastOutcome(text)).toBeNull();
  },
);

test("a last outcome is read with all it holds", () => {
  const text = `{"schedule":"a","due":"100","fired_ms":"100001","outcome":"lost","reason":"r","until":"160","count":"2"}`;
  expect(parseLastOutcome(text)).toMatchObject({
    schedule: "a",
    dueSeconds: 100,
    firedMs: 100_001,
    outcome: "lost",
    job: null,
    untilSeconds: 160,
    count: 2,
  });
});
