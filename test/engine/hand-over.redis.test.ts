/** Schedules whose jobs the site enqueues: claimed, asked for, settled; looked up when an answer is lost. */
import { setPaused } from "../../src/agenda/by-hand.ts";
import { beforeEach, describe, expect, test } from "bun:test";
import { HandOvers } from "../../src/agenda/hand-overs.ts";
import { silentLog } from "../../src/base/log.ts";
import { delegatedBuilder } from "../../src/job/build-delegated.ts";
import type { FindTrace } from "../../src/job/build-delegated.ts";
import type { Builder } from "../../src/job/builder.ts";
import { findJob } from "../../src/job/find-job.ts";
import { newJobId } from "../../src/job/job-ids.ts";
import { QueueNames } from "../../src/job/queue-names.ts";
import { Remembered } from "../../src/redis/remembered.ts";
import type { Schedule } from "../../src/schedule/schedule.ts";
import { setup } from "../frappe/setup.ts";
import { KEYS, readLedger, startEngine } from "../support/engine.ts";
import type { Engine } from "../support/engine.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import { at, makeSchedule } from "../support/schedules.ts";
import type { ScheduleParts } from "../support/schedules.ts";

const NOW = at("2026-03-02T10:00:30Z");
const DUE = at("2026-03-02T10:01:00Z");
const server = await startRedis();
const client = await server.client();

beforeEach(async () => {
  await client.flushall();
});

const TASK: ScheduleParts = {
  id: "TS-1",
  task: "BT-1",
  work: {
    kind: "btu_task",
    taskId: "BT-1",
    timeoutSeconds: 600,
    runsById: true,
    isRemote: true,
  },
};
const schedule = makeSchedule(TASK);

interface Asked {
  readonly engine: Engine;
  /** Schedules that the site enqueued. */
  readonly enqueued: string[];
  readonly site: Awaited<ReturnType<typeof setup>>["site"];
}

/** An engine that asks a real stand-in site; `traces` are found there. */
async function withSite(
  work: (asked: Asked) => Promise<void>,
  {
    traces = [],
    enqueue = () => undefined,
    waitsForBuilders = () => true,
  }: { traces?: FindTrace[]; enqueue?: () => unknown; waitsForBuilders?: () => boolean } = {},
): Promise<void> {
  const enqueued: string[] = [];
  await using parts = await setup(
    {
      enqueue: (id) => {
        enqueued.push(id);
        return enqueue();
      },
    },
    { timeoutMs: 10_000 },
  );
  const builder = delegatedBuilder({ endpoints: parts.frappe, traces });
  const options = { server, nowSeconds: NOW, waitsForBuilders };
  await using engine = await startEngine({ ...options, builderFor: () => builder });
  await work({ engine, enqueued, site: parts.site });
}

function posts({ site }: Asked): number {
  return site.requests.filter(({ verb }) => verb === "POST").length;
}

/** Ends a POST as a web server that dies before it answers. */
const HEARD_AND_LOST = "truncate";

