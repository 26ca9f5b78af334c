import { describe, expect, test } from "bun:test";
import { DEFAULT_DST_POLICY } from "../../src/cron/dst-policy.ts";
import { ExpressionCache } from "../../src/cron/expression-cache.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { listRow } from "../../src/observe/listing.ts";
import type { ListContext, ListRow } from "../../src/observe/listing.ts";
import { defineSchedule } from "../../src/schedule/schedule.ts";
import type { ScheduleInput } from "../../src/schedule/schedule.ts";

const tools = { expressions: new ExpressionCache(), zones: openZoneData({ choice: "builtin" }) };
const nowSeconds = Date.parse("2026-03-07T12:00:00Z") / 1000;

const INPUT: ScheduleInput = {
  id: "TS-000001",
  task: "Send statements",
  description: "",
  enabled: true,
  cron: "30 2 * * *",
  timeZone: "America/New_York",
  zoneRule: "schedule",
  queue: "default",
  work: { kind: "btu_task", taskId: "Send statements", timeoutSeconds: 600, runsById: true },
  policy: {
    misfire: "run_once",
    misfireGraceSeconds: 60,
    maxCatchup: 1,
    overlap: "allow",
    jitterSeconds: 0,
    dst: DEFAULT_DST_POLICY,
  },
  problem: null,
};

function row(input: Partial<ScheduleInput>, context: Partial<ListContext> = {}): ListRow {
  const schedule = defineSchedule({ ...INPUT, ...input }, tools);
  const base = { nowSeconds, dueSeconds: undefined, lastSeconds: null, isPaused: false };
  return listRow(schedule, { ...base, ...context });
}

describe("a row of btu list", () => {
  test("warns of a zone in another letter case, and of traps", () => {
    const { time_zone: zone, warnings } = row({ timeZone: "asia/kolkata", cron: "*/90 * * * *" });
    expect(zone).toBe("Asia/Kolkata");
    expect(warnings).toEqual([
      'the time zone "asia/kolkata" is spelled "Asia/Kolkata"',
      expect.stringContaining("90"),
    ]);
  });

  test("has the next run in UTC and on the clock of the zone", () => {
    expect(row({})).toMatchObject({
      state: "active",
      next: "2026-03-08T07:00:00Z",
      next_local: "2026-03-08T03:00:00-04:00",
      problem: null,
    });
  });

  test("has what is planned in place of what would be next", () => {
    expect(row({}, { dueSeconds: nowSeconds - 60 })).toMatchObject({
      state: "active",
      next: "2026-03-07T11:59:00Z",
    });
  });

  test.each([
    [{ enabled: false }, {}, "disabled", null],
    [{ enabled: false, cron: "x" }, {}, "disabled", "cron expression has 1 field"],
    [{ cron: "0 25 * * *" }, {}, "invalid", "hour '25' is outside 0-23"],
    [{ timeZone: "EDT" }, {}, "invalid", "unknown time zone 'EDT'"],
    [{ cron: "0 0 30 2 *" }, {}, "never", "no such date up to the end of 2099"],
    [{}, { isPaused: true }, "paused", null],
  ])("%j %j is %s and has no next run", (input, context, state, problem) => {
    const found = row(input, context);
    expect([found.state, found.next, found.next_local]).toEqual([state, null, null] as never);
    expect(found.problem ?? "").toStartWith(problem ?? "");
  });

  test("tells the traps of its expression", () => {
    expect(row({ cron: "*/90 * * * *" }).warnings[0]).toContain("the step is larger");
    expect(row({}).warnings).toEqual([]);
  });
});
