import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import {
  isActive,
  nextDue,
  planFor,
  planRecord,
  scoreOf,
  wallSeconds,
} from "../../src/agenda/plan.ts";
import type { ActiveSchedule } from "../../src/agenda/plan.ts";
import { zoneTable } from "../../src/cron/zone.ts";
import type { OffsetChanges, Zone } from "../../src/cron/zone.ts";
import { defineSchedule } from "../../src/schedule/schedule.ts";
import { at, makeInput, makeSchedule, TOOLS } from "../support/schedules.ts";
import type { ScheduleParts } from "../support/schedules.ts";

function active(parts: ScheduleParts): ActiveSchedule {
  const schedule = makeSchedule(parts);
  if (!isActive(schedule)) throw new Error(schedule.problem ?? "not active");
  return schedule;
}

describe("jitter", () => {
  const cases = fc.record({
    id: fc.string({ minLength: 1, maxLength: 20 }).filter((id) => !id.includes("|")),
    cron: fc.constantFrom(
      "* * * * *",
      "*/7 * * * *",
      "0 3,4 * * *",
      "30 2 * * *",
      "*/2 * * * * * *",
    ),
    timeZone: fc.constantFrom("UTC", "Europe/Berlin", "Australia/Lord_Howe"),
    jitterSeconds: fc.integer({ min: 1, max: 100_000 }),
    from: fc.integer({ min: at("2026-03-01T00:00:00Z"), max: at("2026-11-30T00:00:00Z") }),
  });

  test("moves an occurrence by less than it may, and by less than half the distance to the next", () => {
    fc.assert(
      fc.property(cases, ({ from, jitterSeconds, ...parts }) => {
        const schedule = active({ ...parts, policy: { jitterSeconds } });
        const due = nextDue(schedule, from) ?? 0;
        const next = nextDue(schedule, due) ?? Infinity;
        const movedSeconds = scoreOf(schedule, due) - due;
        expect(movedSeconds).toBeGreaterThanOrEqual(0);
        expect(movedSeconds).toBeLessThan(Math.min(jitterSeconds, (next - due) / 2));
        expect(scoreOf(schedule, due)).toBeLessThan(scoreOf(schedule, next));
      }),
    );
  });

  test("is the same on every machine and after every restart", () => {
    const scores = ["TS-000001", "TS-000002", "TS-000003"].map((id) => {
      const schedule = active({ id, cron: "0 * * * *", policy: { jitterSeconds: 600 } });
      return Math.round((scoreOf(schedule, 0) % 3_600) * 1000);
    });
    // The first four bytes of the id's SHA-1, as a share of 600 s.
    expect(scores).toEqual([539_311, 494_417, 575_000]);
  });
});

/** A zone with these rules, and one schedule in it. */
function scheduleIn(changes: OffsetChanges, parts: ScheduleParts): ActiveSchedule {
  const zone: Zone = { ...zoneTable(changes), name: "UTC" };
  const zones = { ...TOOLS.zones, find: () => zone };
  const schedule = defineSchedule(makeInput(parts), { ...TOOLS, zones });
  if (!isActive(schedule)) throw new Error(schedule.problem ?? "not active");
  return schedule;
}

const HOUR = 3_600;
const BEFORE: OffsetChanges = { transitions: [], offsets: [0] };
const NOON = at("2026-03-02T12:00:00Z");

/** Of a schedule whose last run was its first one after eleven by the old rules: in how many hours after noon it runs by the new ones. */
function afterNewRules(rules: OffsetChanges, parts: ScheduleParts, nowSeconds = NOON): number {
  const old = scheduleIn(BEFORE, parts);
  const dueSeconds = nextDue(old, NOON - HOUR) ?? 0;
  const settled = { dueSeconds, wallSeconds: wallSeconds(old, dueSeconds) };
  const plan = planRecord(old, nextDue(old, dueSeconds) ?? 0, dueSeconds);
  const schedule = scheduleIn(rules, parts);
  const planned = planFor(schedule, { kind: "recompute", plan }, settled, nowSeconds);
  if (planned === null) throw new Error("nothing is planned");
  // Whoever computes it again, such as an audit, finds the same.
  expect(nextDue(schedule, planned.baseSeconds)).toBe(planned.dueSeconds);
  return (planned.dueSeconds - NOON) / HOUR;
}

describe("after new rules of a time zone", () => {
  test.each([
    ["a fixed time that was run at by the old ones is not run at again", "0 12 * * *", 25],
    [
      "nor at the very instant at which the next one was due by the old ones",
      "30 11,12 * * *",
      1.5,
    ],
    ["all that the old ones had by then are left out", "0,20,40 11,12 * * *", 2 / 3],
    ["what repeats goes on", "*/20 * * * *", -1 / 3],
    ["what is to come is where they put it", "0 12,15 * * *", 4],
  ])("by which clocks are an hour behind: %s", (_, cron, hours) => {
    // They say that clocks went back long before the last run.
    const rules = { transitions: [NOON - 10 * HOUR], offsets: [0, -HOUR] };
    expect(afterNewRules(rules, { cron })).toBeCloseTo(hours);
  });

  test("that change nothing about the last run, a time shown twice may run at both showings", () => {
    const rules = { transitions: [NOON + HOUR / 2], offsets: [0, -HOUR] };
    const both = { dst: { gap: "run_after", overlap: "both" } } as const;
    expect(afterNewRules(rules, { cron: "0 12 * * *", policy: both })).toBe(1);
    expect(afterNewRules(rules, { cron: "0 12 * * *" })).toBe(25);
  });

  test("an edit of the zone is no such news: the clocks of two zones tell nothing of each other", () => {
    const settled = { dueSeconds: NOON, wallSeconds: NOON };
    const edited = scheduleIn({ transitions: [], offsets: [-3 * HOUR] }, { cron: "0 12 * * *" });
    const plan = planFor(edited, { kind: "plan_anew" }, settled, NOON + 60);
    expect(plan?.dueSeconds).toBe(NOON + 3 * HOUR);
    expect(plan === null || planFor(edited, { kind: "recompute", plan }, settled, NOON + 120)).toEqual(plan); // prettier-ignore
  });

  test.each([
    ["is where they put it", "0 12,15 * * *", 2],
    ["is run right after a gap that swallows it", "0,30 12 * * *", 0.5],
  ])("by which clocks go forward soon: what is to come %s", (_, cron, hours) => {
    const rules = { transitions: [NOON + HOUR / 2], offsets: [0, HOUR] };
    expect(afterNewRules(rules, { cron })).toBe(hours);
  });

  test("what they move into the past is planned there, to be missed and not forgotten", () => {
    // It was due at 15:00; by the new rules the clock showed that at 13:00.
    const rules = { transitions: [NOON + HOUR / 2], offsets: [0, 2 * HOUR] };
    expect(afterNewRules(rules, { cron: "0 12,15 * * *" }, NOON + 2 * HOUR)).toBe(1);
  });
});