describe("a schedule whose job the site enqueues", () => {
  test("is handed over when due: one request, settled, entered, the next occurrence planned", async () => {
    await withSite(async (asked) => {
      const { engine, enqueued } = asked;
      await engine.plan(schedule);
      await engine.advance(29);
      expect(enqueued).toEqual([]);
      await engine.advance(1);
      await engine.done(1);
      expect(enqueued).toEqual(["TS-1"]);
      expect(await engine.ledger()).toEqual([
        {
          schedule: "TS-1",
          due: String(DUE),
          fired_ms: String(DUE * 1000),
          outcome: "handed_over",
          queue: "default",
        },
      ]);
      expect(await client.hget(KEYS.settled, "TS-1")).toBe(`${DUE} ${DUE}`);
      expect(await client.zrange(KEYS.agenda, 0, "-1")).toEqual([`TS-1|${DUE + 60}`]);
      expect(await client.exists(KEYS.handing)).toBe(0);
      expect(await client.keys("rq:*")).toEqual([]);
    });
  });

  test("is asked for again when the app answers 200 with has_errors", async () => {
    let left = 2;
    await withSite(
      async ({ engine, enqueued }) => {
        await engine.plan(schedule);
        await engine.advance(30);
        await eventually(() => enqueued.length === 1, { what: "the first request" });
        await engine.advance(5);
        await engine.done(1);
        expect(enqueued).toHaveLength(3);
        expect((await engine.ledger()).map((entry) => entry["outcome"])).toEqual(["handed_over"]);
      },
      {
        enqueue: () => {
          left -= 1;
          if (left >= 0) throw new Error("Redis is away");
        },
      },
    );
  });

  test("fails with the app's own words when it goes on to fail until the next occurrence is due", async () => {
    await withSite(
      async ({ engine }) => {
        await engine.plan(schedule);
        await engine.advance(90);
        await engine.done(1);
        const [entry] = await engine.ledger();
        expect(entry).toMatchObject({ outcome: "failed", due: String(DUE) });
        expect(entry?.["reason"]).toContain("Redis is away");
        expect(entry?.["reason"]).not.toContain("all the same");
      },
      {
        enqueue: () => {
          throw new Error("Redis is away");
        },
      },
    );
  });

  test("fails at once, and only once, when the site knows no such endpoint", async () => {
    await using parts = await setup({ generation: "v14" });
    const builder = delegatedBuilder({ endpoints: parts.frappe, traces: [] });
    await using engine = await startEngine({ server, nowSeconds: NOW, builderFor: () => builder });
    await engine.plan(schedule);
    await engine.advance(31);
    await engine.done(1);
    const [entry] = await engine.ledger();
    expect(entry).toMatchObject({ outcome: "failed", due: String(DUE) });
    expect(entry?.["reason"]).toContain("older than this endpoint");
    expect(parts.site.requests).toHaveLength(1);
  });

  test("is not asked for while it is paused, and that is entered", async () => {
    await withSite(async ({ engine, enqueued }) => {
      await engine.plan(schedule);
      await setPaused(engine.agenda, { requestId: "pause", id: "TS-1", pause: "{}" });
      await engine.advance(30);
      await engine.done(1);
      expect(enqueued).toEqual([]);
      expect((await engine.ledger())[0]).toMatchObject({ outcome: "skipped_paused" });
    });
  });
});

function found(): Promise<string> {
  return Promise.resolve("job 0123");
}

function nothing(): Promise<null> {
  return Promise.resolve(null);
}

describe("a lost answer", () => {
  test("is made good by what is found: the site is not asked again", async () => {
    await withSite(
      async (asked) => {
        asked.site.misbehave(HEARD_AND_LOST);
        await asked.engine.plan(schedule);
        await asked.engine.advance(30);
        await eventually(() => posts(asked) === 1, { what: "the request" });
        asked.site.misbehave(null);
        await asked.engine.advance(2);
        await asked.engine.done(1);
        const [entry] = await asked.engine.ledger();
        expect(entry).toMatchObject({ outcome: "handed_over", due: String(DUE) });
        expect(entry?.["reason"]).toBe("the answer was lost, and job 0123 was found");
        expect(posts(asked)).toBe(1);
      },
      { traces: [nothing, found] },
    );
  });

  test("is asked again when nothing is found 20 s after the request, not earlier", async () => {
    await withSite(
      async (asked) => {
        asked.site.misbehave(HEARD_AND_LOST);
        await asked.engine.plan(schedule);
        await asked.engine.advance(30);
        await eventually(() => posts(asked) === 1, { what: "the request" });
        asked.site.misbehave(null);
        await asked.engine.advance(19);
        expect(posts(asked)).toBe(1);
        await asked.engine.advance(3);
        await asked.engine.done(1);
        expect(posts(asked)).toBe(2);
        expect((await asked.engine.ledger()).map((entry) => entry["outcome"])).toEqual([
          "handed_over",
        ]);
      },
      { traces: [nothing] },
    );
  });

  test("is looked up only for what was made since the claim", async () => {
    const asked: number[] = [];
    const trace: FindTrace = ({ sinceMs }) => {
      asked.push(sinceMs);
      return Promise.resolve("job 1");
    };
    await withSite(
      async (parts) => {
        parts.site.misbehave(HEARD_AND_LOST);
        await parts.engine.plan(schedule);
        await parts.engine.advance(35);
        await parts.engine.done(1);
        expect(asked).toEqual([DUE * 1000]);
      },
      { traces: [trace] },
    );
  });
});

