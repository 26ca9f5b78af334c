/**
 * An expression on the wall clock alone, without zones: the next and the previous matching time, and how many there are.
 *
 * A wall time is counted in seconds as if the clock had never been changed. All work is bounded: a search passes each month
 * from 1970 to 2099 at most once.
 */
import { bitsBelow, bitsFrom, countBits, highestBit, lowestBit } from "./bits.ts";
import {
  DAY_SECONDS,
  YEAR_FIRST,
  YEAR_LAST,
  monthLength,
  monthOf,
  weekdayOf,
  yearStartDay,
} from "./calendar.ts";
import type { CronExpression } from "./expression.ts";
import { YEARS_PER_WORD } from "./expression.ts";

/** First wall time after all that can match: 2100-01-01T00:00. */
const WALL_END = 4_102_444_800;
const DAY_END = WALL_END / DAY_SECONDS;

function sixtyFrom(low: number, high: number, from: number): number {
  const early = from < 30 ? lowestBit(bitsFrom(low, from)) : -1;
  if (early >= 0) return early;
  const late = lowestBit(bitsFrom(high, Math.max(from - 30, 0)));
  return late < 0 ? -1 : late + 30;
}

function sixtyUpTo(low: number, high: number, upTo: number): number {
  const late = upTo < 30 ? -1 : highestBit(high & bitsBelow(upTo - 29));
  return late >= 0 ? late + 30 : highestBit(low & bitsBelow(Math.min(upTo + 1, 30)));
}

function sixtyBelow(low: number, high: number, below: number): number {
  const early = countBits(low & bitsBelow(Math.min(below, 30)));
  return below <= 30 ? early : early + countBits(high & bitsBelow(below - 30));
}

const firstSecond = (e: CronExpression): number => sixtyFrom(e.secondsLow, e.secondsHigh, 0);
const lastSecond = (e: CronExpression): number => sixtyUpTo(e.secondsLow, e.secondsHigh, 59);
const firstMinute = (e: CronExpression): number => sixtyFrom(e.minutesLow, e.minutesHigh, 0);
const lastMinute = (e: CronExpression): number => sixtyUpTo(e.minutesLow, e.minutesHigh, 59);

function firstTime(e: CronExpression): number {
  return lowestBit(e.hours) * 3600 + firstMinute(e) * 60 + firstSecond(e);
}

function lastTime(e: CronExpression): number {
  return highestBit(e.hours) * 3600 + lastMinute(e) * 60 + lastSecond(e);
}

/** The first time of day at or after `time`, in seconds since midnight; -1 when there is none. */
function nextTime(e: CronExpression, time: number): number {
  const hour = Math.floor(time / 3600);
  if ((e.hours >>> hour) & 1) {
    const minute = Math.floor(time / 60) % 60;
    if (sixtyFrom(e.minutesLow, e.minutesHigh, minute) === minute) {
      const second = sixtyFrom(e.secondsLow, e.secondsHigh, time % 60);
      if (second >= 0) return time - (time % 60) + second;
    }
    const later = sixtyFrom(e.minutesLow, e.minutesHigh, minute + 1);
    if (later >= 0) return hour * 3600 + later * 60 + firstSecond(e);
  }
  const laterHour = lowestBit(bitsFrom(e.hours, hour + 1));
  return laterHour < 0 ? -1 : laterHour * 3600 + firstMinute(e) * 60 + firstSecond(e);
}

/** The last time of day at or before `time`, in seconds since midnight; -1 when there is none. */
function previousTime(e: CronExpression, time: number): number {
  const hour = Math.floor(time / 3600);
  if ((e.hours >>> hour) & 1) {
    const minute = Math.floor(time / 60) % 60;
    if (sixtyFrom(e.minutesLow, e.minutesHigh, minute) === minute) {
      const second = sixtyUpTo(e.secondsLow, e.secondsHigh, time % 60);
      if (second >= 0) return time - (time % 60) + second;
    }
    const earlier = sixtyUpTo(e.minutesLow, e.minutesHigh, minute - 1);
    if (earlier >= 0) return hour * 3600 + earlier * 60 + lastSecond(e);
  }
  const earlierHour = highestBit(e.hours & bitsBelow(hour));
  return earlierHour < 0 ? -1 : earlierHour * 3600 + lastMinute(e) * 60 + lastSecond(e);
}

