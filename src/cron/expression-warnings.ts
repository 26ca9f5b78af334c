/** Traps in valid expressions: texts that people write for something else than they say. */
import { bitsBelow } from "./bits.ts";
import { isLeapYear, monthLength, yearStartDay } from "./calendar.ts";
import { quote } from "./cron-error.ts";
import type { CronExpression } from "./expression.ts";
import { DAY_OF_MONTH, HOUR, MINUTE, MONTH, SECOND, WEEKDAY, YEAR, parseItem } from "./fields.ts";
import type { FieldRule } from "./fields.ts";
import { splitFields } from "./split-fields.ts";
import type { FieldTexts } from "./split-fields.ts";
import { matchingDays } from "./wall.ts";

/** After how much a field starts anew, and what has passed then. */
const CYCLES: ReadonlyMap<FieldRule, readonly [length: number, period: string]> = new Map([
  [SECOND, [60, "minute"]],
  [MINUTE, [60, "hour"]],
  [HOUR, [24, "day"]],
  [DAY_OF_MONTH, [31, "month"]],
  [MONTH, [12, "year"]],
  [WEEKDAY, [7, "week"]],
]);

function stepWarning(rule: FieldRule, text: string): string | null {
  const { from, to, step } = parseItem(rule, text);
  if (step === null || step === 1) return null;
  const place = `${rule.name} ${quote(text)}`;
  if (from + step > to) {
    return `${place}: the step is larger than what follows, so it means ${from} only, not every ${step}`;
  }
  const [length, period] = CYCLES.get(rule) ?? [0, ""];
  if (text.includes("-") || length % step === 0) return null;
  return `${place}: ${step} does not divide ${length}, so the pace breaks where each ${period} starts anew`;
}

function stepWarnings(fields: FieldTexts): string[] {
  const rules: ReadonlyArray<readonly [FieldRule, string]> = [
    [SECOND, fields.second],
    [MINUTE, fields.minute],
    [HOUR, fields.hour],
    [DAY_OF_MONTH, fields.dayOfMonth],
    [MONTH, fields.month],
    [WEEKDAY, fields.weekday],
    [YEAR, fields.year],
  ];
  return rules.flatMap(([rule, text]) =>
    text
      .split(",")
      .filter((item) => item.includes("/"))
      .map((item) => stepWarning(rule, item))
      .filter((warning) => warning !== null),
  );
}

/** Whether the day-of-month field leaves any day out. */
export function restrictsDates({ days }: CronExpression): boolean {
  return days !== bitsBelow(31);
}

/** Whether the weekday field leaves any day out. */
export function restrictsWeekdays({ weekdays }: CronExpression): boolean {
  return weekdays !== bitsBelow(7);
}

function dayWarning(expression: CronExpression, fields: FieldTexts): string | null {
  if (!expression.bothDays) {
    return "both day fields are given: it runs on days that match either one; begin one with * to require both";
  }
  if (!restrictsDates(expression) || !restrictsWeekdays(expression)) return null;
  const starred = /^[*?]/.test(fields.dayOfMonth) ? "day-of-month" : "weekday";
  return `both day fields are given: it runs only on days that match both, because ${starred} begins with *`;
}

function sixFieldsWarning({ count, year, hour }: FieldTexts): string | null {
  if (count !== 6 || year !== "*") return null;
  return `six fields: the first is the minute, ${quote(hour)} is the hour and the last is the year; leave the last out, or write all 7 fields for seconds`;
}

/** 28 years in a row have each calendar there is. */
const CALENDAR_YEAR_FIRST = 2000;
const CALENDAR_YEARS = 28;

/** Whether 29 February is the only day of a month that matches; bit 28 is a 29th. */
function isLeapDayAlone(expression: CronExpression): boolean {
  let found = 0;
  for (let year = CALENDAR_YEAR_FIRST; year < CALENDAR_YEAR_FIRST + CALENDAR_YEARS; year += 1) {
    let startDay = yearStartDay(year);
    for (let index = 0; index < 12; index += 1) {
      const length = monthLength(year, index);
      const inMonth = ((expression.months >>> index) & 1) === 1;
      const days = inMonth ? matchingDays(expression, startDay, length) : 0;
      const leapDay = index === 1 && isLeapYear(year) ? 1 << 28 : 0;
      if ((days & ~leapDay) !== 0) return false;
      found |= days;
      startDay += length;
    }
  }
  return found !== 0;
}

function leapWarning(expression: CronExpression): string | null {
  if (expression.years !== null || !isLeapDayAlone(expression)) return null;
  return "the only date is 29 February: it runs in leap years alone";
}

/** What to tell whoever wrote this expression, one sentence each; empty for most. */
export function expressionWarnings(expression: CronExpression): readonly string[] {
  const fields = splitFields(expression.text);
  return [
    sixFieldsWarning(fields),
    ...stepWarnings(fields),
    dayWarning(expression, fields),
    leapWarning(expression),
  ].filter((warning) => warning !== null);
}