describe("a site that is still being asked when the next occurrence is due", () => {
  test("is waited for: what it did before it answered is not entered as an older trouble", async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    let isHanging = false;
    const enqueue = (): Promise<void> => {
      asked.resolve();
      return answer.promise;
    };
    await withSite(
      async ({ engine, site }) => {
        site.misbehave("maintenance");
        await engine.plan(schedule);
        await engine.advance(31);
        site.misbehave(null);
        isHanging = true;
        await engine.advance(2);
        await asked.promise;
        await engine.advance(60);
        expect(await engine.ledger()).toEqual([]);
        answer.resolve();
        await engine.done(1);
        expect((await engine.ledger())[0]).toMatchObject({
          outcome: "handed_over",
          due: String(DUE),
        });
      },
      { enqueue, waitsForBuilders: () => !isHanging },
    );
  });
});

describe("a web server that does not listen", () => {
  test("is asked again without a look-up: nothing can have been enqueued", async () => {
    let looks = 0;
    const trace: FindTrace = () => {
      looks += 1;
      return Promise.resolve(null);
    };
    const refused: Builder = delegatedBuilder({
      endpoints: (await setup({}, { baseUrl: "http://127.0.0.1:1" })).frappe,
      traces: [trace],
    });
    await using engine = await startEngine({ server, nowSeconds: NOW, builderFor: () => refused });
    await engine.plan(schedule);
    await engine.advance(50);
    expect(await engine.ledger()).toEqual([]);
    await engine.advance(45);
    await engine.done(1);
    expect((await engine.ledger())[0]).toMatchObject({ outcome: "failed", due: String(DUE) });
    expect(looks).toBe(0);
  });
});

/** What a daemon leaves behind that dies between the request and the settling. */
async function claimAndDie(engine: Engine, one: Schedule, dueSeconds: number): Promise<void> {
  const handOvers = new HandOvers({ agenda: engine.agenda, client, key: KEYS.handing });
  const verdict = await handOvers.claim({
    scheduleId: one.id,
    plannedSeconds: dueSeconds,
    definition: `${one.timingFingerprint} ${one.workFingerprint}`,
    dueSeconds,
    token: "of-the-dead",
    over: "",
  });
  expect(verdict).toBe("claimed");
}

/** A job as the site makes it, created `ms` after the epoch. */
async function enqueueLikeSite(scheduleId: string, createdMs: number, list = true): Promise<void> {
  const { nativeBuilder } = await import("../../src/job/build-native.ts");
  const { ownJobFields } = await import("../../src/job/rq-job.ts");
  const queueNames = new QueueNames({
    client,
    remembered: new Remembered({ client, key: "r" }),
    log: silentLog,
    prefix: "",
  });
  const builder = nativeBuilder({
    queueNames,
    frappe: {
      site: "site1",
      user: () => Promise.resolve("u"),
      ids: { next: () => Promise.resolve(newJobId()) },
      ttls: { resultTtlSeconds: 600, failureTtlSeconds: 604_800 },
    },
  });
  const job = await builder.build(
    makeSchedule({ ...TASK, id: scheduleId }),
    new AbortController().signal,
  );
  await client.hset(`rq:job:${job.id}`, [
    "created_at",
    new Date(createdMs).toISOString(),
    ...ownJobFields(job),
  ]);
  if (list) await client.rpush("rq:queue:default", job.id);
  else await client.zadd("rq:finished:default", "9999999999", job.id);
}

function jobTrace(): FindTrace {
  const remembered = new Remembered({ client, key: "r" });
  const queueNames = new QueueNames({ client, remembered, log: silentLog, prefix: "" });
  return findJob({ client, queueNames });
}

