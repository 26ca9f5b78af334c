import { beforeEach, describe, expect, test } from "bun:test";
import type { Redis } from "ioredis";
import { Agenda } from "../../src/agenda/agenda.ts";
import { reconcileAgenda } from "../../src/agenda/reconcile.ts";
import type { Dropped, ReconcileReport } from "../../src/agenda/write-changes.ts";
import { makeKeys } from "../../src/redis/keys.ts";
import type { Schedule } from "../../src/schedule/schedule.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startRedis } from "../support/redis-server.ts";
import { at, makeSchedule, scheduleMap, TOOLS } from "../support/schedules.ts";

const keys = makeKeys("btu_scheduler:");
const NOW = at("2026-03-02T10:00:30Z");
const server = await startRedis();
const client: Redis = await server.client();

const EMPTY = {
  id: "s1",
  read: "",
  settled: "",
  reason: "",
  change: "",
  definition: "",
  dropped: null,
};

let clock = new FakeClock();
let dues = new Map<string, number | null>();
let drops: Dropped[] = [];

beforeEach(async () => {
  await client.flushall();
  clock = new FakeClock(NOW * 1000);
  dues = new Map();
  drops = [];
});

function agenda(): Agenda {
  return new Agenda({ client, keys, clock, ledgerMax: 1000 });
}

function reconcile(...schedules: readonly Schedule[]): Promise<ReconcileReport> {
  return reconcileAgenda({
    agenda: agenda(),
    clock,
    tools: TOOLS,
    schedules: scheduleMap(...schedules),
    isDeleted: () => true,
    onPlanned: (id, due) => dues.set(id, due),
    onDropped: (dropped) => drops.push(dropped),
  });
}

function members(): Promise<string[]> {
  return client.zrange(keys.agenda, 0, "-1", "WITHSCORES");
}

async function ledger(): Promise<Array<Record<string, string>>> {
  const entries = await client.xrange(keys.ledger, "-", "+");
  return entries.map(([, flat]) =>
    Object.fromEntries(flat.flatMap((name, i) => (i % 2 ? [] : [[name, flat[i + 1] ?? ""]]))),
  );
}

async function generation(): Promise<string | null> {
  return client.get(keys.generation);
}

