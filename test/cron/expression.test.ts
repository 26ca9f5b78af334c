import { describe, expect, test } from "bun:test";

import { CronError } from "../../src/cron/cron-error.ts";
import { ExpressionCache } from "../../src/cron/expression-cache.ts";
import { parseExpression } from "../../src/cron/expression.ts";

/** All but the text. */
function meaning(text: string) {
  const { text: _text, ...sets } = parseExpression(text);
  return sets;
}

function refusal(text: string): CronError {
  try {
    parseExpression(text);
  } catch (error) {
    if (error instanceof CronError) return error;
    throw error;
  }
  throw new Error(`"${text}" was accepted`);
}

describe("cron expression", () => {
  test.each([
    ["0 0 * * 5-7", "0 0 * * 0,5,6"],
    ["0 0 * * 5-0", "0 0 * * 0,5,6"],
    ["0 0 * * Fri-Sun", "0 0 * * fri,SAT,sun"],
    ["0 0 * * 7-3", "0 0 * * 0-3"],
    ["0 0 * * 7-0", "0 0 * * 0"],
    ["0 0 * * Sun-Sun", "0 0 * * 0"],
    ["0 0 * * 0-7", "0 0 * * 0-6"],
    ["0 0 * * 1-7/2", "0 0 * * 0,1,3,5"],
    ["0 0 * * 1-0/2", "0 0 * * 0,1,3,5"],
    ["0 0 * * 1/2", "0 0 * * 1,3,5"],
    ["0 0 * * 7/2", "0 0 * * 0/2"],
    ["0 0 * * mon/2", "0 0 * * 1,3,5"],
    ["0 0 * * tues,thur,thurs", "0 0 * * 2,4"],
    ["0 0 * * WEDNESDAY", "0 0 * * 3"],
    ["0 0 * * fridayL", "0 0 * * L5"],
    ["0 0 * * 7#1", "0 0 * * Sun#1"],
    ["0 0 * * 7L", "0 0 * * 0L"],
    ["0 0 1 sept-nov *", "0 0 1 9,10,11 *"],
    ["0 0 1 OCT-February *", "0 0 1 1,2,10,11,12 *"],
    ["0 0 l * *", "0 0 L * *"],
    ["0 0 25-5 * *", "0 0 1-5,25-31 * *"],
    ["59-0 * * * *", "0,59 * * * *"],
    ["007 0009 01 1 *", "7 9 1 1 *"],
    ["\t0  0\n* * * ", "0 0 * * *"],
    ["0 0 ? * ?", "0 0 * * *"],
    ["@WEEKLY", "0 0 * * 0"],
    ["0 0 0 * * * *", "0 0 * * *"],
    ["0 0 * * * *", "0 0 * * *"],
    ["0 0 1 1 * 2097/2", "0 0 1 1 * 2097,2099"],
    ["0 0 1 1 * 1970-2099", "0 0 0 1 1 * */1"],
  ])("%j means %j", (text, same) => {
    expect(meaning(text)).toEqual(meaning(same));
  });

  test.each([
    ["0 0 13 * 5", false],
    ["0 0 * * 5", true],
    ["0 0 */2 * 5", true],
    ["0 0 *,13 * 5", true],
    ["0 0 13,* * 5", false],
    ["0 0 1-31 * 5", false],
    ["0 0 13 * ?", true],
    ["0 0 L * 5#1", false],
  ])("%j asks for both day fields: %p", (text, both) => {
    expect(parseExpression(text).bothDays).toBe(both);
  });

  test.each([
    ["30 2 * * *", false, false],
    ["0,30 9-17 * * 1-5", false, false],
    ["*/20 30 2 * * * *", false, false],
    ["*/15 2 * * *", false, true],
    ["5/15 2 * * *", false, true],
    ["0-59 2 * * *", false, true],
    ["0 */2 * * *", false, true],
    ["0 2-4/2 * * *", false, true],
    ["0 * * * *", true, true],
    ["0 0-23 * * *", true, true],
    ["0 0-11,12-23 * * *", true, true],
  ])("%j runs every hour: %p, is an interval: %p", (text, everyHour, interval) => {
    const expression = parseExpression(text);
    expect([expression.everyHour, expression.interval]).toEqual([everyHour, interval]);
  });

  test.each([
    [
      "",
      null,
      "cron expression has 0 fields; expected 5 (minute hour day month weekday), 6 (… year) or 7 (second … year)",
    ],
    ["1 2 3", null, "cron expression has 3 fields; expected"],
    ["* * * * * * * *", null, "cron expression has 8 fields; expected"],
    ["60 * * * *", "minute", "minute '60' is outside 0-59"],
    ["60 * * * * * *", "second", "second '60' is outside 0-59"],
    ["0 24 * * *", "hour", "hour '24' is outside 0-23"],
    ["0 0 0 * *", "day-of-month", "day-of-month '0' is outside 1-31"],
    ["0 0 * 13 *", "month", "month '13' is outside 1-12"],
    ["0 0 * * 8", "weekday", "weekday '8' is outside 0-7"],
    ["0 0 * * Mo", "weekday", "weekday 'Mo' is not a name (use MON)"],
    ["0 0 * Janu *", "month", "month 'Janu' is not a name (use JAN)"],
    ["0 0 * MON *", "month", "month 'MON' is not a name (use JAN, FEB, …)"],
    ["MON * * * *", "minute", "minute 'MON' is not a number (0-59)"],
    ["٣ * * * *", "minute", "minute '٣' is not a number (0-59)"],
    ["00005 * * * *", "minute", "minute '00005' has more than 4 digits"],
    ["+5 * * * *", "minute", "minute '+5' is not a number (0-59)"],
    ["1,,2 * * * *", "minute", "minute: empty list item in '1,,2'; remove the extra comma"],
    ["*/0 * * * *", "minute", "minute: step must be 1 or more in '*/0'"],
    ["*/x * * * *", "minute", "minute: step 'x' in '*/x' is not a number"],
    ["*/ * * * *", "minute", "minute: step '' in '*/' is not a number"],
    [
      "*/2/2 * * * *",
      "minute",
      "minute: '*/2/2' is not a step (write */N, VALUE/N or FIRST-LAST/N)",
    ],
    ["*/12345 * * * *", "minute", "minute '12345' has more than 4 digits"],
    ["5- * * * *", "minute", "minute: '5-' is not a range (write FIRST-LAST)"],
    ["*-5 * * * *", "minute", "minute '*' is not a number (0-59)"],
    ["** * * * *", "minute", "minute '**' is not a number (0-59)"],
    [
      "? * * * *",
      "minute",
      "minute: '?' may only stand alone, as day-of-month or weekday; use '*'",
    ],
    ["0 0 ?/2 * *", "day-of-month", "day-of-month: '?' may only stand alone"],
    ["0 0 15W * *", "day-of-month", "day-of-month '15W' (nearest weekday) is not supported"],
    ["0 0 LW * *", "day-of-month", "day-of-month 'LW' (last weekday) is not supported"],
    [
      "0 0 L-3 * *",
      "day-of-month",
      "day-of-month 'L-3' (counting from the last day) is not supported",
    ],
    [
      "0 0 1-L * *",
      "day-of-month",
      "day-of-month '1-L' (counting from the last day) is not supported",
    ],
    [
      "0 0 5#2 * *",
      "day-of-month",
      "day-of-month '5#2' (n-th weekday) is not supported; write it in the weekday field",
    ],
    ["0 0 * * L", "weekday", "weekday 'L' (last day) is not supported; write DAYL, such as 5L"],
    ["0 0 * * 1-5L", "weekday", "weekday '1-5L' (last day) is not supported"],
    ["0 0 * * 8L", "weekday", "weekday '8' is outside 0-7"],
    [
      "0 0 * * 5#6",
      "weekday",
      "weekday '5#6' is not an n-th weekday; write DAY#N with N from 1 to 5",
    ],
    ["0 0 * * 5#", "weekday", "weekday '5#' is not an n-th weekday"],
    ["0 0 * * 5#1#2", "weekday", "weekday '5#1#2' is not an n-th weekday"],
    [
      "0 0 * * 1-5#2",
      "weekday",
      "weekday '1-5#2' (# with a range or step) is not supported; list the days",
    ],
    [
      "H * * * *",
      "minute",
      "minute: random values ('H') are not supported: they would change at every recomputation",
    ],
    ["H(0-5)/2 * * * *", "minute", "minute: random values ('H(0-5)/2') are not supported"],
    ["0 R * * *", "hour", "hour: random values ('R') are not supported"],
    ["0 1~5 * * *", "hour", "hour: random values ('1~5') are not supported"],
    ["@reboot", null, "@reboot is not a time; use five fields or one of @yearly"],
    ["@every 5m", null, "unknown macro '@every 5m'; use five fields or one of @yearly"],
    ["@daily 5", null, "unknown macro '@daily 5'"],
    [
      "0 22-2/2 * * *",
      "hour",
      "hour: a range that wraps around ('22-2') cannot have a step; list the values",
    ],
    ["0 0 * * 5-1/2", "weekday", "weekday: a range that wraps around ('5-1') cannot have a step"],
    [
      "0 0 1 1 * 2030-2028",
      "year",
      "year: '2030-2028' runs backwards; write the earlier year first",
    ],
    ["0 0 1 1 * 1969", "year", "year '1969' is outside 1970-2099"],
    ["0 0 1 1 * 2026,2100", "year", "year '2100' is outside 1970-2099"],
    [
      "0 30 4 * * MON-FRI",
      "year",
      "field 6 is the year (1970-2099) and 'MON-FRI' is not one; for seconds write all 7 fields",
    ],
    [
      "0 30 4 * * ?",
      "year",
      "field 6 is the year (1970-2099) and '?' is not one; for seconds write all 7 fields",
    ],
    [
      "0 30 4 1 1 *",
      "hour",
      "hour '30' is outside 0-23; six fields begin with the minute, for seconds write all 7 fields",
    ],
    ["0 0 0 1 1 * MON", "year", "year 'MON' is not a number (1970-2099)"],
  ] as const)("%j is refused: %s: %s", (text, field, message) => {
    const error = refusal(text);
    expect(error.message).toStartWith(message);
    expect(error.field).toBe(field);
  });

  test("is refused without repeating a value of any length", () => {
    expect(refusal(`${"9".repeat(5000)} * * * *`).message.length).toBeLessThan(120);
  });

  test("takes lists of any length", () => {
    const minutes = Array.from({ length: 600 }, (_, index) => index % 60).join(",");
    expect(meaning(`${minutes} * * * *`)).toEqual(meaning("0-59 * * * *"));
  });

  test("keeps its text without surrounding blanks", () => {
    expect(parseExpression(" 0 0 * * *\n").text).toBe("0 0 * * *");
  });
});