describe("a daemon that died while it handed over", () => {
  test.each([true, false])(
    "is followed by one that finds the job (still waiting: %p) and does not ask again",
    async (isWaiting) => {
      await withSite(
        async (asked) => {
          const { engine } = asked;
          await engine.plan(schedule);
          await claimAndDie(engine, schedule, DUE);
          await enqueueLikeSite("TS-1", NOW * 1000 + 50, isWaiting);
          await engine.advance(31);
          await engine.done(1);
          expect((await engine.ledger())[0]).toMatchObject({
            outcome: "handed_over",
            due: String(DUE),
          });
          expect(posts(asked)).toBe(0);
          expect(await client.exists(KEYS.handing)).toBe(0);
        },
        { traces: [jobTrace()] },
      );
    },
  );

  test.each<[string, string, number]>([
    ["another schedule's", "TS-10", NOW * 1000 + 50],
    ["the run before", "TS-1", NOW * 1000 - 50],
  ])("is followed by one that does not take %s job for this one", async (_, id, createdMs) => {
    await withSite(
      async (asked) => {
        const { engine } = asked;
        await engine.plan(schedule);
        await claimAndDie(engine, schedule, DUE);
        await enqueueLikeSite(id, createdMs);
        await engine.advance(55);
        await engine.done(1);
        expect((await engine.ledger())[0]).toMatchObject({
          outcome: "handed_over",
          due: String(DUE),
        });
        expect(posts(asked)).toBe(1);
      },
      { traces: [jobTrace()] },
    );
  });

  test("an hour ago is followed by one that enters both: what was handed over, and what was missed", async () => {
    const hourly = makeSchedule({ ...TASK, cron: "0 * * * *" });
    const [ten, eleven, twelve] = ["11:00", "12:00", "13:00"].map((time) =>
      at(`2026-03-02T${time}:00Z`),
    ) as [number, number, number];
    await withSite(
      async (asked) => {
        const { engine } = asked;
        await engine.plan(hourly);
        await claimAndDie(engine, hourly, ten);
        await enqueueLikeSite("TS-1", NOW * 1000 + 50);
        engine.clock.setWall((twelve + 600) * 1000);
        engine.loop.refresh();
        await engine.advance(5);
        await engine.done(2);
        const entries = await engine.ledger();
        expect(entries.map(({ due, outcome }) => [Number(due), outcome])).toEqual([
          [ten, "handed_over"],
          [eleven, "skipped_misfire"],
          [twelve, "handed_over"],
        ]);
        expect(posts(asked)).toBe(1);
      },
      { traces: [jobTrace()] },
    );
  });

  test("is followed by one that looks up even what it would skip", async () => {
    const skipping = makeSchedule({ ...TASK, cron: "0 11 * * *", policy: { misfire: "skip" } });
    const due = at("2026-03-02T11:00:00Z");
    await withSite(
      async (asked) => {
        const { engine } = asked;
        await engine.plan(skipping);
        await claimAndDie(engine, skipping, due);
        await enqueueLikeSite("TS-1", NOW * 1000 + 50);
        engine.clock.setWall((due + 3600) * 1000);
        engine.loop.refresh();
        await engine.advance(5);
        await engine.done(1);
        expect((await engine.ledger()).map((entry) => entry["outcome"])).toEqual(["handed_over"]);
        expect(posts(asked)).toBe(0);
      },
      { traces: [jobTrace()] },
    );
  });
});

