/**
 * Fields to sets of values, by way of cron-parser.
 *
 * It is handed canonical text only, in UTC at instant 0, because it refuses legal lists, draws random values and misreads open
 * weekday steps; nothing but the values that it expands is used. The day of the month and the year are not its matter: it
 * refuses days that a month lacks, and it has no years.
 */
import { CronExpressionParser } from "cron-parser";

import {
  HOUR,
  MINUTE,
  MONTH,
  SECOND,
  WEEKDAY,
  canonicalText,
  expandItems,
  listItems,
} from "./fields.ts";

/** A set of the numbers 0 to 59, in two halves because bit operations end at 32 bits. */
export interface SixtyBits {
  /** Numbers 0 to 29. */
  readonly low: number;
  /** Numbers 30 to 59, as bits 0 to 29. */
  readonly high: number;
}

const RULES = { second: SECOND, minute: MINUTE, hour: HOUR, month: MONTH, weekday: WEEKDAY };

type Name = keyof typeof RULES;
const NAMES = ["second", "minute", "hour", "month", "weekday"] as const satisfies readonly Name[];

/** What is put in the place of a field whose set is known. */
const PLACEHOLDER = "1";
const EMPTY: SixtyBits = { low: 0, high: 0 };
/** Far more than the spellings of a field that a site has; reached only by texts made at random. */
const SPELLINGS_MAX = 5_000;

function sixtyBits(values: readonly number[]): SixtyBits {
  let low = 0;
  let high = 0;
  for (const value of values) {
    if (value < 30) low |= 1 << value;
    else high |= 1 << (value - 30);
  }
  return { low, high };
}

function canonicalField(name: Name, text: string): string {
  return text === "*"
    ? text
    : canonicalText(RULES[name], expandItems(RULES[name], listItems(RULES[name], text)));
}

/** The sets of fields by their text: schedules differ, but most of their fields are alike. */
export class FieldSets {
  readonly #known = new Map<string, SixtyBits>();

  /**
   * The sets of these fields; an empty text is the empty set.
   *
   * @throws CronError when a field is invalid.
   */
  read(texts: Readonly<Record<Name, string>>): Record<Name, SixtyBits> {
    if (this.#known.size > SPELLINGS_MAX) this.#known.clear();
    const missing = NAMES.filter(
      (name) => texts[name] !== "" && !this.#known.has(name + texts[name]),
    );
    if (missing.length > 0) this.#expand(texts, missing);
    const setOf = (name: Name): SixtyBits => this.#known.get(name + texts[name]) ?? EMPTY;
    return {
      second: setOf("second"),
      minute: setOf("minute"),
      hour: setOf("hour"),
      month: setOf("month"),
      weekday: setOf("weekday"),
    };
  }

  #expand(texts: Readonly<Record<Name, string>>, missing: readonly Name[]): void {
    const canonical = NAMES.map((name) =>
      missing.includes(name) ? canonicalField(name, texts[name]) : PLACEHOLDER,
    );
    const [second, minute, hour, month, weekday] = canonical;
    const { fields } = CronExpressionParser.parse(
      `${second} ${minute} ${hour} * ${month} ${weekday}`,
      { tz: "UTC", currentDate: 0 },
    );
    const sets: Record<Name, SixtyBits> = {
      second: sixtyBits(fields.second.values),
      minute: sixtyBits(fields.minute.values),
      hour: sixtyBits(fields.hour.values),
      month: sixtyBits(fields.month.values),
      weekday: sixtyBits(fields.dayOfWeek.values.map((day) => Number(day) % 7)),
    };
    for (const name of missing) this.#known.set(name + texts[name], sets[name]);
  }
}
