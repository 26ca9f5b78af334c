/**
 * Text to schedule: reads a cron expression into sets of bits that `wall.ts` searches.
 *
 * Five fields are minute, hour, day of month, month and weekday; six add the year; seven put the second in front as
 * well. cron-parser expands the fields. It is handed canonical text only, in UTC at instant 0, because it refuses legal lists,
 * draws random values and misreads open weekday steps, and nothing else of it is used.
 */
import { CronExpressionParser } from "cron-parser";

import { bitsOf } from "./bits.ts";
import { CronError, quote } from "./cron-error.ts";
import { parseMonthDays, parseWeekdays } from "./day-fields.ts";
import { HOUR, MINUTE, MONTH, SECOND, WEEKDAY, YEAR } from "./fields.ts";
import { canonicalText, expandItems, listItems } from "./fields.ts";
import type { FieldRule } from "./fields.ts";

/** A set of the numbers 0 to 59, in two halves because bit operations end at 32 bits. */
export interface SixtyBits {
  /** Numbers 0 to 29. */
  readonly low: number;
  /** Numbers 30 to 59, as bits 0 to 29. */
  readonly high: number;
}

/** When a schedule is due, as sets of wall-clock values. */
export interface CronExpression {
  /** As written, without surrounding blanks. */
  readonly text: string;
  readonly secondsLow: number;
  readonly secondsHigh: number;
  readonly minutesLow: number;
  readonly minutesHigh: number;
  /** Bit h for hour h. */
  readonly hours: number;
  /** Bit `d - 1` for day d of the month. */
  readonly days: number;
  /** The last day of the month counts as well. */
  readonly lastDay: boolean;
  /** Bit `m - 1` for month m. */
  readonly months: number;
  /** Bit 0 is Sunday. */
  readonly weekdays: number;
  /** Weekdays that count once a month: the last ones at index 0, the n-th ones at index n; null when there are none. */
  readonly nthWeekdays: readonly number[] | null;
  /** True when a day must satisfy both day fields, because one of them begins with a star; else either suffices. */
  readonly bothDays: boolean;
  /** Years from 1970 on, 30 to a word; null for every year. */
  readonly years: readonly number[] | null;
  /** All 24 hours: clock changes leave its rhythm alone. */
  readonly everyHour: boolean;
  /** Repeats within the day, so it follows elapsed time where the clock shows an hour twice; else its times are fixed. */
  readonly interval: boolean;
}

/** The seven fields of an expression as text. */
export interface FieldTexts {
  readonly second: string;
  readonly minute: string;
  readonly hour: string;
  readonly dayOfMonth: string;
  readonly month: string;
  readonly weekday: string;
  readonly year: string;
  /** How many fields were written; a macro counts as 5. */
  readonly count: 5 | 6 | 7;
}

const MACROS: ReadonlyMap<string, string> = new Map([
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
  ["@monthly", "0 0 1 * *"],
  ["@weekly", "0 0 * * 0"],
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
]);

/** How many years one word of `years` holds. */
export const YEARS_PER_WORD = 30;

function expandMacro(text: string): string {
  const name = text.split(/\s/, 1)[0] ?? text;
  const macro = name === text ? MACROS.get(text.toLowerCase()) : undefined;
  if (macro !== undefined) return macro;
  const known = [...MACROS.keys()].join(" ");
  if (name.toLowerCase() === "@reboot") {
    throw new CronError(null, `@reboot is not a time; use five fields or one of ${known}`);
  }
  throw new CronError(null, `unknown macro ${quote(text)}; use five fields or one of ${known}`);
}

function wrongCount(count: number): CronError {
  const found = count === 1 ? "1 field" : `${count} fields`;
  return new CronError(
    null,
    `cron expression has ${found}; expected 5 (minute hour day month weekday), 6 (… year) or 7 (second … year)`,
  );
}

/**
 * Splits an expression into its fields; macros are replaced by what they stand for.
 *
 * @throws CronError when there are not 5, 6 or 7 fields, or the macro is unknown.
 */
export function splitFields(text: string): FieldTexts {
  const trimmed = text.trim();
  const written = trimmed.startsWith("@") ? expandMacro(trimmed) : trimmed;
  const fields = written === "" ? [] : written.split(/\s+/);
  const count = fields.length;
  if (count !== 5 && count !== 6 && count !== 7) throw wrongCount(count);
  return { ...namedFields(count === 7 ? fields : ["0", ...fields]), count };
}

