/**
 * The rule at the end of a time-zone file, for years after its table: `EST5EDT,M3.2.0,M11.1.0`.
 *
 * The form is POSIX's, with the hours from -167 to 167 and the quoted names of RFC 9636, section 3.3.1. Offsets in it count
 * west of UTC.
 */
import {
  DAY_SECONDS,
  dayOf,
  isLeapYear,
  monthLength,
  weekdayOf,
  yearStartDay,
} from "./calendar.ts";

/** One of the two changes of a year. */
interface YearlyChange {
  /** Day number of the change in a year. */
  day(year: number): number;
  /** Seconds after midnight of that day on the clock before the change. */
  readonly timeSeconds: number;
}

/** A zone's yearly rule; seconds east of UTC. */
export interface PosixRule {
  readonly standardOffset: number;
  /** Null when clocks are never changed. */
  readonly summer: {
    readonly offset: number;
    readonly begin: YearlyChange;
    readonly end: YearlyChange;
  } | null;
}

const NAME = "(?:[A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)";
const TIME = String.raw`[+-]?\d{1,3}(?::\d{2}){0,2}`;
const DATE = String.raw`(?:M\d{1,2}\.\d\.\d|J?\d{1,3})(?:/${TIME})?`;
const RULE = new RegExp(`^${NAME}(${TIME})(?:${NAME}(${TIME})?,(${DATE}),(${DATE}))?$`);

/** Changes are at two o'clock unless the rule says otherwise. */
const TIME_DEFAULT = "2";
/** Summer time is one hour ahead unless the rule says otherwise. */
const SUMMER_AHEAD_SECONDS = 3600;

function secondsIn(time: string): number {
  const [hours = "0", minutes = "0", seconds = "0"] = time.replace(/^[+-]/, "").split(":");
  const total = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return time.startsWith("-") ? -total : total;
}

/** Weekday number `nth` of a month, where 5 is the last. */
function nthWeekday(year: number, month: number, nth: number, weekday: number): number {
  const first = dayOf(year, month, 1);
  const day = first + ((weekday - weekdayOf(first) + 7) % 7) + 7 * (nth - 1);
  return day < first + monthLength(year, month - 1) ? day : day - 7;
}

function parseChange(text: string): YearlyChange {
  const [date = "", time = TIME_DEFAULT] = text.split("/");
  const timeSeconds = secondsIn(time);
  if (date.startsWith("M")) {
    const [month = 1, nth = 1, weekday = 0] = date.slice(1).split(".").map(Number);
    return { day: (year) => nthWeekday(year, month, nth, weekday), timeSeconds };
  }
  if (!date.startsWith("J"))
    return { day: (year) => yearStartDay(year) + Number(date), timeSeconds };
  // Jn counts from 1 and leaves 29 February out.
  const count = Number(date.slice(1));
  const day = (year: number): number =>
    yearStartDay(year) + count - 1 + (isLeapYear(year) && count > 59 ? 1 : 0);
  return { day, timeSeconds };
}

/**
 * Reads a rule.
 *
 * @throws Error when it is not of this form.
 */
export function parsePosixRule(text: string): PosixRule {
  const [, standard, ahead, begin, end] = RULE.exec(text) ?? [];
  if (standard === undefined) throw new Error(`"${text}" is no time zone rule`);
  const standardOffset = 0 - secondsIn(standard);
  if (begin === undefined || end === undefined) return { standardOffset, summer: null };
  const offset = ahead === undefined ? standardOffset + SUMMER_AHEAD_SECONDS : 0 - secondsIn(ahead);
  return { standardOffset, summer: { offset, begin: parseChange(begin), end: parseChange(end) } };
}

/** The changes of one year as instant and new offset, earlier first. */
export function changesInYear(
  rule: PosixRule,
  year: number,
): [atSeconds: number, offset: number][] {
  if (rule.summer === null) return [];
  const { offset, begin, end } = rule.summer;
  const instant = (change: YearlyChange, before: number): number =>
    change.day(year) * DAY_SECONDS + change.timeSeconds - before;
  const changes: [number, number][] = [
    [instant(begin, rule.standardOffset), offset],
    [instant(end, offset), rule.standardOffset],
  ];
  return changes.toSorted(([left], [right]) => left - right);
}
