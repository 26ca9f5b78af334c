import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { touchedRuns, touchedText } from "../../src/cron/clock-changes.ts";
import { DEFAULT_DST_POLICY } from "../../src/cron/dst-policy.ts";
import type { DstPolicy } from "../../src/cron/dst-policy.ts";
import { parseExpression } from "../../src/cron/expression.ts";
import { countInstants } from "../../src/cron/span.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { RUNS, changeWithText, dstPolicy } from "./arbitrary.ts";

const zones = openZoneData({ choice: "builtin" });
const at = (text: string): number => Date.parse(text) / 1000;

function touched(text: string, name: string, year: number, dst: DstPolicy = DEFAULT_DST_POLICY) {
  const span = {
    afterSeconds: at(`${year}-01-01T00:00:00Z`),
    uptoSeconds: at(`${year + 1}-01-01T00:00:00Z`),
  };
  return touchedRuns(parseExpression(text), zones.find(name), span, dst);
}

describe("runs that a clock change touches", () => {
  test.each([
    [
      "30 2 * * *",
      "America/New_York",
      2026,
      ["2026-03-08: 02:30 is skipped by the clock; runs at 03:00 instead"],
    ],
    [
      "0,30 2 * * *",
      "America/New_York",
      2026,
      ["2026-03-08: 02:00 and 02:30 are skipped by the clock; one run at 03:00 stands for all"],
    ],
    [
      "0 2,3 * * *",
      "America/New_York",
      2026,
      ["2026-03-08: 02:00 is skipped by the clock; one run at 03:00 stands for all"],
    ],
    [
      "30 1 * * *",
      "America/New_York",
      2026,
      ["2026-11-01: 01:30 is shown twice by the clock; runs at the first showing only"],
    ],
    [
      "*/15 1 * * *",
      "America/New_York",
      2026,
      ["2026-11-01: 01:00, 01:15, 01:30 and 01:45 are shown twice by the clock; run both times"],
    ],
    [
      "* * 2 * * * *",
      "Europe/Berlin",
      2026,
      [
        "2026-03-29: 02:00, 02:00:01, 02:00:02, 02:00:03 and 3596 more are skipped by the clock; one run at 03:00 stands for all",
        "2026-10-25: 02:00, 02:00:01, 02:00:02, 02:00:03 and 3596 more are shown twice by the clock; run both times",
      ],
    ],
    [
      "15 * * * *",
      "Australia/Lord_Howe",
      2026,
      ["2026-10-04: 02:15 is skipped by the clock; does not run"],
    ],
    [
      "45 * * * *",
      "Australia/Lord_Howe",
      2026,
      ["2026-04-05: 01:45 is shown twice by the clock; runs both times"],
    ],
    [
      "0 12 * * *",
      "Pacific/Apia",
      2011,
      ["2011-12-30: 12:00 is skipped by the clock; runs at 2011-12-31 00:00 instead"],
    ],
    [
      "45 23 * * *",
      "Asia/Pyongyang",
      2018,
      ["2018-05-04: 23:45 is skipped by the clock; runs at 2018-05-05 00:00 instead"],
    ],
    ["30 * * * *", "America/New_York", 2026, []],
    ["*/15 * * * *", "Australia/Lord_Howe", 2026, []],
    ["0 12 * * *", "America/New_York", 2026, []],
    ["30 2 * * *", "Asia/Kolkata", 2026, []],
  ])("%s in %s in %d", (text, name, year, lines) => {
    expect(touched(text, name, year).map(touchedText)).toEqual(lines);
  });

  test.each([
    [
      "skip",
      "first",
      [
        "2026-03-08: 02:30 is skipped by the clock; does not run",
        "2026-11-01: 01:30 is shown twice by the clock; runs at the first showing only",
      ],
    ],
    [
      "run_after",
      "both",
      [
        "2026-03-08: 02:30 is skipped by the clock; runs at 03:00 instead",
        "2026-11-01: 01:30 is shown twice by the clock; runs both times",
      ],
    ],
    [
      "run_after",
      "last",
      [
        "2026-03-08: 02:30 is skipped by the clock; runs at 03:00 instead",
        "2026-11-01: 01:30 is shown twice by the clock; runs at the last showing only",
      ],
    ],
  ] as const)("follow the choice %s, %s", (gap, overlap, lines) => {
    expect(
      touched("30 1,2 * * *", "America/New_York", 2026, { gap, overlap }).map(touchedText),
    ).toEqual([...lines]);
  });

  test("are told as data", () => {
    expect(touched("30 2 * * *", "America/New_York", 2026)).toEqual([
      {
        atSeconds: at("2026-03-08T07:00:00Z"),
        offsetBefore: -18_000,
        offsetAfter: -14_400,
        effect: "moved",
        wallTimes: ["2026-03-08T02:30:00"],
        wallTimesCount: 1,
        runsSeconds: [at("2026-03-08T07:00:00Z")],
      },
    ]);
  });

  test("do run at the instants told, and in repeated hours at no others", () => {
    fc.assert(
      fc.property(changeWithText, dstPolicy, ({ zone, at: changed, text }, dst) => {
        const expression = parseExpression(text);
        const count = (afterSeconds: number, uptoSeconds: number): number =>
          countInstants(expression, zone, { afterSeconds, uptoSeconds }, dst);
        const span = { afterSeconds: changed - 1, uptoSeconds: changed };
        for (const run of touchedRuns(expression, zone, span, dst)) {
          expect(run.runsSeconds.map((each) => count(each - 1, each))).toEqual(
            run.runsSeconds.map(() => 1),
          );
          const repeated = run.offsetBefore - run.offsetAfter;
          fc.pre(repeated > 0 && run.wallTimesCount === run.wallTimes.length);
          expect(count(changed - repeated - 1, changed + repeated - 1)).toBe(
            run.runsSeconds.length,
          );
        }
      }),
      { numRuns: RUNS.short },
    );
  });
});
