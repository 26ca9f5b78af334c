import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { describeExpression } from "../../src/cron/describe.ts";
import { parseExpression } from "../../src/cron/expression.ts";
import { expressionWarnings } from "../../src/cron/expression-warnings.ts";
import { RUNS, expressionText, expressionWithSeconds } from "./arbitrary.ts";

describe("description of an expression", () => {
  test.each([
    ["* * * * *", "Every minute, every day."],
    ["*/15 * * * *", "Every 15 minutes, every day."],
    ["*/15 9-17 * * 1-5", "Every 15 minutes from 09:00 to 17:45, on Mondays to Fridays."],
    ["*/15 9,13,17 * * *", "Every 15 minutes of the hours 9, 13 and 17, every day."],
    ["5/15 * * * *", "Every 15 minutes from minute 5 to 50 of every hour, every day."],
    [
      "*/7 */2 * * *",
      "Every 7 minutes from minute 0 to 56 of every 2nd hour from 0 to 22, every day.",
    ],
    ["*/90 * * * *", "Every hour, every day."],
    ["30 * * * *", "At minute 30 of every hour, every day."],
    ["5,10,20-30 * * * *", "At minutes 5, 10 and 20 to 30 of every hour, every day."],
    ["50-10 * * * *", "At minutes 0 to 10 and 50 to 59 of every hour, every day."],
    ["0 22 * * 1-5", "At 22:00, on Mondays to Fridays."],
    ["0,30 9-11 * * *", "At 09:00, 09:30, 10:00, 10:30, 11:00 and 11:30, every day."],
    ["0 22-2 * * *", "At 00:00, 01:00, 02:00, 22:00 and 23:00, every day."],
    ["0 */2 * * *", "Every 2 hours from 00:00 to 22:00, every day."],
    ["30 8-18 * * *", "Every hour from 08:30 to 18:30, every day."],
    ["0 0-5,8-12 * * *", "At minute 0 of the hours 0 to 5 and 8 to 12, every day."],
    ["0 0 13 * *", "At 00:00, on day 13 of the month."],
    ["0 0 13 * 5", "At 00:00, on day 13 of the month and also on Fridays."],
    [
      "0 0 */2 * 1,3",
      "At 00:00, on every 2nd day from day 1 to day 31 of the month, but only when that is Monday or Wednesday.",
    ],
    ["0 0 1 */3 *", "At 00:00, on day 1 of January, April, July and October."],
    ["0 0 1-31 * 1", "At 00:00, every day."],
    ["0 0 L * *", "At 00:00, on the last day of the month."],
    ["0 0 1,15,L 2 *", "At 00:00, on days 1 and 15 and the last day of February."],
    ["0 0 L 2 1", "At 00:00, on the last day of the month and also on Mondays, in February."],
    ["0 0 * * 5L", "At 00:00, on the last Friday of the month."],
    ["0 0 * * MON#1,MON#3", "At 00:00, on the first Monday and the third Monday of the month."],
    ["0 0 * * 2,5#2 ", "At 00:00, on Tuesdays and the second Friday of the month."],
    ["0 0 * * Fri-Mon", "At 00:00, on Fridays to Mondays."],
    ["0 0 * * Sat-Sun", "At 00:00, on Saturdays and Sundays."],
    ["0 9 * nov-feb *", "At 09:00, every day in November to February."],
    ["0 9 * 3 1-5 2026-2028", "At 09:00, on Mondays to Fridays in March, in 2026 to 2028."],
    ["0 0 1 7 * 2027/2", "At 00:00, on day 1 of July, every 2nd year from 2027 to 2099."],
    ["* * * * * * *", "Every second, every day."],
    ["*/10 * 9 * * * *", "Every 10 seconds from 09:00 to 09:59, every day."],
    ["30 */5 * * * * *", "Every 5 minutes, at second 30 of each such minute, every day."],
    ["15,45 30 2 * * * *", "At 02:30:15 and 02:30:45, every day."],
    ["0 0 31 * *", "At 00:00, on day 31 of the month. Months without such a day are skipped."],
    ["0 0 31 12 *", "At 00:00, on day 31 of December."],
    ["0 0 30 2 *", "At 00:00, on day 30 of February. There is no such date: it never runs."],
    ["@weekly", "At 00:00, on Sundays."],
  ])("%s: %s", (text, description) => {
    expect(describeExpression(parseExpression(text))).toBe(description);
  });

  test("is a sentence or two for any expression", () => {
    fc.assert(
      fc.property(fc.oneof(expressionText, expressionWithSeconds), (text) => {
        expect(describeExpression(parseExpression(text))).toMatch(
          /^(Every|At) (?!.*(undefined|NaN|null| {2}| ,|\b(and|or|to) [,.]))[^.]+\.( [^.]+\.)?$/,
        );
      }),
      { numRuns: RUNS.short },
    );
  });
});

describe("warnings of an expression", () => {
  test.each([
    [
      "*/90 * * * *",
      "minute '*/90': the step is larger than what follows, so it means 0 only, not every 90",
    ],
    [
      "59/15 * * * *",
      "minute '59/15': the step is larger than what follows, so it means 59 only, not every 15",
    ],
    [
      "0 0 1 1 * 2027/200",
      "year '2027/200': the step is larger than what follows, so it means 2027 only, not every 200",
    ],
    [
      "*/7 * * * *",
      "minute '*/7': 7 does not divide 60, so the pace breaks where each hour starts anew",
    ],
    [
      "0 */5 * * *",
      "hour '*/5': 5 does not divide 24, so the pace breaks where each day starts anew",
    ],
    [
      "0 0 */2 * *",
      "day-of-month '*/2': 2 does not divide 31, so the pace breaks where each month starts anew",
    ],
    [
      "0 0 1 */5 *",
      "month '*/5': 5 does not divide 12, so the pace breaks where each year starts anew",
    ],
    [
      "0 0 * * */2",
      "weekday '*/2': 2 does not divide 7, so the pace breaks where each week starts anew",
    ],
    [
      "0 0 13 * 5",
      "both day fields are given: it runs on days that match either one; begin one with * to require both",
    ],
    ["0 0 */1 1 1#2", null],
    ["0 0 *,3 1 1#2", null],
    [
      "0 12 * * * *",
      "six fields: the first is the minute, '12' is the hour and the last is the year; leave the last out, or write all 7 fields for seconds",
    ],
    ["0 0 29 2 *", "the only date is 29 February: it runs in leap years alone"],
    ["0 0 29-31 2 ?", "the only date is 29 February: it runs in leap years alone"],
    ["0 0 29 2 * 2028", null],
    ["0 0 28,29 2 *", null],
    ["0 0 L 2 *", null],
    ["0 0 30 2 *", null],
    ["*/15 */2 * */3 1-5", null],
    ["5/15 9-17/4 * * *", null],
    ["0 0 12 * * * *", null],
    ["@yearly", null],
  ])("%s: %s", (text, warning) => {
    expect(expressionWarnings(parseExpression(text))).toEqual(warning === null ? [] : [warning]);
  });

  test("are given all at once", () => {
    expect(expressionWarnings(parseExpression("*/7 */5 */2 * 1 *"))).toEqual([
      expect.stringContaining("six fields"),
      expect.stringContaining("minute '*/7'"),
      expect.stringContaining("hour '*/5'"),
      expect.stringContaining("day-of-month '*/2'"),
      "both day fields are given: it runs only on days that match both, because day-of-month begins with *",
    ]);
  });
});
