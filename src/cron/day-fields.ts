/** What the two day fields have beyond values: `L`, the last day, and `#`, the n-th weekday of a month. */
import { bitsBelow, bitsOf } from "./bits.ts";
import { CronError, quote } from "./cron-error.ts";
import { DAY_OF_MONTH, WEEKDAY, expandItems, listItems, parseValue } from "./fields.ts";

/** The day-of-month field as sets. */
export interface MonthDays {
  /** Bit `d - 1` for day d. */
  readonly days: number;
  readonly lastDay: boolean;
}

/** The weekday field, its two kinds of items apart. */
export interface Weekdays {
  /** The items that count in every week, a field of their own; empty when there are none. */
  readonly weekly: string;
  /** Weekdays that count once a month: the last ones at index 0, the n-th ones at index n (1-5); null when there are none. */
  readonly nthWeekdays: readonly number[] | null;
}

/** Highest n of `#n`: no month has six of a weekday. */
const NTH_MAX = 5;

function refuseDay(item: string, what: string, wayOut: string): CronError {
  return new CronError(
    "day-of-month",
    `day-of-month ${quote(item)} (${what}) is not supported; ${wayOut}`,
  );
}

function refuseUnsupportedDay(item: string): void {
  const upper = item.toUpperCase();
  if (upper === "LW" || upper === "WL") throw refuseDay(item, "last weekday", "use L or list days");
  if (/^(\d+W|W\d*)$/.test(upper)) throw refuseDay(item, "nearest weekday", "list the days");
  if (upper.includes("#")) throw refuseDay(item, "n-th weekday", "write it in the weekday field");
  if (upper.includes("L")) throw refuseDay(item, "counting from the last day", "use L alone");
}

function isLastDay(item: string): boolean {
  return item === "L" || item === "l";
}

/**
 * Reads the day-of-month field.
 *
 * @throws CronError when an item is invalid.
 */
export function parseMonthDays(text: string): MonthDays {
  if (text === "*") return { days: bitsBelow(DAY_OF_MONTH.max), lastDay: false };
  const items = listItems(DAY_OF_MONTH, text);
  const plain = items.filter((item) => !isLastDay(item));
  plain.forEach(refuseUnsupportedDay);
  const days = expandItems(DAY_OF_MONTH, plain).map((day) => day - 1);
  return { days: bitsOf(days), lastDay: plain.length < items.length };
}

function nthOf(item: string): { nth: number; weekday: number } {
  const [day = "", nthText = "", ...more] = item.split("#");
  const nth = /^\d{1,4}$/.test(nthText) ? Number(nthText) : 0;
  if (day === "" || more.length > 0 || nth < 1 || nth > NTH_MAX) {
    throw new CronError(
      "weekday",
      `weekday ${quote(item)} is not an n-th weekday; write DAY#N with N from 1 to ${NTH_MAX}, such as 5#2`,
    );
  }
  if (/[-*/?]/.test(day)) {
    throw new CronError(
      "weekday",
      `weekday ${quote(item)} (# with a range or step) is not supported; list the days, such as 1#2,2#2`,
    );
  }
  return { nth, weekday: parseValue(WEEKDAY, day) % 7 };
}

function lastOf(item: string): { nth: number; weekday: number } {
  const day = /^L/i.test(item) ? item.slice(1) : item.slice(0, -1);
  if (day === "" || /[-*/?]/.test(day)) {
    throw new CronError(
      "weekday",
      `weekday ${quote(item)} (last day) is not supported; write DAYL, such as 5L for the last Friday`,
    );
  }
  return { nth: 0, weekday: parseValue(WEEKDAY, day) % 7 };
}

/** `5#2`, `5L`, `L5`, `friL`; no weekday's name begins or ends with an L. */
function isMonthly(item: string): boolean {
  return item.includes("#") || /^L|L$/i.test(item);
}

/**
 * Reads the weekday field, its monthly items in full.
 *
 * @throws CronError when one of these is invalid.
 */
export function parseWeekdays(text: string): Weekdays {
  const items = listItems(WEEKDAY, text);
  const monthly = items.filter(isMonthly);
  if (monthly.length === 0) return { weekly: text, nthWeekdays: null };
  const nthWeekdays = [0, 0, 0, 0, 0, 0];
  for (const item of monthly) {
    const { nth, weekday } = item.includes("#") ? nthOf(item) : lastOf(item);
    nthWeekdays[nth] = (nthWeekdays[nth] ?? 0) | (1 << weekday);
  }
  return { weekly: items.filter((item) => !isMonthly(item)).join(","), nthWeekdays };
}
