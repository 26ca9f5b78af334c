import { setPaused } from "../../src/agenda/by-hand.ts";
import { beforeEach, describe, expect, test } from "bun:test";
import { BuildError } from "../../src/job/builder.ts";
import type { Builder } from "../../src/job/builder.ts";
import { nativeBuilder } from "../../src/job/build-native.ts";
import { QueueNames } from "../../src/job/queue-names.ts";
import { silentLog } from "../../src/base/log.ts";
import { Remembered } from "../../src/redis/remembered.ts";
import { KEYS, readLedger, startEngine } from "../support/engine.ts";
import { startRedis } from "../support/redis-server.ts";
import { at, makeSchedule, scheduleMap } from "../support/schedules.ts";

const NOW = at("2026-03-02T10:00:30Z");
const server = await startRedis();
const client = await server.client();

beforeEach(async () => {
  await client.flushall();
});

function queued(queue = "default"): Promise<string[]> {
  return client.lrange(`rq:queue:${queue}`, 0, -1);
}

const workers = { client, remembered: new Remembered({ client, key: "r" }), log: silentLog };
const native = nativeBuilder({
  queueNames: new QueueNames({ ...workers, prefix: "" }),
  frappe: null,
});

/** A builder that fails as often as told before it builds. */
function failing(times: number, { transient = true } = {}): Builder & { tries: number } {
  const builder = {
    kind: "native" as const,
    aheadSeconds: 2,
    concurrency: 4,
    tries: 0,
    build: (...[schedule, signal]: Parameters<Builder["build"]>) => {
      builder.tries += 1;
      if (builder.tries > times) return native.build(schedule, signal);
      return Promise.reject(new BuildError("the web server is away", { transient }));
    },
  };
  return builder;
}

