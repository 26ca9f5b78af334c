import { beforeEach, describe, expect, test } from "bun:test";
import { silentLog } from "../../src/base/log.ts";
import { repairState } from "../../src/engine/repair.ts";
import { KEYS, startEngine } from "../support/engine.ts";
import type { Engine } from "../support/engine.ts";
import { startRedis } from "../support/redis-server.ts";
import { at, makeSchedule, scheduleMap } from "../support/schedules.ts";

const NOW = at("2026-03-02T10:00:30Z");
const server = await startRedis();
const client = await server.client();

beforeEach(async () => {
  await client.flushall();
});

function repair({ agenda, book }: Engine, isFirst = true): Promise<void> {
  return repairState({ agenda, book, sourceId: "site", log: silentLog, isFirst });
}

async function startFired(minutes: number): Promise<Engine> {
  const engine = await startEngine({ server, nowSeconds: NOW });
  await engine.plan(makeSchedule());
  await engine.advance(minutes * 60);
  return engine;
}

describe("repairState", () => {
  test("after a flush: nothing is placed again, and the last job is entered as lost", async () => {
    await using engine = await startFired(3);
    await client.flushall();
    await repair(engine);
    engine.loop.refresh();
    await engine.advance(60);
    const ledger = await engine.ledger();
    expect(ledger).toMatchObject([
      { outcome: "lost", due: String(at("2026-03-02T10:03:00Z")), count: "1" },
      { outcome: "fired", due: String(at("2026-03-02T10:04:00Z")) },
    ]);
  });

  test("after an older state came back: what was placed since is lost, not placed again", async () => {
    await using engine = await startFired(1);
    const saved = new Map<string, Buffer>();
    for (const key of await client.keys("*")) {
      const dump = await client.dumpBuffer(key);
      if (dump !== null) saved.set(key, dump);
    }
    await engine.advance(4 * 60);
    await client.flushall();
    for (const [key, dump] of saved) await client.restore(key, 0, dump);
    await repair(engine);
    engine.loop.refresh();
    await engine.advance(60);
    const ledger = await engine.ledger();
    expect(ledger.slice(1)).toMatchObject([
      {
        outcome: "lost",
        due: String(at("2026-03-02T10:02:00Z")),
        until: String(at("2026-03-02T10:05:00Z")),
        count: "4",
      },
      { outcome: "fired", due: String(at("2026-03-02T10:06:00Z")) },
    ]);
  });

  test("what became due during the outage is caught up from what is remembered", async () => {
    await using engine = await startFired(1);
    await client.flushall();
    engine.clock.stepWall(45_000);
    await repair(engine);
    engine.loop.refresh();
    await engine.advance(1);
    expect(await engine.ledger()).toMatchObject([
      { outcome: "lost" },
      { outcome: "late", due: String(at("2026-03-02T10:02:00Z")) },
    ]);
  });

  test("nothing is placed before the repair", async () => {
    await using engine = await startFired(1);
    await engine.advance(20);
    await client.flushall();
    await engine.advance(15);
    expect(await client.keys("rq:*")).toEqual([]);
    expect(engine.loop.problem).toContain("OLDSTATE");
  });

  test("writes pauses back, and guards of the overlap policy", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule({ policy: { overlap: "skip" } }));
    await engine.advance(60);
    engine.book.setPauses(new Map([["s2", '{"note":"x"}']]));
    const guard = await client.hget(KEYS.lastJob, "s1");
    await client.flushall();
    await repair(engine);
    expect(await client.hgetall(KEYS.paused)).toEqual({ s2: '{"note":"x"}' });
    expect(JSON.parse((await client.hget(KEYS.lastJob, "s1")) ?? "")).toEqual(
      JSON.parse(guard ?? ""),
    );
  });

  test("what never fired is still caught up when it became due during the outage", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule({ cron: "1 10 2 * *" }));
    await engine.advance(20);
    await client.flushall();
    engine.clock.stepWall(20_000);
    await repair(engine);
    engine.loop.refresh();
    await engine.advance(1);
    expect(await engine.ledger()).toMatchObject([
      { outcome: "late", due: String(at("2026-03-02T10:01:00Z")) },
    ]);
  });

  test("what was due before an edit is not caught up by the new definition", async () => {
    await using engine = await startFired(1);
    const edited = makeSchedule({ cron: "30 0-58/2 * * * * *" });
    engine.book.replace(scheduleMap(edited), []);
    await client.flushall();
    engine.clock.stepWall(5 * 60_000);
    await repair(engine);
    expect(await client.hgetall(KEYS.planned)).toEqual({});
    await engine.plan(edited);
    await engine.advance(120);
    const placed = (await engine.ledger()).filter(({ outcome }) => outcome !== "lost");
    expect(placed.map(({ due }) => Number(due))).toEqual([at("2026-03-02T10:08:30Z")]);
  });

  test("an occurrence that was settled is not planned again, whatever was read meanwhile", async () => {
    await using engine = await startFired(3);
    await client.flushall();
    engine.book.setDue("s1", at("2026-03-02T10:02:00Z"));
    await repair(engine);
    expect(await client.zrange(KEYS.agenda, 0, "-1")).toEqual([`s1|${at("2026-03-02T10:04:00Z")}`]);
  });

  test("changes nothing where Redis knows as much", async () => {
    await using engine = await startFired(2);
    const [planned, settled] = [
      await client.hgetall(KEYS.planned),
      await client.hgetall(KEYS.settled),
    ];
    await repair(engine, false);
    expect(await client.hgetall(KEYS.planned)).toEqual(planned);
    expect(await client.hgetall(KEYS.settled)).toEqual(settled);
    expect(await engine.ledger()).toHaveLength(2);
  });
});
