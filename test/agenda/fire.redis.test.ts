/** The script that fires, asked directly: what it refuses, and that it then writes nothing. */
import { beforeEach, describe, expect, test } from "bun:test";
import type { Redis } from "ioredis";
import { Agenda } from "../../src/agenda/agenda.ts";
import { setPaused } from "../../src/agenda/by-hand.ts";
import type { FireRequest, FireVerdict } from "../../src/agenda/fire-request.ts";
import { isActive, planRecord } from "../../src/agenda/plan.ts";
import { reconcileAgenda } from "../../src/agenda/reconcile.ts";
import { rqKeys } from "../../src/redis/keys.ts";
import { KEYS, readLedger } from "../support/engine.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startRedis } from "../support/redis-server.ts";
import { at, makeSchedule, scheduleMap, TOOLS } from "../support/schedules.ts";

const NOW = at("2026-03-02T10:00:30Z");
const DUE = at("2026-03-02T10:01:00Z");
const DAY = 86_400;
const server = await startRedis();
const client: Redis = await server.client();
const clock = new FakeClock(NOW * 1000);
const agenda = (): Agenda => new Agenda({ client, keys: KEYS, clock, ledgerMax: 1_000 });
const schedules = ["a", "b", "c"].map((id) => makeSchedule({ id }));

beforeEach(async () => {
  await client.flushall();
  await reconcileAgenda({
    agenda: agenda(),
    clock,
    tools: TOOLS,
    schedules: scheduleMap(...schedules),
    isDeleted: () => true,
    onPlanned: () => undefined,
  });
});

/** Asks to fire what is due at 10:01 of the schedule with this id. */
function request(id: string, differing: Partial<FireRequest> = {}): FireRequest {
  const schedule = schedules.find((one) => one.id === id);
  if (schedule === undefined || !isActive(schedule)) throw new Error(`no schedule "${id}"`);
  return {
    scheduleId: id,
    plannedSeconds: DUE,
    definition: `${schedule.timingFingerprint} ${schedule.workFingerprint}`,
    settled: { dueSeconds: DUE, wallSeconds: DUE },
    outcome: "fired",
    reason: "",
    missed: null,
    next: { plan: planRecord(schedule, DUE + 60, DUE), scoreSeconds: DUE + 60 },
    queue: "default",
    job: { id: `job-${id}`, queue: "default", timeoutSeconds: 180, fields: ["description", id] },
    overlapGuard: null,
    ...differing,
  };
}

function fire(...requests: readonly FireRequest[]): Promise<FireVerdict[]> {
  return agenda().fire(requests, { nowMs: DUE * 1000, commonFields: ["status", "queued"] });
}

/** Everything in Redis, key by key, as DUMP gives it. */
async function everything(): Promise<Map<string, string>> {
  const keys = (await client.keys("*")).toSorted();
  const dumps = await Promise.all(keys.map((key) => client.dumpBuffer(key)));
  return new Map(keys.map((key, index) => [key, dumps[index]?.toString("base64") ?? ""]));
}

const LAST = { id: "last", queue: "default" };

