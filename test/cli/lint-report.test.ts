import { describe, expect, test } from "bun:test";
import { lintSchedules } from "../../src/cli/lint-report.ts";
import { lintLines } from "../../src/cli/lint-screen.ts";
import { makeStyle } from "../../src/cli/style.ts";
import { DEFAULT_DST_POLICY } from "../../src/cron/dst-policy.ts";
import { ExpressionCache } from "../../src/cron/expression-cache.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { NO_ARGUMENTS } from "../../src/schedule/packed-call.ts";
import { defineSchedule } from "../../src/schedule/schedule.ts";
import type { Schedule, ScheduleInput } from "../../src/schedule/schedule.ts";

const tools = { expressions: new ExpressionCache(), zones: openZoneData({ choice: "builtin" }) };
const nowSeconds = Date.parse("2026-01-01T00:00:00Z") / 1000;

function schedule(id: string, cron: string, rest: Partial<ScheduleInput> = {}): Schedule {
  const input: ScheduleInput = {
    id,
    task: "reports.run",
    description: "",
    enabled: true,
    cron,
    timeZone: "America/New_York",
    zoneRule: "schedule",
    queue: "default",
    work: {
      kind: "call",
      function: "reports.run",
      call: NO_ARGUMENTS,
      timeoutSeconds: 180,
      resultTtlSeconds: 500,
      failureTtlSeconds: 500,
    },
    policy: {
      misfire: "run_once",
      misfireGraceSeconds: 60,
      maxCatchup: 1,
      overlap: "allow",
      jitterSeconds: 0,
      dst: DEFAULT_DST_POLICY,
    },
    problem: null,
    ...rest,
  };
  return defineSchedule(input, tools);
}

const SCHEDULES = [
  schedule("fine", "30 2 * * *"),
  schedule("trap", "*/90 * * * *"),
  schedule("never", "0 0 30 2 *"),
  schedule("bad", "0 25 * * *"),
  schedule("off-bad", "0 25 * * *", { enabled: false }),
  schedule("off", "0 9 * * *", { enabled: false, timeZone: "UTC" }),
];

test("a schedule without cron text or zone is named with its problem, and leaves no gap", () => {
  const options = { style: makeStyle({ isTerminal: false, env: {}, color: false }), width: 80 };
  const lines = [{ cron: null }, { cron: "  " }, { timeZone: null }].map((rest) => {
    const rows = lintSchedules([schedule("TS-1", "30 2 * * *", rest)], nowSeconds);
    return lintLines(rows, options).slice(0, 2);
  });
  expect(lines).toEqual([
    ["problem: TS-1  America/New_York  reports.run", "  problem: the schedule has no cron text"],
    ["problem: TS-1  America/New_York  reports.run", "  problem: the schedule has no cron text"],
    [
      "problem: TS-1  30 2 * * *  reports.run",
      "  problem: the schedule has no time zone, and none is configured",
    ],
  ]);
});

test("a zone in another letter case is a warning", () => {
  const [row] = lintSchedules([schedule("a", "@daily", { timeZone: "utc" })], nowSeconds);
  expect([row?.level, row?.time_zone]).toEqual(["warning", "UTC"]);
  expect(row?.warnings).toEqual(['the time zone "utc" is spelled "UTC"']);
});

describe("lintSchedules", () => {
  const rows = lintSchedules(SCHEDULES, nowSeconds);

  test("tells problems first, then warnings, then the others, each by their ids", () => {
    expect(rows.map(({ id, level }) => `${level} ${id}`)).toEqual([
      "problem bad",
      "problem never",
      "warning off-bad",
      "warning trap",
      "ok fine",
      "ok off",
    ]);
  });

  test("tells what each means, when it runs next and what clock changes do to it", () => {
    expect(rows.find(({ id }) => id === "fine")).toMatchObject({
      meaning: "At 02:30, every day.",
      next: { utc: "2026-01-01T07:30:00Z", local: "2026-01-01T02:30:00-05:00" },
      clock_changes: [
        { at: "2026-03-08T07:00:00Z", effect: "moved", runs: ["2026-03-08T07:00:00Z"] },
        { at: "2027-03-14T07:00:00Z", effect: "moved", runs: ["2027-03-14T07:00:00Z"] },
      ],
    });
  });

  test("follows the schedule's own choice for skipped times", () => {
    const policy = { ...SCHEDULES[0]!.policy, dst: { gap: "skip", overlap: "first" } as const };
    const [row] = lintSchedules([schedule("s", "30 2 * * *", { policy })], nowSeconds);
    expect(row?.clock_changes.map(({ effect }) => effect)).toEqual(["dropped", "dropped"]);
  });
});

describe("the screen of btu lint", () => {
  test("at 80 columns", () => {
    const style = makeStyle({ isTerminal: true, env: {}, color: false });
    const lines = lintLines(lintSchedules(SCHEDULES, nowSeconds), { width: 80, style });
    expect(`\n${lines.join("\n")}\n`).toMatchInlineSnapshot(`
      "
      ✖ bad  0 25 * * *  America/New_York  reports.run
        problem: hour '25' is outside 0-23

      ✖ never  0 0 30 2 *  America/New_York  reports.run
        problem: it never runs: no such date up to the end of 2099
        At 00:00, on day 30 of February. There is no such date: it never runs.

      ⚠ off-bad (disabled)  0 25 * * *  America/New_York  reports.run
        problem: hour '25' is outside 0-23

      ⚠ trap  */90 * * * *  America/New_York  reports.run
        warning: minute '*/90': the step is larger than what follows, so it means 0
                 only, not every 90
        Every hour, every day.
        Next: Wed 2025-12-31 20:00:00 -05:00, 2026-01-01T01:00:00Z

      ✔ fine  30 2 * * *  America/New_York  reports.run
        At 02:30, every day.
        Next: Thu 2026-01-01 02:30:00 -05:00, 2026-01-01T07:30:00Z
        Clock change 2026-03-08: 02:30 is skipped by the clock; runs at 03:00 instead
        Clock change 2027-03-14: 02:30 is skipped by the clock; runs at 03:00 instead

      ✔ off (disabled)  0 9 * * *  UTC  reports.run
        At 09:00, every day.
        Next: Thu 2026-01-01 09:00:00 UTC, 2026-01-01T09:00:00Z

      6 schedules: 2 problems, 2 warnings
      "
    `);
  });
});
