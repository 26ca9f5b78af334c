/** Text to fields: how many there are and which is which. */
import { CronError, quote } from "./cron-error.ts";

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