describe("expression cache", () => {
  test("gives equal texts the same expression", () => {
    const cache = new ExpressionCache();
    expect(cache.get("0 0 * * *")).toBe(cache.get("0 0 * * *"));
  });

  test("drops the text that is unused for longest", () => {
    const cache = new ExpressionCache(2);
    const first = cache.get("1 0 * * *");
    const second = cache.get("2 0 * * *");
    cache.get("1 0 * * *");
    cache.get("3 0 * * *");
    expect(cache.size).toBe(2);
    expect(cache.get("1 0 * * *")).toBe(first);
    expect(cache.get("2 0 * * *")).not.toBe(second);
  });

  test("reads more spellings of fields than it remembers", () => {
    const cache = new ExpressionCache();
    const texts = Array.from({ length: 6000 }, (_, index) => {
      const bits = Array.from(index.toString(2)).flatMap((bit, place) =>
        bit === "1" ? [place * 3] : [],
      );
      return `${[59, ...bits].join(",")} 1-5 * * ${index % 7}`;
    });
    const wrong = texts.filter((text) => !Bun.deepEquals(cache.get(text), parseExpression(text)));
    expect(wrong).toEqual([]);
  });

  test("refuses an invalid text each time", () => {
    const cache = new ExpressionCache();
    expect(() => cache.get("60 * * * *")).toThrow(CronError);
    expect(() => cache.get("60 * * * *")).toThrow(CronError);
    expect(cache.size).toBe(0);
  });
});