describe("a fire loop", () => {
  test("fires at the due second: job, queue, successor, guard and ledger in one step", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    await engine.advance(30);
    const due = at("2026-03-02T10:01:00Z");
    const [job = ""] = await queued();
    expect(job).toMatch(/^[0-9a-f]{32}$/);
    expect(await client.smembers("rq:queues")).toEqual(["rq:queue:default"]);
    expect(await client.hgetall(`rq:job:${job}`)).toMatchObject({
      status: "queued",
      origin: "default",
      timeout: "180",
      description: "builtins.print('hello')",
      enqueued_at: "2026-03-02T10:01:00.000000Z",
    });
    expect(await client.zrange(KEYS.agenda, 0, "-1")).toEqual([`s1|${due + 60}`]);
    expect(await client.hget(KEYS.settled, "s1")).toBe(`${due} ${due}`);
    expect(await engine.ledger()).toEqual([
      {
        schedule: "s1",
        due: String(due),
        fired_ms: String(due * 1000),
        outcome: "fired",
        queue: "default",
        job,
      },
    ]);
  });

  test("fires soon what an earlier daemon planned and nobody had taken over when it looked first", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    const due = at("2026-03-02T10:00:00Z");
    const schedules = [makeSchedule(), makeSchedule({ id: "far", cron: "0 0 1 1 *" })];
    engine.book.replace(scheduleMap(...schedules), []);
    await client.zadd(KEYS.agenda, due, `s1|${due}`, due + 3_600, "far|1");
    engine.loop.refresh();
    await engine.advance(0.2);
    await engine.plan(...schedules);
    await engine.advance(2);
    expect(engine.reports.map(({ request }) => request.plannedSeconds)).toEqual([due]);
  });

  test("fires each occurrence once, minute after minute", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    await engine.advance(600);
    const dues = (await engine.ledger()).map((entry) => entry["due"]);
    expect(dues).toHaveLength(10);
    expect(new Set(dues).size).toBe(10);
    expect(await queued()).toHaveLength(10);
  });

  test("fires thousands that are due in the same second", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    const many = Array.from({ length: 3_000 }, (_, i) => makeSchedule({ id: `TS-${i}` }));
    await engine.plan(...many);
    await engine.advance(31);
    await engine.done(3_000);
    expect(await client.llen("rq:queue:default")).toBe(3_000);
    expect(await client.zcard(KEYS.agenda)).toBe(3_000);
  });

  test("does not work while another daemon leads", async () => {
    let leads = false;
    await using engine = await startEngine({ server, nowSeconds: NOW, mayFire: () => leads });
    await engine.plan(makeSchedule());
    await engine.advance(60);
    expect(await queued()).toEqual([]);
    leads = true;
    engine.loop.refresh();
    await engine.advance(2);
    expect(await queued()).toHaveLength(1);
  });

  test("two at the same time on the same Redis place each occurrence once", async () => {
    await using one = await startEngine({ server, nowSeconds: NOW });
    await using two = await startEngine({ server, nowSeconds: NOW });
    const schedules = Array.from({ length: 50 }, (_, i) => makeSchedule({ id: `TS-${i}` }));
    await one.plan(...schedules);
    await two.plan(...schedules);
    for (let second = 0; second < 325; second += 1) {
      await Promise.all([one.advance(1), two.advance(1)]);
    }
    expect(await queued()).toHaveLength(250);
    const ledger = await readLedger(client);
    const names = ledger.map((entry) => `${entry["schedule"]}|${entry["due"]}`);
    expect(new Set(names).size).toBe(250);
    expect(names).toHaveLength(250);
  });

  test("never places a job from a definition that was replaced", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule({ queue: "old" }));
    await engine.advance(29);
    await using other = await startEngine({ server, nowSeconds: NOW + 29, mayFire: () => false });
    await other.plan(makeSchedule({ queue: "new" }));
    await engine.advance(2);
    expect(await queued("old")).toEqual([]);
    expect(engine.changed).toContain("s1");
    await engine.plan(makeSchedule({ queue: "new" }));
    await engine.advance(2);
    expect(await queued("new")).toHaveLength(1);
  });

  test("tries a transient fault again and places the job late", async () => {
    const builder = failing(6);
    await using engine = await startEngine({ server, nowSeconds: NOW, builderFor: () => builder });
    await engine.plan(makeSchedule({ cron: "0 * * * *" }));
    await engine.advance(30 * 60);
    await engine.advance(3600 - 30 * 60);
    expect(builder.tries).toBe(7);
    expect(await engine.ledger()).toMatchObject([
      { outcome: "late", due: String(at("2026-03-02T11:00:00Z")) },
    ]);
  });

  test("gives up a transient fault when the next occurrence is due, and goes on with that", async () => {
    const builder = failing(Infinity);
    await using engine = await startEngine({ server, nowSeconds: NOW, builderFor: () => builder });
    await engine.plan(makeSchedule());
    await engine.advance(95);
    expect(await engine.ledger()).toMatchObject([
      {
        outcome: "failed",
        due: String(at("2026-03-02T10:01:00Z")),
        reason: "the web server is away",
      },
    ]);
    expect(await client.hget(KEYS.planned, "s1")).toStartWith(`${at("2026-03-02T10:02:00Z")} `);
  });

  test("gives up a transient fault when the grace ends", async () => {
    const builder = failing(Infinity);
    const policy = { misfireGraceSeconds: 90 };
    await using engine = await startEngine({ server, nowSeconds: NOW, builderFor: () => builder });
    await engine.plan(makeSchedule({ cron: "1 * * * *", policy }));
    await engine.advance(115);
    expect(await engine.ledger()).toEqual([]);
    await engine.advance(10);
    expect(await engine.ledger()).toMatchObject([{ outcome: "failed" }]);
  });

  test("a final fault fails at once, at its due second", async () => {
    const builder = failing(Infinity, { transient: false });
    await using engine = await startEngine({ server, nowSeconds: NOW, builderFor: () => builder });
    await engine.plan(makeSchedule({ cron: "1 * * * *" }));
    await engine.advance(29);
    expect(await engine.ledger()).toEqual([]);
    await engine.advance(2);
    expect(await engine.ledger()).toMatchObject([
      { outcome: "failed", reason: "the web server is away" },
    ]);
    expect(await client.zcard(KEYS.agenda)).toBe(1);
  });

  test("a slow builder delays only its own schedules", async () => {
    const slow: Builder = {
      ...failing(0),
      concurrency: 1,
      build: () => new Promise(() => undefined),
    };
    const builderFor = ({ id }: { id: string }): Builder => (id === "slow" ? slow : native);
    await using engine = await startEngine({ server, nowSeconds: NOW, builderFor });
    await engine.plan(makeSchedule({ id: "slow" }), makeSchedule({ id: "quick" }));
    await engine.advance(31);
    expect((await engine.ledger()).map((entry) => entry["schedule"])).toEqual(["quick"]);
  });

  test("a queue key of another type stops only its own schedule", async () => {
    await client.set("rq:queue:broken", "no list");
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule({ id: "bad", queue: "broken" }), makeSchedule({ id: "good" }));
    await engine.advance(95);
    const ledger = await engine.ledger();
    expect(ledger.filter((entry) => entry["schedule"] === "good")).toHaveLength(2);
    expect(ledger.find((entry) => entry["schedule"] === "bad")).toMatchObject({
      outcome: "failed",
      reason: 'place a job: the key "rq:queue:broken" holds something else',
    });
  });
});

