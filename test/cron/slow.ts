/**
 * The definition at the head of `src/cron/next.ts`, evaluated instant by instant: slow, and written without any of the code
 * under test but the zone's table. Expressions are taken from their text, by asking of each item whether it holds a value.
 */
import type { DstPolicy } from "../../src/cron/dst-policy.ts";
import type { Zone } from "../../src/cron/zone.ts";

const NAMES: Record<string, string> = {
  jan: "1", feb: "2", mar: "3", apr: "4", may: "5", jun: "6", jul: "7", aug: "8", sep: "9", oct: "10", nov: "11", dec: "12",
  sun: "0", mon: "1", tue: "2", wed: "3", thu: "4", fri: "5", sat: "6",
}; // prettier-ignore

/** One wall time on the calendar. */
interface Shown {
  readonly second: number;
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  readonly month: number;
  readonly weekday: number;
  readonly year: number;
  readonly monthLength: number;
}

function shownAt(wall: number): Shown {
  const date = new Date(wall * 1000);
  return {
    second: date.getUTCSeconds(),
    minute: date.getUTCMinutes(),
    hour: date.getUTCHours(),
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    weekday: date.getUTCDay(),
    year: date.getUTCFullYear(),
    monthLength: new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate(),
  };
}

function holds(item: string, value: number, min: number, max: number): boolean {
  const [base = "", step] = item.split("/");
  const [first = "", last] = base.replace("*", `${min}-${max}`).split("-");
  const from = Number(first);
  const open = last === undefined && step !== undefined;
  const to = open ? max : Number(last ?? first);
  if (from > to) return value >= from || value <= to;
  return value >= from && value <= to && (value - from) % Number(step ?? 1) === 0;
}

function weekdayHolds(item: string, { weekday, day, monthLength }: Shown): boolean {
  if (item.includes("#")) {
    const [name, nth] = item.split("#");
    return Number(name) % 7 === weekday && Math.ceil(day / 7) === Number(nth);
  }
  if (item.includes("L")) {
    return Number(item.replace("L", "")) % 7 === weekday && day > monthLength - 7;
  }
  // A range that ends on Sunday ends on 7.
  const sunday = item.replace(/^([1-7])-0/, "$1-7");
  return (
    holds(sunday, weekday, 0, 6) ||
    (weekday === 0 && sunday.includes("7") && holds(sunday, 7, 0, 6))
  );
}

/** An expression of five, six or seven fields, by its text. */
export class SlowExpression {
  readonly #fields: readonly string[];

  constructor(text: string) {
    const plain = text.toLowerCase().replaceAll(/[a-z]{3}/g, (name) => NAMES[name] ?? name);
    const fields = plain.toUpperCase().replaceAll("?", "*").split(" ");
    const withSeconds = fields.length === 7 ? fields : ["0", ...fields];
    this.#fields = withSeconds.length === 7 ? withSeconds : [...withSeconds, "*"];
  }

  get hasSeconds(): boolean {
    return this.#fields[0] !== "0";
  }

  get everyHour(): boolean {
    return Array.from({ length: 24 }, (_, hour) => hour).every((hour) => this.#in(2, hour, 0, 23));
  }

  get interval(): boolean {
    const minutes = Array.from({ length: 60 }, (_, minute) => minute);
    const [, minute = "", hour = ""] = this.#fields;
    return (
      this.everyHour ||
      minutes.every((each) => this.#in(1, each, 0, 59)) ||
      /[*/]/.test(`${minute} ${hour}`)
    );
  }

  matches(wall: number): boolean {
    const shown = shownAt(wall);
    if (shown.year < 1970 || shown.year > 2099) return false;
    return (
      this.#in(0, shown.second, 0, 59) &&
      this.#in(1, shown.minute, 0, 59) &&
      this.#in(2, shown.hour, 0, 23) &&
      this.#in(4, shown.month, 1, 12) &&
      this.#in(6, shown.year, 1970, 2099) &&
      this.#onDay(shown)
    );
  }

  #in(field: number, value: number, min: number, max: number): boolean {
    return (this.#fields[field] ?? "").split(",").some((item) => holds(item, value, min, max));
  }

  #onDay(shown: Shown): boolean {
    const [dates = "", weekdays = ""] = [this.#fields[3], this.#fields[5]];
    const byDate = dates
      .split(",")
      .some((item) =>
        item === "L" ? shown.day === shown.monthLength : holds(item, shown.day, 1, 31),
      );
    const byWeekday = weekdays.split(",").some((item) => weekdayHolds(item, shown));
    const both = dates.startsWith("*") || weekdays.startsWith("*");
    return both ? byDate && byWeekday : byDate || byWeekday;
  }
}

function offset(zone: Zone, at: number): number {
  let index = 0;
  while (index < zone.transitions.length && zone.transitions[index]! <= at) index += 1;
  return zone.offsets[index]!;
}

/** Whether another instant, earlier or later, shows the wall time that `at` shows. */
function shownElsewhere(zone: Zone, at: number, where: "earlier" | "later"): boolean {
  const wall = at + offset(zone, at);
  return [...new Set(zone.offsets)]
    .map((each) => ({ each, other: wall - each }))
    .filter(({ each, other }) => offset(zone, other) === each)
    .some(({ other }) => (where === "earlier" ? other < at : other > at));
}

function skippedMatches(expression: SlowExpression, from: number, to: number): boolean {
  const step = expression.hasSeconds ? 1 : 60;
  for (let wall = Math.ceil(from / step) * step; wall < to; wall += step) {
    if (expression.matches(wall)) return true;
  }
  return false;
}

/** F(t). */
function fires(expression: SlowExpression, zone: Zone, at: number, dst: DstPolicy): boolean {
  const now = offset(zone, at);
  const before = offset(zone, at - 1);
  if (expression.matches(at + now)) {
    if (expression.interval || dst.overlap === "both") return true;
    if (!shownElsewhere(zone, at, dst.overlap === "first" ? "earlier" : "later")) return true;
  }
  if (before >= now || dst.gap === "skip" || expression.everyHour) return false;
  return skippedMatches(expression, at + before, at + now);
}

/** All instants after `after` up to `upto` that fire, at most `max` of them. */
export function slowInstants(
  expression: SlowExpression,
  zone: Zone,
  { after, upto, max }: { after: number; upto: number; max: number },
  dst: DstPolicy,
): number[] {
  const found: number[] = [];
  for (let at = after + 1; at <= upto && found.length < max; at += 1) {
    // Without seconds only full minutes and the clock changes themselves can fire.
    const jumped = offset(zone, at - 1) !== offset(zone, at);
    const onMinute = (at + offset(zone, at)) % 60 === 0;
    if ((expression.hasSeconds || onMinute || jumped) && fires(expression, zone, at, dst))
      found.push(at);
  }
  return found;
}
