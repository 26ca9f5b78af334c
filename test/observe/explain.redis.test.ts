import { beforeEach, describe, expect, test } from "bun:test";
import { systemClock } from "../../src/base/clock.ts";
import { Book } from "../../src/engine/book.ts";
import { explainSchedule } from "../../src/observe/explain.ts";
import type { ScheduleDocument } from "../../src/observe/explain.ts";
import { rqKeys } from "../../src/redis/keys.ts";
import { KEYS, startEngine } from "../support/engine.ts";
import type { Engine } from "../support/engine.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startRedis } from "../support/redis-server.ts";
import { at, makeSchedule, scheduleMap } from "../support/schedules.ts";

const NOW = at("2026-03-02T10:00:30Z");
const server = await startRedis();
const client = await server.client();
const quiet = { trouble: null, obstacles: [], notes: [] };

beforeEach(async () => {
  await client.flushall();
});

function explain({ book, clock }: Pick<Engine, "book" | "clock">) {
  return explainSchedule("s1", {
    client,
    keys: KEYS,
    book,
    clock,
    fullQueue: (queue) => Promise.resolve(`bench:${queue}`),
    circumstances: () => quiet,
  });
}

describe("explainSchedule", () => {
  test("tells what a schedule is, what became of it and when it runs", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule({ cron: "*/5 * * * *" }));
    await engine.advance(11 * 60);
    const found = await explain(engine);
    expect(found).toMatchObject({
      id: "s1",
      state: "active",
      enabled: true,
      meaning: "Every 5 minutes, every day.",
      work: { kind: "call", runs: "builtins.print", arguments: 1, timeout_s: 180 },
      next: "2026-03-02T10:15:00Z",
      last: "2026-03-02T10:10:00Z",
      problem: null,
      paused: null,
      changed: { at: "2026-03-02T10:00:30.000Z", change: "planned" },
      last_job: { queue: "default", status: "queued" },
      queue_state: { name: "bench:default", workers: 0, waiting: 0 },
    } satisfies Partial<Record<keyof ScheduleDocument, unknown>>);
    expect(found?.runs.map(({ utc }) => utc.slice(11, 16))).toEqual([
      "10:15",
      "10:20",
      "10:25",
      "10:30",
      "10:35",
    ]);
    expect(found?.outcomes.map(({ due, outcome }) => [due.slice(11, 16), outcome])).toEqual([
      ["10:10", "fired"],
      ["10:05", "fired"],
    ]);
    expect(found?.why.last).toContain("It ran as planned");
  });

  test("tells since when its definition holds where its change lies behind those of many", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule({ cron: "*/5 * * * *" }));
    const changes = client.pipeline();
    const fields = ["at_ms", NOW * 1000, "change"];
    changes.xadd(KEYS.changes, "*", "schedule", "s1", ...fields, "paused");
    for (let i = 0; i < 1_000; i += 1) {
      changes.xadd(KEYS.changes, "*", "schedule", `other-${i}`, ...fields, "edited");
    }
    await changes.exec();
    const found = await explain(engine);
    expect(found?.changed).toEqual({ at: "2026-03-02T10:00:30.000Z", change: "since" });
  });

  test("knows the last outcome when the ledger has lost it", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    await engine.advance(60);
    await client.del(KEYS.ledger);
    expect((await explain(engine))?.outcomes).toMatchObject([{ due: "2026-03-02T10:01:00Z" }]);
  });

  test("tells of a pause with its note", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    await engine.advance(1);
    const pause = JSON.stringify({ since_ms: NOW * 1000, note: "stock-taking" });
    engine.book.setPauses(new Map([["s1", pause]]));
    expect(await explain(engine)).toMatchObject({
      state: "paused",
      next: null,
      paused: { since: "2026-03-02T10:00:30.000Z", note: "stock-taking", all: false },
    });
  });

  test.each([
    ["a queue that is no list", rqKeys.queue("bench:default")],
    ["no queue at all", "something:else"],
  ])("explains beside %s", async (_, key) => {
    await client.set(key, "x");
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    await engine.advance(1);
    expect((await explain(engine))?.why.next).toContain("It runs next on Mon 2026-03-02 10:01:00");
  });

  test("survives records that nobody can read", async () => {
    await client.hset(KEYS.lastOutcome, "s1", "no JSON");
    await client.hset(KEYS.lastJob, "s1", '{"job": 7}');
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    await engine.advance(1);
    expect(await explain(engine)).toMatchObject({ outcomes: [], last_job: null });
  });

  test("is null for an id that nobody has", async () => {
    expect(await explain({ book: new Book(), clock: new FakeClock(NOW * 1000) })).toBeNull();
  });

  test("tells the definition and the next run without Redis", async () => {
    const other = await startRedis();
    const broken = await other.client();
    await other[Symbol.asyncDispose]();
    const book = new Book();
    book.replace(scheduleMap(makeSchedule({ cron: "0 0 1 1 *" })), []);
    const found = await explainSchedule("s1", {
      client: broken,
      keys: KEYS,
      book,
      clock: systemClock,
      fullQueue: (queue) => Promise.resolve(queue),
      circumstances: () => quiet,
    });
    expect(found?.runs).toHaveLength(5);
    expect(found?.why.last).toBe("What became of it last is not known: Redis could not be asked.");
  });
});