describe("reconcileAgenda", () => {
  test("plans the next occurrence of each active schedule", async () => {
    const report = await reconcile(makeSchedule({ id: "TS-1", cron: "15 * * * *" }));
    expect(report).toEqual({ planned: 1, dropped: 0, firedMeanwhile: [] });
    const due = at("2026-03-02T10:15:00Z");
    expect(await members()).toEqual([`TS-1|${due}`, String(due)]);
    expect(dues.get("TS-1")).toBe(due);
  });

  test("writes nothing for unchanged schedules", async () => {
    const schedule = makeSchedule({ cron: "15 * * * *" });
    await reconcile(schedule);
    const before = await generation();
    await clock.advance(60_000);
    expect(await reconcile(makeSchedule({ cron: "15 * * * *" }))).toMatchObject({ planned: 0 });
    expect(await generation()).toBe(before);
    expect(dues.get("s1")).toBe(at("2026-03-02T10:15:00Z"));
  });

  test("costs as many commands for thousands of unchanged schedules as for a page of them, and no write", async () => {
    const many = Array.from({ length: 2_300 }, (_, i) => makeSchedule({ id: `TS-${i}` }));
    await reconcile(...many);
    await client.config("RESETSTAT");
    await reconcile(...many);
    const stats = await client.info("commandstats");
    const commands = [...stats.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].map(([, name, calls]) => [
      name,
      Number(calls),
    ]);
    const calls: Record<string, number> = Object.fromEntries(commands);
    expect(
      Object.keys(calls)
        .filter((name) => !["config", "info"].includes(name))
        .toSorted(),
    ).toEqual(["hscan", "zrange"]);
    expect(calls["zrange"]).toBe(3);
    expect(calls["hscan"]).toBeLessThan(8);
  });

  test.each([
    ["disabled", { enabled: false }],
    ["invalid", { cron: "61 * * * *" }],
    ["without a zone", { timeZone: "Mars/Olympus_Mons" }],
    ["never due again", { cron: "0 0 30 2 *" }],
  ])("leaves nothing of a schedule that became %s", async (_, parts) => {
    await reconcile(makeSchedule());
    await reconcile(makeSchedule(parts));
    expect(await members()).toEqual([]);
    expect(await client.hlen(keys.planned)).toBe(0);
  });

  test("plans nothing and writes nothing for what is never due", async () => {
    await reconcile(makeSchedule({ cron: "0 0 30 2 *" }));
    expect(await generation()).toBeNull();
    expect(dues.get("s1")).toBeNull();
  });

  test("takes deleted schedules off, whole ids only", async () => {
    const [one, ten] = [makeSchedule({ id: "TS-1" }), makeSchedule({ id: "TS-10" })];
    await reconcile(one, ten);
    await reconcile(ten);
    expect(await client.hkeys(keys.planned)).toEqual(["TS-10"]);
  });

  test("replaces the planned occurrence when the cron text was edited", async () => {
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    await reconcile(makeSchedule({ cron: "45 * * * *" }));
    const due = at("2026-03-02T10:45:00Z");
    expect(await members()).toEqual([`s1|${due}`, String(due)]);
    expect([await ledger(), drops]).toEqual([[], []]);
  });

  test.each([
    ["edited", { cron: "45 * * * *" }],
    ["edited", { cron: "15 * * * *", timeZone: "Asia/Kolkata" }],
    ["disabled", { cron: "15 * * * *", enabled: false }],
    ["the schedule became invalid", { cron: "15 * * * 8" }],
  ])("drops a due occurrence that was not placed when it was %s", async (reason, parts) => {
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    await clock.advance(20 * 60_000);
    await reconcile(makeSchedule(parts));
    expect(await ledger()).toMatchObject([
      { schedule: "s1", due: String(at("2026-03-02T10:15:00Z")), outcome: "dropped", reason },
    ]);
    const dueSeconds = at("2026-03-02T10:15:00Z");
    const alone = { dueSeconds, untilSeconds: dueSeconds, count: 1 };
    expect(drops).toEqual([{ scheduleId: "s1", reason, ...alone }]);
  });

  test("drops all that became due before anybody saw the edit, in one entry", async () => {
    await reconcile(makeSchedule({ cron: "*/15 * * * *" }));
    await clock.advance(65 * 60_000);
    await reconcile(makeSchedule({ cron: "10 * * * *" }));
    const [dueSeconds, untilSeconds] = [at("2026-03-02T10:15:00Z"), at("2026-03-02T11:00:00Z")];
    expect(await ledger()).toMatchObject([
      { due: String(dueSeconds), until: String(untilSeconds), count: "4", outcome: "dropped" },
    ]);
    const dropped = { scheduleId: "s1", reason: "edited", dueSeconds, untilSeconds, count: 4 };
    expect(drops).toEqual([dropped]);
  });

  test("drops the planned one alone when nobody can read the former definition", async () => {
    await reconcile(makeSchedule({ cron: "*/15 * * * *" }));
    await client.hset(keys.definitions, "s1", "no JSON");
    await clock.advance(65 * 60_000);
    await reconcile(makeSchedule({ cron: "10 * * * *" }));
    const [entry, ...others] = await ledger();
    expect(entry).toMatchObject({ outcome: "dropped", due: String(at("2026-03-02T10:15:00Z")) });
    expect([entry?.["count"], others]).toEqual([undefined, []]);
  });

  test("keeps a due occurrence when only what is run was edited", async () => {
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    await clock.advance(20 * 60_000);
    const edited = makeSchedule({ cron: "15 * * * *", queue: "long" });
    await reconcile(edited);
    expect(await members()).toEqual([
      `s1|${at("2026-03-02T10:15:00Z")}`,
      String(at("2026-03-02T10:15:00Z")),
    ]);
    expect(await client.hget(keys.planned, "s1")).toContain(edited.workFingerprint);
    expect(await ledger()).toEqual([]);
  });

  test("keeps an occurrence that became due while no daemon ran", async () => {
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    await clock.advance(5 * 3_600_000);
    expect(await reconcile(makeSchedule({ cron: "15 * * * *" }))).toMatchObject({ planned: 0 });
    expect(dues.get("s1")).toBe(at("2026-03-02T10:15:00Z"));
  });

  test("puts a lost member back", async () => {
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    await client.del(keys.agenda);
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    expect(await client.zcard(keys.agenda)).toBe(1);
  });

  test("does not plan again what was settled already", async () => {
    const due = at("2026-03-02T10:15:00Z");
    await client.hset(keys.settled, "s1", `${due} ${due}`);
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    expect(dues.get("s1")).toBe(at("2026-03-02T11:15:00Z"));
  });

  test("sets a settled instant back that lies more than a day ahead", async () => {
    const wrong = at("2027-03-02T10:15:00Z");
    await client.hset(keys.settled, "s1", `${wrong} ${wrong}`);
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    expect(dues.get("s1")).toBe(at("2026-03-02T10:15:00Z"));
    expect(await client.hget(keys.settled, "s1")).toBeNull();
    expect(await ledger()).toMatchObject([{ outcome: "clock_reset", due: String(wrong) }]);
  });

  test("plans anew what was planned from an instant more than a day ahead", async () => {
    clock = new FakeClock(at("2030-01-01T00:00:00Z") * 1000);
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    clock = new FakeClock(NOW * 1000);
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    expect(dues.get("s1")).toBe(at("2026-03-02T10:15:00Z"));
  });

  test("does nothing to a schedule that fired after it was read", async () => {
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    const settled = { ...EMPTY, score: "5", plan: "5 1 a b c", reason: "edited" };
    const due = at("2026-03-02T10:15:00Z");
    await client.hset(keys.settled, "s1", `${due} ${due}`);
    expect(await agenda().apply([{ kind: "plan", due: "5", ...settled }], NOW * 1000)).toEqual([
      { kind: "fired", droppedSeconds: null },
    ]);
    expect(dues.get("s1")).toBe(due);
    expect(await members()).toEqual([`s1|${due}`, String(due)]);
  });

  test("replaces what is planned at that moment, not what was read before", async () => {
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    const late = at("2026-03-02T10:45:00Z");
    // Another daemon planned it anew after we read.
    await reconcile(makeSchedule({ cron: "20 * * * *" }));
    const plan = { due: String(late), score: String(late), plan: `${late} 1 a b c` };
    expect(await agenda().apply([{ ...EMPTY, kind: "plan", ...plan }], NOW * 1000)).toEqual([
      { kind: "ok", droppedSeconds: null },
    ]);
    expect(await members()).toEqual([`s1|${late}`, String(late)]);
  });

  test("does nothing to a schedule whose timing another daemon planned after it was read", async () => {
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    const before = await members();
    const due = at("2026-03-02T11:15:00Z");
    const found = (await client.hget(keys.planned, "s1")) ?? "";
    const plan = found.replace(/^\d+/, String(due));
    const operation = { ...EMPTY, due: String(due), score: String(due), plan, change: "planned" };
    expect(await agenda().apply([{ ...operation, kind: "plan" }], NOW * 1000)).toEqual([
      { kind: "moved", droppedSeconds: null },
    ]);
    expect(await members()).toEqual(before);
  });

  test("refuses to plan an instant at or before the last settled one", async () => {
    const record = `${NOW} ${NOW}`;
    await client.hset(keys.settled, "s1", record);
    const plan = { settled: record, due: String(NOW), score: String(NOW), plan: `${NOW} 1 a b c` };
    const verdicts = await agenda().apply([{ ...EMPTY, kind: "plan", ...plan }], NOW * 1000);
    expect(verdicts).toEqual([{ kind: "settled", droppedSeconds: null }]);
    expect(await members()).toEqual([]);
  });

  test("adopts another daemon's entry that is an occurrence of the schedule", async () => {
    const due = at("2026-03-02T09:15:00Z");
    await client.zadd(keys.agenda, due, `s1|${due}`);
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    expect(dues.get("s1")).toBe(due);
    expect(await members()).toEqual([`s1|${due}`, String(due)]);
  });

  test("drops another daemon's entry that is no occurrence of the schedule", async () => {
    const due = at("2026-03-02T09:17:00Z");
    await client.zadd(keys.agenda, due, `s1|${due}`, due, `gone|${due}`, 7, "nonsense");
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    expect(await client.zrange(keys.agenda, 0, "-1")).toEqual([`s1|${at("2026-03-02T10:15:00Z")}`]);
    const dropped = await ledger();
    expect(new Set(dropped.map((entry) => entry["schedule"]))).toEqual(new Set(["gone", "s1"]));
    expect(
      new Set(drops.map(({ scheduleId, dueSeconds }) => `${scheduleId}|${dueSeconds}`)),
    ).toEqual(new Set([`gone|${due}`, `s1|${due}`]));
  });

  test("does not adopt what was settled before, and plans what follows", async () => {
    const due = at("2026-03-02T09:15:00Z");
    await client.zadd(keys.agenda, due, `s1|${due}`);
    await client.hset(keys.settled, "s1", `${due} ${due}`);
    const report = await reconcile(makeSchedule({ cron: "15 * * * *" }));
    expect(report).toMatchObject({ planned: 1, firedMeanwhile: [] });
    expect(dues.get("s1")).toBe(at("2026-03-02T10:15:00Z"));
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    expect(await client.zrange(keys.agenda, 0, "-1")).toEqual([`s1|${at("2026-03-02T10:15:00Z")}`]);
    // It did run: the ledger must not say otherwise.
    expect(await ledger()).toEqual([]);
  });

  test("adopts one of several entries that another daemon left, the earliest", async () => {
    const [first, second] = [at("2026-03-02T09:15:00Z"), at("2026-03-02T10:15:00Z")];
    await client.zadd(keys.agenda, second, `s1|${second}`, first, `s1|${first}`);
    await reconcile(makeSchedule({ cron: "15 * * * *" }));
    expect(await client.zrange(keys.agenda, 0, "-1")).toEqual([`s1|${first}`]);
    expect(await ledger()).toEqual([]);
  });

  test("adopts nothing for a schedule that is disabled, invalid or planned already", async () => {
    const due = at("2026-03-02T09:15:00Z");
    const active = makeSchedule({ id: "planned", cron: "15 * * * *" });
    await reconcile(active);
    for (const id of ["off", "bad", "planned"]) await client.zadd(keys.agenda, due, `${id}|${due}`);
    await reconcile(
      active,
      makeSchedule({ id: "off", cron: "15 * * * *", enabled: false }),
      makeSchedule({ id: "bad", cron: "15 * * * *", timeZone: "Mars/Olympus_Mons" }),
    );
    const planned = at("2026-03-02T10:15:00Z");
    expect(await client.zrange(keys.agenda, 0, "-1")).toEqual([`planned|${planned}`]);
    expect((await ledger()).map((entry) => entry["outcome"])).toEqual(Array(3).fill("dropped"));
  });

  test("leaves what belongs to a source that could not be read", async () => {
    await reconcile(makeSchedule({ id: "file-1" }), makeSchedule({ id: "sql-1" }));
    await client.zadd(keys.agenda, 7, "sql-2|7");
    await reconcileAgenda({
      agenda: agenda(),
      clock,
      tools: TOOLS,
      schedules: scheduleMap(makeSchedule({ id: "file-1" })),
      isDeleted: () => false,
      onPlanned: () => undefined,
    });
    expect(await client.hkeys(keys.planned)).toContain("sql-1");
    expect(await client.zscore(keys.agenda, "sql-2|7")).toBe("7");
  });

  test("spreads by jitter without changing what an occurrence is called", async () => {
    const schedule = makeSchedule({ cron: "15 * * * *", policy: { jitterSeconds: 600 } });
    await reconcile(schedule);
    const due = at("2026-03-02T10:15:00Z");
    const [member, score] = await members();
    expect(member).toBe(`s1|${due}`);
    expect(Number(score)).toBeGreaterThan(due);
    expect(Number(score)).toBeLessThan(due + 600);
  });

  test("handles thousands in bounded batches", async () => {
    const many = Array.from({ length: 2_300 }, (_, i) => makeSchedule({ id: `TS-${i}` }));
    expect(await reconcile(...many)).toMatchObject({ planned: 2_300 });
    expect(await client.zcard(keys.agenda)).toBe(2_300);
    expect(Number(await generation())).toBe(16);
    expect(await reconcile(...many)).toMatchObject({ planned: 0 });
    expect(await reconcile()).toMatchObject({ dropped: 2_300 });
    expect(await client.zcard(keys.agenda)).toBe(0);
  });

  test("keeps the history of definitions", async () => {
    await reconcile(makeSchedule({ cron: "15 * * * *", timeZone: "Asia/Tokyo" }));
    expect(JSON.parse((await client.hget(keys.definitions, "s1")) ?? "")).toEqual({
      since: NOW,
      cron: "15 * * * *",
      zone: "Asia/Tokyo",
      gap: "run_after",
      overlap: "first",
    });
    await reconcile(makeSchedule({ cron: "15 * * * *", timeZone: "Asia/Tokyo", queue: "long" }));
    await reconcile(makeSchedule({ cron: "45 * * * *", timeZone: "Asia/Tokyo" }));
    await reconcile(makeSchedule({ enabled: false }));
    const changes = await client.xrange(keys.changes, "-", "+");
    expect(changes.map(([, flat]) => flat[5])).toEqual(["planned", "work", "edited", "disabled"]);
    expect(await client.hlen(keys.definitions)).toBe(0);
  });

  test("writes nothing into a Redis that went back in time", async () => {
    const before = agenda();
    before.noteGeneration(7);
    const options = { agenda: before, clock, isDeleted: () => true, onPlanned: () => undefined };
    const late = reconcileAgenda({
      ...options,
      tools: TOOLS,
      schedules: scheduleMap(makeSchedule()),
    });
    expect(late).rejects.toThrow("OLDSTATE generation 0 is older than 7");
    expect(await members()).toEqual([]);
  });

  test("refuses to work on keys of another type, and says which", async () => {
    await client.set(keys.ledger, "something else");
    expect(reconcile(makeSchedule())).rejects.toThrow(
      `${keys.ledger} is a string, expected a stream`,
    );
    expect(await members()).toEqual([]);
  });
});