/** How many times of day lie before `time`, given in seconds since midnight. */
function countTimes(e: CronExpression, time: number): number {
  const seconds = countBits(e.secondsLow) + countBits(e.secondsHigh);
  const minutes = countBits(e.minutesLow) + countBits(e.minutesHigh);
  const hour = Math.floor(time / 3600);
  let count = countBits(e.hours & bitsBelow(hour)) * minutes * seconds;
  if (hour > 23 || ((e.hours >>> hour) & 1) === 0) return count;
  const minute = Math.floor(time / 60) % 60;
  count += sixtyBelow(e.minutesLow, e.minutesHigh, minute) * seconds;
  if (sixtyFrom(e.minutesLow, e.minutesHigh, minute) !== minute) return count;
  return count + sixtyBelow(e.secondsLow, e.secondsHigh, time % 60);
}

function yearMatches(e: CronExpression, year: number): boolean {
  if (e.years === null) return true;
  const index = year - YEAR_FIRST;
  const word = e.years[Math.floor(index / YEARS_PER_WORD)] ?? 0;
  return ((word >>> (index % YEARS_PER_WORD)) & 1) === 1;
}

/** Days of a month on which a weekday of the set falls, the 1st at bit 0. */
function weekdayDays(weekdays: number, firstWeekday: number): number {
  // Turned so that bit 0 is the weekday of the 1st, then laid out week after week.
  const week = ((weekdays >>> firstWeekday) | (weekdays << (7 - firstWeekday))) & 0x7f;
  return week | (week << 7) | (week << 14) | (week << 21) | (week << 28);
}

function nthWeekdayDays(nth: readonly number[], firstWeekday: number, length: number): number {
  let days = weekdayDays(nth[0] ?? 0, firstWeekday) & (0x7f << (length - 7));
  for (let n = 1; n <= 5; n += 1) {
    days |= weekdayDays(nth[n] ?? 0, firstWeekday) & (0x7f << (7 * (n - 1)));
  }
  return days;
}

/** The matching days of a month whose first day and length are given, the 1st at bit 0. */
export function matchingDays(e: CronExpression, startDay: number, length: number): number {
  const byDate = e.lastDay ? e.days | (1 << (length - 1)) : e.days;
  const firstWeekday = weekdayOf(startDay);
  let byWeekday = weekdayDays(e.weekdays, firstWeekday);
  if (e.nthWeekdays !== null) byWeekday |= nthWeekdayDays(e.nthWeekdays, firstWeekday, length);
  return (e.bothDays ? byDate & byWeekday : byDate | byWeekday) & bitsBelow(length);
}

/** The first matching day at or after `fromDay`, -1 when there is none before 2100. */
function nextDay(e: CronExpression, fromDay: number): number {
  if (fromDay >= DAY_END) return -1;
  let { year, index, startDay } = monthOf(fromDay);
  let skip = fromDay - startDay;
  for (; year <= YEAR_LAST; year += 1) {
    if (yearMatches(e, year)) {
      for (; index < 12; index += 1) {
        const length = monthLength(year, index);
        if ((e.months >>> index) & 1) {
          const days = bitsFrom(matchingDays(e, startDay, length), skip);
          if (days !== 0) return startDay + lowestBit(days);
        }
        startDay += length;
        skip = 0;
      }
    }
    startDay = yearStartDay(year + 1);
    index = 0;
    skip = 0;
  }
  return -1;
}

