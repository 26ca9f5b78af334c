import { beforeEach, describe, expect, test } from "bun:test";
import { BuildError } from "../../src/job/builder.ts";
import { KEYS, startEngine } from "../support/engine.ts";
import type { Engine } from "../support/engine.ts";
import { startRedis } from "../support/redis-server.ts";
import { at, makeSchedule, scheduleMap } from "../support/schedules.ts";

const NOW = at("2026-03-02T10:00:57Z");
const DUE = at("2026-03-02T10:01:00Z");
const server = await startRedis();
const client = await server.client();

beforeEach(async () => {
  await client.flushall();
});

/** When each schedule fired, in milliseconds after it was due. */
async function lateness(engine: Engine): Promise<Record<string, number>> {
  const ledger = await engine.ledger();
  return Object.fromEntries(
    ledger.map(({ schedule, fired_ms: fired }) => [schedule, Number(fired) - DUE * 1000]),
  );
}

describe("a schedule in doubt", () => {
  test("waits for a second at most; others fire on time beside it", async () => {
    const asked: Array<readonly [id: string, sinceMs: number]> = [];
    await using engine = await startEngine({
      server,
      nowSeconds: NOW,
      isInDoubt: (id, sinceMs) => {
        if (id === "a") asked.push([id, sinceMs]);
        return id === "a";
      },
    });
    await engine.plan(makeSchedule({ id: "a" }), makeSchedule({ id: "b" }));
    await engine.advance(10);
    expect(await lateness(engine)).toEqual({ a: 1_000, b: 0 });
    // The instant that a read must not be older than is the due one, by the monotonic clock.
    expect(new Set(asked.map(([, sinceMs]) => sinceMs))).toEqual(new Set([3_000]));
  });

  test("fires as soon as the doubt is over", async () => {
    let isInDoubt = true;
    await using engine = await startEngine({
      server,
      nowSeconds: NOW,
      isInDoubt: () => isInDoubt,
    });
    await engine.plan(makeSchedule({ id: "a" }));
    await engine.advance(3.2);
    expect(await lateness(engine)).toEqual({});
    isInDoubt = false;
    engine.loop.look();
    await engine.done(1);
    expect(await lateness(engine)).toEqual({ a: 200 });
  });

  test("is not even built when its builder works at the due instant alone", async () => {
    const builds: number[] = [];
    let isInDoubt = true;
    await using engine = await startEngine({
      server,
      nowSeconds: NOW,
      isInDoubt: () => isInDoubt,
      builderFor: () => ({
        kind: "native",
        aheadSeconds: 0,
        concurrency: 1,
        build: () => {
          builds.push(engine.clock.nowMs() - DUE * 1000);
          return Promise.reject(new BuildError("it was asked for", { transient: false }));
        },
      }),
    });
    await engine.plan(makeSchedule({ id: "a" }));
    await engine.advance(3.4);
    expect(builds).toEqual([]);
    isInDoubt = false;
    engine.loop.look();
    await engine.done(1);
    expect(builds).toEqual([400]);
  });

  test("is not waited for when its occurrence is late or missed anyway", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW, isInDoubt: () => true });
    await engine.plan(makeSchedule({ id: "a" }));
    engine.clock.stepWall(5_500);
    await engine.advance(1);
    expect(await lateness(engine)).toEqual({ a: 2_500 });
  });

  test("does not fire from a definition that is not the newest read", async () => {
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(makeSchedule({ id: "a" }), makeSchedule({ id: "b" }));
    await engine.advance(2);
    // Read, and not on the agenda yet.
    engine.book.update(scheduleMap(makeSchedule({ id: "a", enabled: false })));
    await engine.advance(3);
    expect(await lateness(engine)).toEqual({ b: 0 });
    expect(await client.zrange(KEYS.agenda, 0, "-1")).toContain(`a|${DUE}`);
  });
});
