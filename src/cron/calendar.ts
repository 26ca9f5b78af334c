/** Days and months of the Gregorian calendar as integers; a day is its number since 1970-01-01. */

/** Seconds of a day on the wall clock. */
export const DAY_SECONDS = 86_400;

/** First year in which anything runs. */
export const YEAR_FIRST = 1970;
/** Last year in which anything runs. */
export const YEAR_LAST = 2099;

/** One month of one year. */
export interface Month {
  readonly year: number;
  /** 0 is January. */
  readonly index: number;
  /** Day number of its 1st. */
  readonly startDay: number;
}

/** Whether the year has a 29 February. */
export function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Bits of the months with 31 days, January at bit 0. */
const LONG_MONTHS = 0b1010_1101_0101;

/** How many days a month has; 0 is January. */
export function monthLength(year: number, index: number): number {
  if (index === 1) return isLeapYear(year) ? 29 : 28;
  return (LONG_MONTHS >>> index) & 1 ? 31 : 30;
}

/** Day number of 1 January. */
export function yearStartDay(year: number): number {
  const past = year - 1;
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
  return past * 365 + leapDays - 719_162;
}

/** Day number of a date; `month` 1 is January. */
export function dayOf(year: number, month: number, day: number): number {
  let start = yearStartDay(year);
  for (let index = 0; index < month - 1; index += 1) start += monthLength(year, index);
  return start + day - 1;
}

/** The month that a day lies in. */
export function monthOf(day: number): Month {
  let year = YEAR_FIRST + Math.floor(day / 365.2425);
  if (yearStartDay(year) > day) year -= 1;
  if (yearStartDay(year + 1) <= day) year += 1;
  let startDay = yearStartDay(year);
  let index = 0;
  for (let length = 31; startDay + length <= day; length = monthLength(year, index)) {
    startDay += length;
    index += 1;
  }
  return { year, index, startDay };
}

/** Weekday of a day, 0 is Sunday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7;
}

/** `2026-03-08T02:30:00`. */
export function wallText(wallSeconds: number): string {
  // The host's zone has no part in this: an ISO text of an instant is always UTC.
  return new Date(wallSeconds * 1000).toISOString().slice(0, 19);
}