function namedFields(fields: readonly string[]): Omit<FieldTexts, "count"> {
  const [
    second = "",
    minute = "",
    hour = "",
    dayOfMonth = "",
    month = "",
    weekday = "",
    year = "*",
  ] = fields;
  return { second, minute, hour, dayOfMonth, month, weekday, year };
}

/** `?` is another spelling of `*`, in the day fields only. */
function starOf(text: string): string {
  return text === "?" ? "*" : text;
}

function canonicalField(rule: FieldRule, text: string): string {
  return text === "*" ? text : canonicalText(rule, expandItems(rule, listItems(rule, text)));
}

function sixtyBits(values: readonly number[]): SixtyBits {
  let low = 0;
  let high = 0;
  for (const value of values) {
    if (value < 30) low |= 1 << value;
    else high |= 1 << (value - 30);
  }
  return { low, high };
}

const ALL_THIRTY = 2 ** 30 - 1;
const ALL_HOURS = 2 ** 24 - 1;

function parseYears(year: string): readonly number[] | null {
  if (year === "*") return null;
  const words = [0, 0, 0, 0, 0];
  for (const value of expandItems(YEAR, listItems(YEAR, year))) {
    const index = value - YEAR.min;
    const word = Math.floor(index / YEARS_PER_WORD);
    words[word] = (words[word] ?? 0) | (1 << (index % YEARS_PER_WORD));
  }
  return words;
}

/** Sets of the fields that cron-parser expands. */
function expandFields(fields: FieldTexts, weekdayValues: readonly number[]) {
  const canonical = [
    canonicalField(SECOND, fields.second),
    canonicalField(MINUTE, fields.minute),
    canonicalField(HOUR, fields.hour),
    "*", // It refuses days that a month lacks, which is no mistake here.
    canonicalField(MONTH, fields.month),
    weekdayValues.length === 0 ? "*" : canonicalText(WEEKDAY, weekdayValues),
  ].join(" ");
  const expanded = CronExpressionParser.parse(canonical, { tz: "UTC", currentDate: 0 }).fields;
  return {
    seconds: sixtyBits(expanded.second.values),
    minutes: sixtyBits(expanded.minute.values),
    hours: bitsOf(expanded.hour.values),
    months: bitsOf(expanded.month.values) >>> 1,
    weekdays:
      weekdayValues.length === 0
        ? 0
        : bitsOf(expanded.dayOfWeek.values.map((day) => Number(day) % 7)),
  };
}

function readFields(text: string, fields: FieldTexts): CronExpression {
  const years = parseYears(fields.year);
  const { days, lastDay } = parseMonthDays(starOf(fields.dayOfMonth));
  const { values, nthWeekdays } = parseWeekdays(starOf(fields.weekday));
  const { seconds, minutes, hours, months, weekdays } = expandFields(fields, values);
  const everyHour = hours === ALL_HOURS;
  const everyMinute = minutes.low === ALL_THIRTY && minutes.high === ALL_THIRTY;
  return {
    text,
    secondsLow: seconds.low,
    secondsHigh: seconds.high,
    minutesLow: minutes.low,
    minutesHigh: minutes.high,
    hours,
    days,
    lastDay,
    months,
    weekdays,
    nthWeekdays,
    bothDays: /^[*?]/.test(fields.dayOfMonth) || /^[*?]/.test(fields.weekday),
    years,
    everyHour,
    interval: everyHour || everyMinute || /[*/]/.test(fields.minute + fields.hour),
  };
}

/** Most who write six fields by mistake mean the seconds of other schedulers. */
function explainSixFields(error: unknown, { year }: FieldTexts): unknown {
  if (!(error instanceof CronError)) return error;
  if (error.field === "hour") {
    return new CronError(
      "hour",
      `${error.message}; six fields begin with the minute, for seconds write all 7 fields`,
    );
  }
  if (error.field !== "year" || /\d{4}/.test(year)) return error;
  return new CronError(
    "year",
    `field 6 is the year (${YEAR.min}-${YEAR.max}) and ${quote(year)} is not one; for seconds write all 7 fields`,
  );
}

/**
 * Reads a cron expression.
 *
 * @throws CronError when it is invalid; an expression that never runs is valid.
 */
export function parseExpression(text: string): CronExpression {
  const fields = splitFields(text);
  try {
    return readFields(text.trim(), fields);
  } catch (error) {
    throw fields.count === 6 ? explainSixFields(error, fields) : error;
  }
}