describe("occurrences up to a minute late", () => {
  test.each(["run_once", "skip", "run_all"] as const)(
    "are all placed, in order, whatever the policy: %s",
    async (misfire) => {
      const policy = { misfire, maxCatchup: 1, misfireGraceSeconds: 0 };
      const schedule = makeSchedule({ cron: "*/10 * * * * * *", policy });
      await using engine = await startEngine({ server, nowSeconds: NOW, mayFire: () => false });
      await engine.plan(schedule);
      const due = NOW + 10;
      await using later = await startEngine({ server, nowSeconds: due + 60 });
      await later.plan(schedule);
      await later.jump(0);
      const ledger = await later.ledger();
      const dues = [0, 10, 20, 30, 40, 50, 60].map((after) => String(due + after));
      expect(ledger.map((entry) => entry["due"])).toEqual(dues);
      expect(ledger.map((entry) => entry["outcome"])).toEqual([...Array(6).fill("late"), "fired"]);
      expect(await queued()).toEqual(ledger.map(({ job = "" }) => job));
    },
  );

  test("are missed a second later", async () => {
    const schedule = makeSchedule({ cron: "0 * * * *", policy: { misfire: "skip" } });
    await using engine = await startEngine({ server, nowSeconds: NOW, mayFire: () => false });
    await engine.plan(schedule);
    const nowSeconds = at("2026-03-02T11:00:00Z") + 61;
    await using later = await startEngine({ server, nowSeconds });
    await later.plan(schedule);
    await later.jump(0);
    expect(await later.ledger()).toMatchObject([{ outcome: "skipped_misfire" }]);
  });
});

describe("a batch that Redis refuses", () => {
  test("is taken apart until the one stands alone whose queue is denied", async () => {
    const rights = "fewer on >secret ~btu_scheduler:* ~rq:job:* ~rq:queues ~rq:queue:default +@all";
    await using denying = await startRedis({ acl: [rights] });
    const inspector = await denying.client();
    const user = { username: "fewer", password: "secret" };
    await using engine = await startEngine({ server: denying, nowSeconds: NOW, user });
    const good = Array.from({ length: 40 }, (_, i) => makeSchedule({ id: `good-${i}` }));
    const bad = makeSchedule({ id: "bad", queue: "secret" });
    await engine.plan(...good.slice(0, 20), bad, ...good.slice(20));
    await engine.advance(31);
    expect(await inspector.llen("rq:queue:default")).toBe(40);
    expect(engine.loop.troubleOf("bad")).toContain(
      "give it ~rq:queue:secret in Redis's access list",
    );
    expect(await inspector.zrange(KEYS.agenda, 0, "0")).toEqual([
      `bad|${at("2026-03-02T10:01:00Z")}`,
    ]);
    expect(await inspector.keys("rq:queue:secret")).toEqual([]);
  });
});

describe("missed occurrences", () => {
  test("run once by default, after a note of the rest", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW, mayFire: () => false });
    await engine.plan(makeSchedule({ cron: "0 * * * *" }));
    await using later = await startEngine({ server, nowSeconds: NOW + 5 * 3600 });
    await later.plan(makeSchedule({ cron: "0 * * * *" }));
    await later.advance(2);
    const day = "2026-03-02T";
    expect(await later.ledger()).toMatchObject([
      {
        outcome: "skipped_misfire",
        due: String(at(`${day}11:00:00Z`)),
        until: String(at(`${day}13:00:00Z`)),
        count: "3",
      },
      { outcome: "late", due: String(at(`${day}14:00:00Z`)) },
      { outcome: "late", due: String(at(`${day}15:00:00Z`)) },
    ]);
  });

  test("are one entry under the policy skip", async () => {
    const schedule = makeSchedule({ cron: "0 * * * *", policy: { misfire: "skip" } });
    await using engine = await startEngine({ server, nowSeconds: NOW, mayFire: () => false });
    await engine.plan(schedule);
    await using later = await startEngine({ server, nowSeconds: NOW + 5 * 3600 + 120 });
    await later.plan(schedule);
    await later.advance(2);
    expect(await later.ledger()).toMatchObject([{ outcome: "skipped_misfire", count: "5" }]);
    expect(await queued()).toEqual([]);
  });

  test("all run under the policy run_all, the oldest first", async () => {
    const schedule = makeSchedule({
      cron: "0 * * * *",
      policy: { misfire: "run_all", maxCatchup: 3 },
    });
    await using engine = await startEngine({ server, nowSeconds: NOW, mayFire: () => false });
    await engine.plan(schedule);
    await using later = await startEngine({ server, nowSeconds: NOW + 5 * 3600 + 120 });
    await later.plan(schedule);
    await later.advance(3);
    const outcomes = (await later.ledger()).map((entry) => [entry["outcome"], entry["count"]]);
    expect(outcomes).toEqual([
      ["skipped_misfire", "2"],
      ["late", undefined],
      ["late", undefined],
      ["late", undefined],
    ]);
    expect(await queued()).toHaveLength(3);
  });
});

