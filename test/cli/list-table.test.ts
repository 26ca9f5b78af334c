import { describe, expect, test } from "bun:test";
import { shortTime, spokenTime } from "../../src/base/times.ts";
import { listLines } from "../../src/cli/list-table.ts";
import type { ListOptions } from "../../src/cli/list-table.ts";
import type { ShowTime } from "../../src/cli/time-choice.ts";
import { makeStyle } from "../../src/cli/style.ts";
import { widthOf } from "../../src/cli/text.ts";
import type { ListRow } from "../../src/observe/listing.ts";

const symbols = makeStyle({ isTerminal: true, env: {}, color: false });
const nowMs = Date.parse("2026-03-07T12:00:00Z");

const ROW: ListRow = {
  id: "TS-000001",
  task: "Send statements",
  description: "",
  cron: "30 2 * * *",
  time_zone: "America/New_York",
  zone_rule: "schedule",
  queue: "default",
  state: "active",
  next: "2026-03-08T07:00:00Z",
  next_local: "2026-03-08T03:00:00-04:00",
  last: "2026-03-07T07:30:00Z",
  last_local: "2026-03-07T02:30:00-05:00",
  problem: null,
  warnings: [],
};
const IDLE = { next: null, next_local: null };
const ROWS: readonly ListRow[] = [
  { ...ROW, id: "毎日の報告", task: "reports.日報.run", queue: "short" },
  ROW,
  { ...ROW, ...IDLE, id: "TS-000002", state: "paused" },
  { ...ROW, ...IDLE, id: "TS-000003", state: "invalid", problem: "hour '25' is outside 0-23" },
  { ...ROW, ...IDLE, id: "TS-000004", state: "disabled" },
];

function optionsFor(rows: readonly ListRow[], width: number): ListOptions {
  const showTime: ShowTime = (utc, zoned) =>
    width < 120 ? shortTime(zoned ?? utc, nowMs) : spokenTime(zoned ?? utc);
  return { width, style: symbols, nowMs, showTime, total: rows.length };
}

function table(rows: readonly ListRow[], width: number): string {
  return `\n${listLines(rows, optionsFor(rows, width)).join("\n")}\n`;
}

describe("the table of btu list", () => {
  test("at 60 columns", () => {
    expect(table(ROWS, 60)).toMatchInlineSnapshot(`
      "
      NEXT                LEFT  SCHEDULE    STATE
      03-08 03:00 -04:00  19h   毎日の報告  active
      03-08 03:00 -04:00  19h   TS-000001   active
      -                   -     TS-000002   paused
      -                   -     TS-000003   invalid: hour '25' is…
      -                   -     TS-000004   disabled

      5 schedules: 2 active, 1 paused, 1 invalid, 1 disabled
      "
    `);
  });

  test("at 80 columns", () => {
    expect(table(ROWS, 80)).toMatchInlineSnapshot(`
      "
      NEXT                LEFT  SCHEDULE    QUEUE    STATE
      03-08 03:00 -04:00  19h   毎日の報告  short    active
      03-08 03:00 -04:00  19h   TS-000001   default  active
      -                   -     TS-000002   default  paused
      -                   -     TS-000003   default  invalid: hour '25' is outside 0-…
      -                   -     TS-000004   default  disabled

      5 schedules: 2 active, 1 paused, 1 invalid, 1 disabled
      "
    `);
  });

  test("at 160 columns", () => {
    expect(table(ROWS, 160)).toMatchInlineSnapshot(`
      "
      NEXT                            LEFT  LAST                            SCHEDULE    TASK              QUEUE    STATE
      Sun 2026-03-08 03:00:00 -04:00  19h   Sat 2026-03-07 02:30:00 -05:00  毎日の報告  reports.日報.run  short    active
      Sun 2026-03-08 03:00:00 -04:00  19h   Sat 2026-03-07 02:30:00 -05:00  TS-000001   Send statements   default  active
      -                               -     Sat 2026-03-07 02:30:00 -05:00  TS-000002   Send statements   default  paused
      -                               -     Sat 2026-03-07 02:30:00 -05:00  TS-000003   Send statements   default  invalid: hour '25' is outside 0-23
      -                               -     Sat 2026-03-07 02:30:00 -05:00  TS-000004   Send statements   default  disabled

      5 schedules: 2 active, 1 paused, 1 invalid, 1 disabled
      "
    `);
  });

  test("in a pipe is whole", () => {
    expect(table(ROWS, Infinity)).toMatchInlineSnapshot(`
      "
      NEXT                            LEFT  LAST                            SCHEDULE    TASK              QUEUE    STATE
      Sun 2026-03-08 03:00:00 -04:00  19h   Sat 2026-03-07 02:30:00 -05:00  毎日の報告  reports.日報.run  short    active
      Sun 2026-03-08 03:00:00 -04:00  19h   Sat 2026-03-07 02:30:00 -05:00  TS-000001   Send statements   default  active
      -                               -     Sat 2026-03-07 02:30:00 -05:00  TS-000002   Send statements   default  paused
      -                               -     Sat 2026-03-07 02:30:00 -05:00  TS-000003   Send statements   default  invalid: hour '25' is outside 0-23
      -                               -     Sat 2026-03-07 02:30:00 -05:00  TS-000004   Send statements   default  disabled

      5 schedules: 2 active, 1 paused, 1 invalid, 1 disabled
      "
    `);
  });

  test("without schedules says so", () => {
    expect(table([], 80)).toBe("\n0 schedules\n");
  });

  test("is never wider than the terminal", () => {
    for (let width = 20; width < 180; width += 1) {
      const lines = listLines(ROWS, optionsFor(ROWS, width));
      expect(lines.filter((line) => widthOf(line) > width)).toEqual([]);
    }
  });
});
