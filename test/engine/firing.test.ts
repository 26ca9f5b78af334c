import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { isActive, nextDue } from "../../src/agenda/plan.ts";
import type { ActiveSchedule } from "../../src/agenda/plan.ts";
import { decideFiring } from "../../src/engine/firing.ts";
import { at, makeSchedule } from "../support/schedules.ts";
import type { ScheduleParts } from "../support/schedules.ts";

const PLANNED = at("2026-03-02T10:00:00Z");

function active(parts: ScheduleParts): ActiveSchedule {
  const schedule = makeSchedule(parts);
  if (!isActive(schedule)) throw new Error(schedule.problem ?? "not active");
  return schedule;
}

function hourly(policy: ScheduleParts["policy"] = {}): ActiveSchedule {
  return active({ cron: "0 * * * *", policy });
}

describe("decideFiring", () => {
  test.each([0, 1, 59, 60])("places what is %p s late, whatever the policy", (late) => {
    const firing = decideFiring(hourly({ misfire: "skip" }), PLANNED, PLANNED + late);
    expect(firing).toMatchObject({
      isPlaced: true,
      dueSeconds: PLANNED,
      missed: null,
      outcome: "fired",
    });
    expect(firing.nextSeconds).toBe(PLANNED + 3600);
  });

  test("run_once places the newest missed one and gives up those before it", () => {
    expect(decideFiring(hourly(), PLANNED, PLANNED + 5 * 3600 + 100)).toMatchObject({
      isPlaced: true,
      outcome: "late",
      dueSeconds: PLANNED + 5 * 3600,
      missed: { dueSeconds: PLANNED, untilSeconds: PLANNED + 4 * 3600, count: 5 },
      nextSeconds: PLANNED + 6 * 3600,
    });
  });

  test("run_once leaves what is up to a minute late to be placed in order", () => {
    const minutely = active({ cron: "* * * * *" });
    const firing = decideFiring(minutely, PLANNED, PLANNED + 10 * 60 + 30);
    expect(firing).toMatchObject({ dueSeconds: PLANNED + 9 * 60, nextSeconds: PLANNED + 10 * 60 });
  });

  test("skip gives all missed ones up as one", () => {
    expect(decideFiring(hourly({ misfire: "skip" }), PLANNED, PLANNED + 7300)).toMatchObject({
      isPlaced: false,
      outcome: "skipped_misfire",
      dueSeconds: PLANNED + 7200,
      missed: { dueSeconds: PLANNED, untilSeconds: PLANNED + 3600, count: 2 },
    });
  });

  test.each(["run_once", "run_all"] as const)(
    "%s gives up what is older than the grace",
    (misfire) => {
      const schedule = active({
        cron: "0 0 * * *",
        policy: { misfire, misfireGraceSeconds: 3600 },
      });
      const midnight = at("2026-03-02T00:00:00Z");
      expect(decideFiring(schedule, midnight, midnight + 7200)).toMatchObject({
        isPlaced: false,
        outcome: "skipped_misfire",
        missed: null,
        reason: "missed, and older than the misfire grace",
      });
    },
  );

  test.each(["run_once", "run_all"] as const)(
    "%s runs what is as old as the grace, and not what is a second older",
    (misfire) => {
      const policy = { misfire, misfireGraceSeconds: 600 };
      const schedule = active({ cron: "0 0 * * *", policy });
      const midnight = at("2026-03-02T00:00:00Z");
      expect(decideFiring(schedule, midnight, midnight + 600).isPlaced).toBeTrue();
      expect(decideFiring(schedule, midnight, midnight + 601).isPlaced).toBeFalse();
    },
  );

  test("run_all places one after the other, from the oldest within grace", () => {
    const schedule = hourly({ misfire: "run_all", misfireGraceSeconds: 3 * 3600 });
    expect(decideFiring(schedule, PLANNED, PLANNED + 5 * 3600 + 100)).toMatchObject({
      isPlaced: true,
      dueSeconds: PLANNED + 3 * 3600,
      missed: { dueSeconds: PLANNED, untilSeconds: PLANNED + 2 * 3600, count: 3 },
      nextSeconds: PLANNED + 4 * 3600,
    });
  });

  test("run_all keeps only the newest max_catchup", () => {
    const schedule = hourly({ misfire: "run_all", maxCatchup: 2 });
    expect(decideFiring(schedule, PLANNED, PLANNED + 5 * 3600 + 100)).toMatchObject({
      dueSeconds: PLANNED + 4 * 3600,
      missed: { count: 4 },
    });
  });

  test("a schedule of seconds that was down for a year is decided at once", () => {
    const schedule = active({ cron: "* * * * * * *", policy: { misfire: "run_all" } });
    const year = 365 * 86_400;
    const startedMs = performance.now();
    const firing = decideFiring(schedule, PLANNED, PLANNED + year);
    expect(performance.now() - startedMs).toBeLessThan(500);
    // 60 s are late and still to come; of the rest the newest hundred run.
    expect(firing.missed?.count).toBe(year - 60 - 100);
    expect(firing.dueSeconds).toBe(PLANNED + year - 60 - 100);
  });

  test("every occurrence is placed, given up or still to come, and none twice", () => {
    const crons = [
      "*/7 * * * *",
      "0 */3 * * *",
      "30 2 * * *",
      "15 14 1 * *",
      "*/20 30 9 * * 1-5 *",
    ];
    const zones = ["UTC", "America/New_York", "Australia/Lord_Howe"];
    const misfires = ["run_once", "skip", "run_all"] as const;
    const cases = fc.record({
      cron: fc.constantFrom(...crons),
      timeZone: fc.constantFrom(...zones),
      misfire: fc.constantFrom(...misfires),
      misfireGraceSeconds: fc.integer({ min: 0, max: 3 * 86_400 }),
      maxCatchup: fc.integer({ min: 1, max: 30 }),
      start: fc.integer({ min: at("2026-01-01T00:00:00Z"), max: at("2027-01-01T00:00:00Z") }),
      downSeconds: fc.integer({ min: 0, max: 4 * 86_400 }),
    });
    fc.assert(
      fc.property(cases, ({ cron, timeZone, start, downSeconds, ...policy }) => {
        const schedule = active({ cron, timeZone, policy });
        let planned = nextDue(schedule, start) ?? 0;
        const now = start + downSeconds;
        const first = planned;
        let accounted = 0;
        let placed = 0;
        while (planned <= now) {
          const firing = decideFiring(schedule, planned, now);
          expect(firing.dueSeconds).toBeLessThanOrEqual(now);
          accounted += (firing.missed?.count ?? 0) + 1;
          const isMissed = firing.dueSeconds < now - 60;
          if (firing.isPlaced && isMissed) {
            placed += 1;
            expect(firing.dueSeconds).toBeGreaterThanOrEqual(now - policy.misfireGraceSeconds);
          }
          expect(firing.nextSeconds).toBe(nextDue(schedule, firing.dueSeconds));
          planned = firing.nextSeconds ?? Infinity;
        }
        expect(accounted).toBe(countTo(schedule, first, now));
        const most = { run_once: 1, skip: 0, run_all: policy.maxCatchup }[policy.misfire];
        expect(placed).toBeLessThanOrEqual(most);
      }),
    );
  });
});

function countTo(schedule: ActiveSchedule, first: number, upto: number): number {
  let count = 0;
  for (let due: number | null = first; due !== null && due <= upto; count += 1) {
    due = nextDue(schedule, due);
  }
  return count;
}