describe("the overlap policy skip", () => {
  const schedule = makeSchedule({ policy: { overlap: "skip" } });

  test.each(["queued", "deferred", "scheduled"])("waits for a job that is %s", async (status) => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(schedule);
    await engine.advance(40);
    const [job] = await queued();
    await client.hset(`rq:job:${job}`, "status", status);
    await engine.advance(60);
    expect((await engine.ledger())[1]).toMatchObject({ outcome: "skipped_overlap" });
  });

  test.each([
    ["1.x", (job: string) => job],
    ["2.x", (job: string) => `${job}:1234`],
  ])("waits for a job that runs under RQ %s", async (_, member) => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(schedule);
    await engine.advance(40);
    const [job = ""] = await queued();
    await client.hset(`rq:job:${job}`, "status", "started");
    await client.zadd("rq:wip:default", NOW + 500, member(job));
    await engine.advance(60);
    expect((await engine.ledger())[1]).toMatchObject({ outcome: "skipped_overlap" });
  });

  test.each(["finished", "failed", "started"])(
    "places beside a job that is %s and not alive",
    async (status) => {
      await using engine = await startEngine({ server, nowSeconds: NOW });
      await engine.plan(schedule);
      await engine.advance(40);
      const [job = ""] = await queued();
      await client.hset(`rq:job:${job}`, "status", status);
      await client.zadd("rq:wip:default", NOW - 500, job, NOW + 500, `${job}x`);
      await engine.advance(60);
      expect((await engine.ledger())[1]).toMatchObject({ outcome: "fired" });
    },
  );

  test("does not wait for a guard older than twice the timeout", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(schedule);
    await engine.advance(40);
    // A worker died and left the hash as it was.
    await engine.advance(8 * 60);
    const outcomes = (await engine.ledger()).map((entry) => entry["outcome"]);
    expect(outcomes.slice(0, 8)).toEqual(["fired", ...Array(6).fill("skipped_overlap"), "fired"]);
  });

  test("knows the last job after a restart", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(schedule);
    await engine.advance(40);
    await engine[Symbol.asyncDispose]();
    await using later = await startEngine({ server, nowSeconds: NOW + 40 });
    await later.plan(schedule);
    await later.advance(60);
    expect((await later.ledger())[1]).toMatchObject({ outcome: "skipped_overlap" });
  });
});

describe("a paused schedule", () => {
  test.each(["s1", "|"])("places nothing while %p is paused, and does not catch up", async (id) => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    expect(await setPaused(engine.agenda, { requestId: "pause-1", id, pause: "{}" })).toBeTrue();
    expect(await setPaused(engine.agenda, { requestId: "pause-2", id, pause: "{}" })).toBeFalse();
    await engine.advance(145);
    expect(await setPaused(engine.agenda, { requestId: "resume-1", id, pause: null })).toBeTrue();
    await engine.advance(60);
    expect((await engine.ledger()).map((entry) => entry["outcome"])).toEqual([
      "skipped_paused",
      "skipped_paused",
      "fired",
    ]);
    expect(await queued()).toHaveLength(1);
  });
});

describe("jitter", () => {
  test("is no lateness and no miss", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule({ cron: "15 * * * *", policy: { jitterSeconds: 1200 } }));
    await engine.advance(40 * 60);
    expect(await engine.ledger()).toMatchObject([
      { outcome: "fired", due: String(at("2026-03-02T10:15:00Z")) },
    ]);
  });
});

describe("the clock", () => {
  test("set forward: what is due fires within a second", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule({ cron: "0 * * * *" }));
    await engine.advance(3);
    engine.clock.stepWall(3_600_000);
    await engine.advance(1);
    expect(await engine.ledger()).toMatchObject([{ due: String(at("2026-03-02T11:00:00Z")) }]);
  });

  test("set back within a day: nothing fires twice", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    await engine.advance(200);
    engine.clock.stepWall(-180_000);
    await engine.plan(makeSchedule());
    await engine.advance(400);
    const dues = (await engine.ledger()).map((entry) => Number(entry["due"]));
    expect(dues).toEqual([...new Set(dues)].toSorted((a, b) => a - b));
    expect(dues).toHaveLength(7);
  });

  test("that ran years ahead leaves nothing silent for years", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    await engine.advance(40);
    engine.clock.stepWall(3 * 365 * 86_400_000);
    await engine.advance(60);
    engine.clock.stepWall(-3 * 365 * 86_400_000);
    await engine.plan(makeSchedule());
    await engine.advance(70);
    const ledger = await engine.ledger();
    expect(ledger.map((entry) => entry["outcome"])).toContain("clock_reset");
    expect(ledger.at(-1)).toMatchObject({ outcome: "fired" });
    expect(Number(ledger.at(-1)?.["due"])).toBeLessThan(NOW + 300);
  });
});
