/** The language of one field: a comma list of values, ranges and steps, turned into the set of its values. */
import { CronError, quote } from "./cron-error.ts";
import type { FieldName } from "./cron-error.ts";

/** What one field may hold. */
export interface FieldRule {
  readonly name: FieldName;
  readonly min: number;
  readonly max: number;
  /** Where an open step such as `5/2` ends: 6 for weekdays, although 7 may be written. */
  readonly stepMax: number;
  /** Lower-case names and their values. */
  readonly names: ReadonlyMap<string, number>;
}

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec";
const MONTHS_IN_FULL =
  "january february march april may june july august september october november december";
const WEEKDAYS = "sun mon tue wed thu fri sat";
const WEEKDAYS_IN_FULL = "sunday monday tuesday wednesday thursday friday saturday";
const NO_NAMES: ReadonlyMap<string, number> = new Map();

function namesFrom(first: number, ...lists: string[]): Map<string, number> {
  return new Map(
    lists.flatMap((list) => list.split(" ").map((name, index) => [name, index + first] as const)),
  );
}

/** Second of the minute. */
export const SECOND: FieldRule = plainRule("second", 0, 59);
/** Minute of the hour. */
export const MINUTE: FieldRule = plainRule("minute", 0, 59);
/** Hour of the day. */
export const HOUR: FieldRule = plainRule("hour", 0, 23);
/** Day of the month, without `L`. */
export const DAY_OF_MONTH: FieldRule = plainRule("day-of-month", 1, 31);
/** Month, 1 is January. */
export const MONTH: FieldRule = {
  ...plainRule("month", 1, 12),
  names: namesFrom(1, MONTHS, MONTHS_IN_FULL).set("sept", 9),
};
/** Day of the week, without `L` and `#`: 0 and 7 are Sunday. */
export const WEEKDAY: FieldRule = {
  ...plainRule("weekday", 0, 7),
  stepMax: 6,
  names: namesFrom(0, WEEKDAYS, WEEKDAYS_IN_FULL).set("tues", 2).set("thur", 4).set("thurs", 4),
};
/** Year: the years for which an answer is given at all. */
export const YEAR: FieldRule = plainRule("year", 1970, 2099);

function plainRule(name: FieldName, min: number, max: number): FieldRule {
  return { name, min, max, stepMax: max, names: NO_NAMES };
}

/** One item of a list, taken apart: `from-to/step`. */
export interface Item {
  readonly from: number;
  /** Less than `from` when the range wraps around the end of the field. */
  readonly to: number;
  /** Null when none is written. */
  readonly step: number | null;
}

const DIGITS = /^\d+$/;
const DIGITS_MAX = 4;

function outside(rule: FieldRule, text: string): CronError {
  return new CronError(rule.name, `${rule.name} ${quote(text)} is outside ${rule.min}-${rule.max}`);
}

function firstNames([first, second]: readonly string[]): string {
  return `${first}, ${second}, …`;
}

function unknownName(rule: FieldRule, text: string): CronError {
  const start = text.slice(0, 2).toLowerCase();
  const names = [...rule.names.keys()];
  const meant = names.find((name) => start.length === 2 && name.startsWith(start));
  const wayOut =
    names.length === 0
      ? `is not a number (${rule.min}-${rule.max})`
      : `is not a name (use ${(meant ?? firstNames(names)).toUpperCase()})`;
  return new CronError(rule.name, `${rule.name} ${quote(text)} ${wayOut}`);
}

/** The number in `text`, null when it is none. */
function numberIn(rule: FieldRule, text: string): number | null {
  if (!DIGITS.test(text)) return null;
  if (text.length > DIGITS_MAX) {
    throw new CronError(
      rule.name,
      `${rule.name} ${quote(text)} has more than ${DIGITS_MAX} digits`,
    );
  }
  return Number(text);
}

/**
 * The value that a number or name stands for.
 *
 * @throws CronError when it is out of range or no value of this field.
 */
export function parseValue(rule: FieldRule, text: string): number {
  const number = numberIn(rule, text);
  if (number === null) {
    const named = rule.names.get(text.toLowerCase());
    if (named === undefined) throw unknownName(rule, text);
    return named;
  }
  if (number < rule.min || number > rule.max) throw outside(rule, text);
  return number;
}