/** The last matching day at or before `fromDay` and not before `floorDay`, -1 when there is none. */
function previousDay(e: CronExpression, fromDay: number, floorDay: number): number {
  if (fromDay < floorDay) return -1;
  let { year, index, startDay } = monthOf(fromDay);
  let keep = bitsBelow(fromDay - startDay + 1);
  const floor = Math.max(floorDay, 0);
  for (;;) {
    if ((e.months >>> index) & 1 && yearMatches(e, year)) {
      const days = matchingDays(e, startDay, monthLength(year, index)) & keep;
      if (days !== 0) return startDay + highestBit(days);
    }
    if (startDay <= floor) return -1;
    keep = -1;
    if (index === 0) year -= 1;
    index = index === 0 ? 11 : index - 1;
    startDay -= monthLength(year, index);
  }
}

/** How many matching days there are from `fromDay` up to but not including `toDay`. */
function countDays(e: CronExpression, fromDay: number, toDay: number): number {
  let count = 0;
  if (fromDay >= toDay) return count;
  let { year, index, startDay } = monthOf(fromDay);
  while (startDay < toDay) {
    const length = monthLength(year, index);
    if ((e.months >>> index) & 1 && yearMatches(e, year)) {
      const upTo = bitsBelow(Math.min(toDay - startDay, length));
      const days = bitsFrom(matchingDays(e, startDay, length), Math.max(fromDay - startDay, 0));
      count += countBits(days & upTo);
    }
    startDay += length;
    index += 1;
    if (index === 12) {
      index = 0;
      year += 1;
    }
  }
  return count;
}

/** The first matching wall time at or after `wall`; Infinity when there is none before 2100. */
export function nextWall(e: CronExpression, wall: number): number {
  const from = Math.max(wall, 0);
  const today = Math.floor(from / DAY_SECONDS);
  const day = nextDay(e, today);
  if (day < 0) return Infinity;
  if (day > today) return day * DAY_SECONDS + firstTime(e);
  const time = nextTime(e, from - today * DAY_SECONDS);
  if (time >= 0) return today * DAY_SECONDS + time;
  const later = nextDay(e, today + 1);
  return later < 0 ? Infinity : later * DAY_SECONDS + firstTime(e);
}

/** The last matching wall time from `floor` up to and including `wall`; -Infinity when there is none. */
export function previousWall(e: CronExpression, wall: number, floor: number): number {
  const upTo = Math.min(wall, WALL_END - 1);
  const lowest = Math.max(floor, 0);
  const floorDay = Math.floor(lowest / DAY_SECONDS);
  const today = Math.floor(upTo / DAY_SECONDS);
  const onDay = (day: number, time: number): number => {
    const found = day * DAY_SECONDS + time;
    return day >= 0 && found >= lowest ? found : -Infinity;
  };
  const day = previousDay(e, today, floorDay);
  if (day < today) return onDay(day, lastTime(e));
  const time = previousTime(e, upTo - today * DAY_SECONDS);
  if (time >= 0) return onDay(today, time);
  return onDay(previousDay(e, today - 1, floorDay), lastTime(e));
}

/** How many wall times match from `fromWall` up to but not including `toWall`. */
export function countWalls(e: CronExpression, fromWall: number, toWall: number): number {
  const from = Math.max(fromWall, 0);
  const to = Math.min(toWall, WALL_END);
  if (from >= to) return 0;
  const fromDay = Math.floor(from / DAY_SECONDS);
  const toDay = Math.floor(to / DAY_SECONDS);
  const before = countTimes(e, from - fromDay * DAY_SECONDS) * countDays(e, fromDay, fromDay + 1);
  const after =
    toDay < DAY_END ? countTimes(e, to - toDay * DAY_SECONDS) * countDays(e, toDay, toDay + 1) : 0;
  return countTimes(e, DAY_SECONDS) * countDays(e, fromDay, toDay) - before + after;
}