describe("an edit while the site is asked", () => {
  test.each([
    ["moves it", { cron: "7 * * * *" }, `TS-1|${DUE + 360}`],
    ["disables it", { enabled: false }, ""],
  ])("that %s changes nothing of what was handed over: it is entered", async (_, edit, planned) => {
    const answer = Promise.withResolvers<void>();
    const work = async ({ engine, enqueued }: Asked): Promise<void> => {
      await engine.plan(schedule);
      await engine.advance(30);
      await eventually(() => enqueued.length > 0, { what: "the request" });
      await engine.plan(makeSchedule({ ...TASK, ...edit }));
      await engine.advance(2);
      answer.resolve();
      await engine.done(1);
      const entries = await engine.ledger();
      expect(entries.map(({ due, outcome }) => [Number(due), outcome])).toEqual([
        [DUE, "dropped"],
        [DUE, "handed_over"],
      ]);
      expect((await client.zrange(KEYS.agenda, 0, "-1")).join(" ")).toBe(planned);
      expect(await client.hget(KEYS.settled, "TS-1")).toBe(`${DUE} ${DUE}`);
      expect(await client.exists(KEYS.handing)).toBe(0);
      expect(enqueued).toEqual(["TS-1"]);
    };
    await withSite(work, { enqueue: () => answer.promise, waitsForBuilders: () => false });
  });
});

describe("many schedules due at once", () => {
  test("are handed over four at a time, each once", async () => {
    let running = 0;
    let most = 0;
    const slowly = async (): Promise<void> => {
      running += 1;
      most = Math.max(most, running);
      await realDelay(5);
      running -= 1;
    };
    const many = Array.from({ length: 40 }, (_, index) =>
      makeSchedule({ ...TASK, id: `TS-${index}`, cron: "1 10 * * *" }),
    );
    await withSite(
      async ({ engine, enqueued }) => {
        await engine.plan(...many);
        await engine.advance(31);
        await engine.done(40);
        expect(enqueued.toSorted()).toEqual(many.map(({ id }) => id).toSorted());
        expect(most).toBe(4);
        expect(await client.exists(KEYS.handing)).toBe(0);
      },
      { enqueue: slowly },
    );
  });
});

describe("a daemon that is told to end while the site is asked", () => {
  test("waits for the answer, and enters what was handed over", async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    const enqueue = (): Promise<void> => {
      asked.resolve();
      return answer.promise;
    };
    await withSite(
      async ({ engine }) => {
        await engine.plan(schedule);
        await engine.advance(30);
        await asked.promise;
        const ended = engine[Symbol.asyncDispose]();
        answer.resolve();
        await ended;
      },
      { enqueue, waitsForBuilders: () => false },
    );
    expect(await readLedger(client)).toMatchObject([
      { schedule: "TS-1", due: String(DUE), outcome: "handed_over" },
    ]);
    expect(await client.exists(KEYS.handing)).toBe(0);
  });

  test("ends without an answer that does not come: the claim stays for whoever comes next", async () => {
    const asked = Promise.withResolvers<void>();
    const enqueue = (): Promise<void> => {
      asked.resolve();
      return Promise.withResolvers<void>().promise;
    };
    await withSite(
      async ({ engine }) => {
        await engine.plan(schedule);
        await engine.advance(30);
        await asked.promise;
        await engine[Symbol.asyncDispose]();
      },
      { enqueue, waitsForBuilders: () => false },
    );
    expect(await readLedger(client)).toEqual([]);
    expect(await client.hget(KEYS.handing, "TS-1")).toStartWith(`${DUE} `);
  });
});

describe("two daemons that both believe they lead", () => {
  test("ask the site once for the same occurrence, however slow it is", async () => {
    const answer = Promise.withResolvers<void>();
    const enqueued: string[] = [];
    await using parts = await setup(
      {
        enqueue: async (id) => {
          enqueued.push(id);
          await answer.promise;
        },
      },
      { timeoutMs: 10_000 },
    );
    const builder = delegatedBuilder({ endpoints: parts.frappe, traces: [nothing] });
    const options = { server, nowSeconds: NOW, builderFor: () => builder };
    await using one = await startEngine(options);
    await using other = await startEngine(options);
    await one.plan(schedule);
    await other.plan(schedule);
    await one.advance(31);
    await eventually(() => enqueued.length > 0, { what: "the request" });
    await other.advance(35);
    answer.resolve();
    await one.done(1);
    await other.advance(5);
    expect(enqueued).toEqual(["TS-1"]);
    expect((await one.ledger()).map((entry) => entry["outcome"])).toEqual(["handed_over"]);
  });
});
