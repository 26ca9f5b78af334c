import { beforeEach, describe, expect, test } from "bun:test";
import { auditLedger } from "../../src/observe/audit.ts";
import type { AuditReport } from "../../src/observe/audit.ts";
import { KEYS, startEngine } from "../support/engine.ts";
import type { Engine } from "../support/engine.ts";
import { startRedis } from "../support/redis-server.ts";
import { at, makeSchedule, TOOLS } from "../support/schedules.ts";

const NOW = at("2026-03-02T10:00:30Z");
const server = await startRedis();
const client = await server.client();

beforeEach(async () => {
  await client.flushall();
});

function audit({ clock }: Engine, sinceSeconds = 0): Promise<AuditReport> {
  const nowSeconds = Math.floor(clock.nowMs() / 1000);
  return auditLedger({ client, keys: KEYS, ...TOOLS, sinceSeconds, nowSeconds });
}

/** Lets an engine work for some minutes, and a little more so that all is settled. */
async function work(engine: Engine, minutes: number): Promise<void> {
  await engine.advance(minutes * 60);
}

describe("auditLedger", () => {
  test("is clean after undisturbed work", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule({ id: "a" }), makeSchedule({ id: "b", cron: "*/5 * * * *" }));
    await work(engine, 20);
    expect(await audit(engine)).toMatchObject({
      schedules: 2,
      expected: 19 + 3,
      placed: 19 + 3,
      skipped: {},
      missing: 0,
      doubled: 0,
      unexpected: 0,
    });
  });

  test("names an occurrence that has no entry", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    await work(engine, 10);
    const entries = await client.xrange(KEYS.ledger, "-", "+");
    await client.del(KEYS.ledger);
    for (const [id, fields] of entries.toSpliced(1, 1))
      await client.xadd(KEYS.ledger, id, ...fields);
    expect(await audit(engine)).toMatchObject({
      missing: 1,
      missingFirst: [{ schedule: "s1", dueSeconds: at("2026-03-02T10:02:00Z") }],
    });
  });

  test("names an occurrence that was placed twice", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    await work(engine, 5);
    const due = at("2026-03-02T10:03:00Z");
    await client.xadd(
      KEYS.ledger,
      "*",
      "schedule",
      "s1",
      "due",
      due,
      "outcome",
      "late",
      "fired_ms",
      1,
    );
    expect(await audit(engine)).toMatchObject({
      missing: 0,
      doubled: 1,
      doubledFirst: [{ schedule: "s1", dueSeconds: due }],
    });
  });

  test("counts runs of missed occurrences with their reason", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    const schedule = makeSchedule({ policy: { misfire: "skip" } });
    await engine.plan(schedule);
    await work(engine, 2);
    engine.clock.stepWall(3_600_000);
    await engine.plan(schedule);
    await work(engine, 5);
    const report = await audit(engine);
    expect(report).toMatchObject({ missing: 0, doubled: 0, unexpected: 0 });
    expect(report.skipped["skipped_misfire"]).toBeGreaterThanOrEqual(58);
  });

  test("follows edits, disabled times and re-enabling", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    await work(engine, 3);
    await engine.plan(makeSchedule({ cron: "*/2 * * * *" }));
    await work(engine, 6);
    await engine.plan(makeSchedule({ enabled: false }));
    await work(engine, 10);
    await engine.plan(makeSchedule({ cron: "*/3 * * * *" }));
    await work(engine, 9);
    expect(await audit(engine)).toMatchObject({ missing: 0, doubled: 0, unexpected: 0 });
  });

  test("covers only what the ledger still holds", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    await work(engine, 10);
    await client.xtrim(KEYS.ledger, "MAXLEN", 4);
    // Stream ids carry the real time, the engine's clock a fake one: what counts is that the start is later.
    const report = await audit(engine);
    expect(report.sinceSeconds).toBeGreaterThan(NOW);
    expect(report.missing).toBe(0);
  });

  test("covers nothing from before the first definition", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule({ id: "a" }));
    await work(engine, 5);
    await engine.plan(makeSchedule({ id: "a" }), makeSchedule({ id: "b" }));
    await work(engine, 5);
    expect(await audit(engine, NOW - 7 * 86_400)).toMatchObject({
      sinceSeconds: NOW,
      isCut: false,
      missing: 0,
    });
    expect(await audit(engine, NOW + 60)).toMatchObject({ sinceSeconds: NOW + 60, isCut: false });
  });

  test("of a span that lies within the last minute covers nothing", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule());
    await work(engine, 5);
    const { sinceSeconds, untilSeconds, expected } = await audit(engine, NOW + 290);
    expect([untilSeconds - sinceSeconds, expected]).toEqual([0, 0]);
  });

  test("does not call missing what is still being tried", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW, mayFire: () => false });
    await engine.plan(makeSchedule({ cron: "0 * * * *" }));
    engine.clock.stepWall(2 * 3_600_000);
    expect(await audit(engine)).toMatchObject({ expected: 0, missing: 0 });
  });

  test("counts a year of lost seconds in no time", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule({ cron: "* * * * * * *" }));
    await client.hset(KEYS.planned, "s1", `${NOW + 31_536_000} 1 a b c`);
    engine.clock.stepWall(31_536_000_000);
    const startedMs = performance.now();
    const { missing } = await audit(engine);
    expect(missing).toBeGreaterThan(31_000_000);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
