/** New time zone data while the daemon runs, or while it did not: on a real Redis, with the ledger as witness. */
import { beforeEach, describe, expect, test } from "bun:test";
import { zoneTable } from "../../src/cron/zone.ts";
import type { OffsetChanges, Zone } from "../../src/cron/zone.ts";
import type { Schedule } from "../../src/schedule/schedule.ts";
import { defineSchedule } from "../../src/schedule/schedule.ts";
import { startEngine } from "../support/engine.ts";
import type { Engine } from "../support/engine.ts";
import { startRedis } from "../support/redis-server.ts";
import { at, makeInput, TOOLS } from "../support/schedules.ts";
import type { ScheduleParts } from "../support/schedules.ts";

const NOW = at("2026-03-02T11:50:00Z");
const HOUR = 3_600;
const server = await startRedis();
const client = await server.client();

beforeEach(async () => {
  await client.flushall();
});

/** A schedule in a zone with these rules. */
function under(changes: OffsetChanges, parts: ScheduleParts): Schedule {
  const zone: Zone = { ...zoneTable(changes), name: "UTC" };
  return defineSchedule(makeInput(parts), {
    ...TOOLS,
    zones: { ...TOOLS.zones, find: () => zone },
  });
}

const OLD: OffsetChanges = { transitions: [], offsets: [0] };
/** By the new rules clocks went back an hour in the night. */
const BEHIND: OffsetChanges = { transitions: [NOW - 9 * HOUR], offsets: [0, -HOUR] };
/** By the new rules clocks go forward two hours at 12:30. */
const AHEAD: OffsetChanges = { transitions: [NOW + 40 * 60], offsets: [0, 2 * HOUR] };

function time(due = ""): string {
  return new Date(Number(due) * 1000).toISOString().slice(11, 16);
}

async function told(engine: Engine): Promise<string[]> {
  return (await engine.ledger()).map(({ outcome, due }) => `${time(due)} ${outcome}`);
}

describe("new time zone rules", () => {
  test("bring no second run at a wall time that was run at", async () => {
    const twice = { cron: "0,30 12 * * *" };
    await using engine = await startEngine({ server, nowSeconds: NOW });
    await engine.plan(under(OLD, twice));
    await engine.jump(15 * 60);
    await engine.plan(under(BEHIND, twice));
    await engine.jump(100 * 60);
    // 12:00 was run at by the old rules; 12:30 is at 13:30 UTC by the new ones.
    expect(await told(engine)).toEqual(["12:00 fired", "13:30 fired"]);
  });

  test.each([
    ["run_once", "13:00 late"],
    ["skip", "13:00 skipped_misfire"],
  ] as const)(
    "that move an occurrence into the past make it a misfire: %s",
    async (misfire, end) => {
      const daily = { cron: "0 15 * * *", policy: { misfire } };
      await using engine = await startEngine({ server, nowSeconds: NOW });
      await engine.plan(under(OLD, daily));
      await engine.jump(2 * HOUR);
      expect(await told(engine)).toEqual([]);
      // It is 13:50 UTC; by the new rules it was 15:00 in the zone 50 minutes ago.
      await engine.plan(under(AHEAD, daily));
      await engine.jump(2);
      expect(await told(engine)).toEqual([end]);
      await engine.jump(3 * HOUR);
      expect(await told(engine)).toEqual([end]);
    },
  );

  test("that came while no daemon ran act when one does", async () => {
    const daily = { cron: "0 15 * * *" };
    await using before = await startEngine({ server, nowSeconds: NOW });
    await before.plan(under(OLD, daily));
    await before[Symbol.asyncDispose]();
    await using after = await startEngine({ server, nowSeconds: NOW + 60 });
    await after.plan(under(AHEAD, daily));
    await after.jump(2 * HOUR);
    expect(await told(after)).toEqual(["13:00 fired"]);
  });
});