describe("the script that fires", () => {
  test.each([
    [KEYS.agenda, "zset"],
    [KEYS.planned, "hash"],
    [KEYS.settled, "hash"],
    [KEYS.lastOutcome, "hash"],
    [KEYS.lastJob, "hash"],
    [KEYS.paused, "hash"],
    [KEYS.ledger, "stream"],
    [KEYS.generation, "string"],
    [KEYS.definitions, "hash"],
    [KEYS.changes, "stream"],
  ])("refuses the whole call and writes nothing when %s is no %s", async (key, type) => {
    await client.del(key);
    if (type === "hash") await client.set(key, "no hash");
    else await client.hset(key, "no", type);
    const before = await everything();
    expect(fire(request("a"), request("b"))).rejects.toThrow(`WRONGTYPE ${key} is a`);
    expect(await everything()).toEqual(before);
  });

  test.each([
    [rqKeys.queues, {}],
    [rqKeys.queue("other"), { job: { ...request("a").job, id: "job-a", queue: "other" } }],
    [rqKeys.job("job-a"), {}],
    [rqKeys.job("last"), { overlapGuard: { lastJob: LAST } }],
    [rqKeys.wip("default"), { overlapGuard: { lastJob: LAST } }],
    [KEYS.handing, { handing: { key: KEYS.handing, token: "t" } }],
    [
      KEYS.handing,
      { outcome: "handed_over", job: null, handing: { key: KEYS.handing, token: "t" } },
    ],
  ] as ReadonlyArray<[string, Partial<FireRequest>]>)(
    "does nothing about an occurrence whose key %s holds something else",
    async (key, differing) => {
      await client.set(key, "something else");
      const before = await everything();
      expect(await fire(request("a", differing))).toEqual([{ kind: "wrong_type", key }]);
      expect(await everything()).toEqual(before);
    },
  );

  test("answers for each occurrence of a batch, and one in trouble holds up no other", async () => {
    await client.set(rqKeys.queue("broken"), "no list");
    const broken = { id: "job-b", queue: "broken", timeoutSeconds: 180, fields: [] };
    const verdicts = await fire(
      request("a"),
      request("b", { job: broken }),
      request("c", { definition: "of another time" }),
    );
    expect(verdicts.map(({ kind }) => kind)).toEqual(["placed", "wrong_type", "changed"]);
    expect(await client.lrange(rqKeys.queue("default"), 0, -1)).toEqual(["job-a"]);
    expect(await client.zrange(KEYS.agenda, 0, "-1")).toEqual([
      `b|${DUE}`,
      `c|${DUE}`,
      `a|${DUE + 60}`,
    ]);
    expect(await client.exists(rqKeys.job("job-b"), rqKeys.job("job-c"))).toBe(0);
  });

  test("called again with the same arguments says so and writes nothing", async () => {
    expect(await fire(request("a"))).toEqual([{ kind: "placed" }]);
    const before = await everything();
    expect(await fire(request("a"))).toEqual([{ kind: "already" }]);
    expect(await everything()).toEqual(before);
  });

  test.each([
    ["settled", { job: null, outcome: "failed" }],
    ["paused", {}],
  ] as ReadonlyArray<[FireVerdict["kind"], Partial<FireRequest>]>)(
    "called again after it %s an occurrence enters nothing twice",
    async (kind, differing) => {
      const pause = kind === "paused" ? "{}" : null;
      await setPaused(agenda(), { requestId: "r", id: "a", pause });
      expect((await fire(request("a", differing))).map((verdict) => verdict.kind)).toEqual([kind]);
      const before = await everything();
      expect(await fire(request("a", differing))).toEqual([{ kind: "moved" }]);
      expect(await everything()).toEqual(before);
    },
  );

  test("lets nothing of another make happen when the job's hash is there already", async () => {
    await client.hset(rqKeys.job("job-a"), "of", "somebody else");
    expect(await fire(request("a"))).toEqual([{ kind: "wrong_type", key: rqKeys.job("job-a") }]);
    expect(await client.hgetall(rqKeys.job("job-a"))).toEqual({ of: "somebody else" });
  });

  test.each([
    ["the same instant", DUE],
    ["a later one", DUE + 60],
    ["one just within a day ahead", DUE + DAY],
  ])("refuses a due instant when %s is settled", async (_, settled) => {
    await client.hset(KEYS.settled, "a", `${settled} ${settled}`);
    const before = await everything();
    expect(await fire(request("a"))).toEqual([{ kind: "moved" }]);
    expect(await everything()).toEqual(before);
  });

  test("sets a settled instant back that lies more than a day ahead, and says so", async () => {
    const wrong = DUE + DAY + 1;
    await client.hset(KEYS.settled, "a", `${wrong} ${wrong}`);
    expect(await fire(request("a"))).toEqual([{ kind: "placed" }]);
    expect(await client.hget(KEYS.settled, "a")).toBe(`${DUE} ${DUE}`);
    expect(await readLedger(client)).toMatchObject([
      { schedule: "a", due: String(wrong), outcome: "clock_reset" },
      { schedule: "a", due: String(DUE), outcome: "fired", job: "job-a" },
    ]);
  });

  test("takes the time from its caller alone", async () => {
    const years = 3 * 365 * DAY;
    await agenda().fire([request("a")], { nowMs: (DUE + years) * 1000, commonFields: ["s", "q"] });
    expect(await readLedger(client)).toMatchObject([{ fired_ms: String((DUE + years) * 1000) }]);
  });
});

describe("the guard against overlaps", () => {
  test.each([
    ["blocks while it is not older than twice the timeout", 2 * 180_000, 180, "overlap"],
    ["does not block a millisecond later", 2 * 180_000 + 1, 180, "placed"],
    ["of a job without a timeout blocks for ever", 365 * DAY * 1000, -1, "overlap"],
  ] as const)("%s", async (_, ageMs, timeout, kind) => {
    const ms = String(DUE * 1000 - ageMs);
    const guard = { job: "last", queue: "default", ms, timeout: String(timeout) };
    await client.hset(KEYS.lastJob, "a", JSON.stringify(guard));
    await client.hset(rqKeys.job("last"), "status", "queued");
    const verdicts = await fire(request("a", { overlapGuard: { lastJob: LAST } }));
    expect(verdicts).toEqual([{ kind }]);
  });

  test("that the caller does not know is named, and nothing is done", async () => {
    const guard = { job: "newer", queue: "default", ms: "0", timeout: "180" };
    await client.hset(KEYS.lastJob, "a", JSON.stringify(guard));
    const before = await everything();
    const verdicts = await fire(request("a", { overlapGuard: { lastJob: LAST } }));
    expect(verdicts).toEqual([{ kind: "last_job", lastJobId: "newer" }]);
    expect(await everything()).toEqual(before);
  });
});

describe("the occurrence that follows", () => {
  test.each([
    ["placed", {}],
    ["failed", { job: null, outcome: "failed" }],
    ["skipped", { job: null, outcome: "skipped_misfire" }],
    [
      "handed over",
      { job: null, outcome: "handed_over", handing: { key: KEYS.handing, token: "t" } },
    ],
  ] as ReadonlyArray<[string, Partial<FireRequest>]>)(
    "is planned in the same step as the one that is %s",
    async (_, differing) => {
      await fire(request("a", differing));
      expect(await client.zscore(KEYS.agenda, `a|${DUE + 60}`)).toBe(String(DUE + 60));
      expect(await client.zscore(KEYS.agenda, `a|${DUE}`)).toBeNull();
      expect(await client.hget(KEYS.planned, "a")).toStartWith(`${DUE + 60} ${DUE} `);
    },
  );
});
