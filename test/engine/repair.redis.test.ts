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

function repair({ agenda, book, clock }: Engine, isFirst = true): Promise<void> {
  return repairState({ agenda, book, clock, sourceId: "site", log: silentLog, isFirst });
}

async function startFired(minutes: number): Promise<Engine> {
  const engine = await startEngine({ server, nowSeconds: NOW });
  await engine.plan(makeSchedule());
  await engine.advance(minutes * 60);
  return engine;
}

/** Gives a function that brings Redis back to the present state. */
async function takeSnapshot(): Promise<() => Promise<void>> {
  const saved = new Map<string, Buffer>();
  for (const key of await client.keys("*")) {
    const dump = await client.dumpBuffer(key);
    if (dump !== null) saved.set(key, dump);
  }
  return async () => {
    await client.flushall();
    for (const [key, dump] of saved) await client.restore(key, 0, dump);
  };
}

/** A standby: it knows the schedule, and of its past what Redis held when it last read it. */
async function startStandby(): Promise<Engine> {
  const standby = await startEngine({ server, nowSeconds: NOW });
  standby.book.replace(scheduleMap(makeSchedule()), []);
  for (const [id, record] of await standby.agenda.settled(["s1"])) {
    standby.book.setSettled(id, record);
  }
  return standby;
}

/** The leader works for four minutes, of which a standby sees two; then Redis is back where it was before them. */
async function loseFourMinutes(leader: Engine): Promise<Engine> {
  const goBack = await takeSnapshot();
  await leader.advance(2 * 60);
  const standby = await startStandby();
  await leader.advance(2 * 60);
  await goBack();
  return standby;
}

const minute = (minutes: number): string => String(at("2026-03-02T10:00:00Z") + minutes * 60);

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
    const goBack = await takeSnapshot();
    await engine.advance(4 * 60);
    await goBack();
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

  test("after a state from before the first firing: all since then is lost", async () => {
    await using engine = await startFired(0);
    const goBack = await takeSnapshot();
    await engine.advance(3 * 60);
    await goBack();
    await repair(engine);
    expect(await engine.ledger()).toMatchObject([
      { outcome: "lost", due: minute(1), until: minute(3), count: "3" },
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

  test("a standby with an older memory comes first: all that is lost is told, by the one or the other", async () => {
    await using leader = await startFired(1);
    await using standby = await loseFourMinutes(leader);
    await repair(standby);
    await repair(leader, false);
    const ledger = await leader.ledger();
    expect(ledger.slice(1)).toMatchObject([
      { outcome: "lost", due: minute(2), until: minute(3), count: "2" },
      { outcome: "lost", due: minute(4), until: minute(5), count: "2" },
    ]);
    expect(await client.zrange(KEYS.agenda, 0, "-1")).toEqual([`s1|${minute(6)}`]);
  });

  test("what one daemon told as lost the other does not tell again", async () => {
    await using leader = await startFired(1);
    await using standby = await loseFourMinutes(leader);
    await Promise.all([repair(leader), repair(standby, false)]);
    const lost = (await leader.ledger()).filter(({ outcome }) => outcome === "lost");
    const told = lost.reduce((sum, { count }) => sum + Number(count), 0);
    expect(told).toBe(4);
    expect(lost.at(-1)).toMatchObject({ until: minute(5) });
  });

  test("what a wrong clock settled is not written back", async () => {
    await using engine = await startFired(1);
    const goBack = await takeSnapshot();
    engine.clock.stepWall(30 * 86_400_000);
    await engine.advance(60);
    engine.clock.stepWall(-30 * 86_400_000);
    await goBack();
    const planned = await client.hgetall(KEYS.planned);
    await repair(engine);
    expect(await client.hget(KEYS.settled, "s1")).toStartWith(minute(1));
    expect(await client.hgetall(KEYS.planned)).toEqual(planned);
  });

  test("keeps the lease between its batches", async () => {
    await using engine = await startFired(1);
    let kept = 0;
    await repairState({
      agenda: engine.agenda,
      book: engine.book,
      clock: engine.clock,
      sourceId: "site",
      log: silentLog,
      isFirst: true,
      keepLease: async () => {
        kept += 1;
      },
    });
    expect(kept).toBe(1);
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