function parseStep(rule: FieldRule, item: string, text: string): number {
  const step = numberIn(rule, text);
  if (step === null) {
    throw new CronError(
      rule.name,
      `${rule.name}: step ${quote(text)} in ${quote(item)} is not a number`,
    );
  }
  if (step === 0) {
    throw new CronError(rule.name, `${rule.name}: step must be 1 or more in ${quote(item)}`);
  }
  return step;
}

function parseRange(rule: FieldRule, text: string, step: number | null): Item {
  const [first = "", last = "", ...more] = text.split("-");
  if (first === "" || last === "" || more.length > 0) {
    throw new CronError(
      rule.name,
      `${rule.name}: ${quote(text)} is not a range (write FIRST-LAST)`,
    );
  }
  const from = parseValue(rule, first);
  const end = parseValue(rule, last);
  // Sunday ends a week as well as it begins one: Sat-Sun is 6-7.
  const to = rule === WEEKDAY && end === 0 && from > 0 ? 7 : end;
  if (from > to) checkWrapAround(rule, text, step);
  return { from, to, step };
}

function checkWrapAround(rule: FieldRule, text: string, step: number | null): void {
  if (rule === YEAR) {
    throw new CronError(
      rule.name,
      `year: ${quote(text)} runs backwards; write the earlier year first`,
    );
  }
  if (step === null) return;
  throw new CronError(
    rule.name,
    `${rule.name}: a range that wraps around (${quote(text)}) cannot have a step; list the values`,
  );
}

/**
 * The items of a field's list.
 *
 * @throws CronError when one of them is empty.
 */
export function listItems(rule: FieldRule, text: string): string[] {
  const items = text.split(",");
  if (items.includes("")) {
    throw new CronError(
      rule.name,
      `${rule.name}: empty list item in ${quote(text)}; remove the extra comma`,
    );
  }
  return items;
}

/** Spellings of other schedulers that people bring along; none of them can be given a lasting meaning here. */
function refuseForeign(rule: FieldRule, item: string): void {
  if (/^[hr](?![a-z])/i.test(item) || item.includes("~")) {
    throw new CronError(
      rule.name,
      `${rule.name}: random values (${quote(item)}) are not supported: they would change at every recomputation; write a fixed value`,
    );
  }
  if (item.includes("?")) {
    throw new CronError(
      rule.name,
      `${rule.name}: '?' may only stand alone, as day-of-month or weekday; use '*'`,
    );
  }
}

/**
 * Takes one item of a field's list apart.
 *
 * @throws CronError when it is not `*`, a value or a range, with or without a step.
 */
export function parseItem(rule: FieldRule, item: string): Item {
  refuseForeign(rule, item);
  const [base = "", stepText, ...more] = item.split("/");
  if (more.length > 0 || base === "") {
    throw new CronError(
      rule.name,
      `${rule.name}: ${quote(item)} is not a step (write */N, VALUE/N or FIRST-LAST/N)`,
    );
  }
  const step = stepText === undefined ? null : parseStep(rule, item, stepText);
  if (base === "*") return { from: rule.min, to: rule.stepMax, step };
  if (base.includes("-")) return parseRange(rule, base, step);
  const value = parseValue(rule, base);
  if (step === null) return { from: value, to: value, step };
  return { from: rule === WEEKDAY ? value % 7 : value, to: rule.stepMax, step };
}

function addItem(rule: FieldRule, { from, to, step }: Item, values: Set<number>): void {
  const add = (first: number, last: number): void => {
    for (let value = first; value <= last; value += step ?? 1) {
      values.add(rule === WEEKDAY ? value % 7 : value);
    }
  };
  if (from <= to) return add(from, to);
  add(from, rule.max);
  add(rule.min, to);
}

/**
 * All values of a list of items, smallest first, each once; Sunday is 0.
 *
 * @throws CronError when one of them is invalid.
 */
export function expandItems(rule: FieldRule, items: readonly string[]): number[] {
  const values = new Set<number>();
  for (const item of items) addItem(rule, parseItem(rule, item), values);
  return [...values].toSorted((left, right) => left - right);
}

/** The shortest plain spelling of a set of values: `*` when it is full, else a list of values and ranges. */
export function canonicalText(rule: FieldRule, values: readonly number[]): string {
  const first = values[0] ?? rule.min;
  if (values.length === 1) return String(first);
  if (values.length > rule.stepMax - rule.min) return "*";
  const parts: string[] = [];
  let start = first;
  values.forEach((value, index) => {
    if (values[index + 1] === value + 1) return;
    parts.push(start === value ? String(value) : `${start}-${value}`);
    start = values[index + 1] ?? start;
  });
  return parts.join(",");
}
