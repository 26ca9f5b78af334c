/**
 * Text to schedule: reads a cron expression into sets of bits that `wall.ts` searches.
 *
 * Five fields are minute, hour, day of month, month and weekday; six add the year; seven put the second in front as well.
 */
import { CronError, quote } from "./cron-error.ts";
import { parseMonthDays, parseWeekdays } from "./day-fields.ts";
import { FieldSets } from "./field-sets.ts";
import { YEAR, expandItems, listItems } from "./fields.ts";
import { splitFields } from "./split-fields.ts";
import type { FieldTexts } from "./split-fields.ts";

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

/** How many years one word of `years` holds. */
export const YEARS_PER_WORD = 30;

/** `?` is another spelling of `*`, in the day fields only. */
function starOf(text: string): string {
  return text === "?" ? "*" : text;
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

function readFields(text: string, fields: FieldTexts, sets: FieldSets): CronExpression {
  const years = parseYears(fields.year);
  const { days, lastDay } = parseMonthDays(starOf(fields.dayOfMonth));
  const { weekly, nthWeekdays } = parseWeekdays(starOf(fields.weekday));
  const { second, minute, hour, month, weekday } = sets.read({ ...fields, weekday: weekly });
  const everyHour = hour.low === ALL_HOURS;
  const everyMinute = minute.low === ALL_THIRTY && minute.high === ALL_THIRTY;
  return {
    text,
    secondsLow: second.low,
    secondsHigh: second.high,
    minutesLow: minute.low,
    minutesHigh: minute.high,
    hours: hour.low,
    days,
    lastDay,
    months: month.low >>> 1,
    weekdays: weekday.low,
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
 * Reads a cron expression. Whoever reads many hands in the same `sets` each time: then most fields are known already.
 *
 * @throws CronError when it is invalid; an expression that never runs is valid.
 */
export function parseExpression(text: string, sets: FieldSets = new FieldSets()): CronExpression {
  const fields = splitFields(text);
  try {
    return readFields(text.trim(), fields, sets);
  } catch (error) {
    throw fields.count === 6 ? explainSixFields(error, fields) : error;
  }
}
