/** What is said when a text is no cron expression that we run. */

/** How the fields of an expression are called towards people. */
export type FieldName =
  | "second"
  | "minute"
  | "hour"
  | "day-of-month"
  | "month"
  | "weekday"
  | "year";

/** A cron expression is refused; the message names the field, the value and the way out. */
export class CronError extends Error {
  override readonly name = "CronError";
  /** The field at fault, null when the expression as a whole is. */
  readonly field: FieldName | null;

  constructor(field: FieldName | null, message: string) {
    super(message);
    this.field = field;
  }
}

/** More of a value than this tells a reader nothing. */
const QUOTED_LENGTH_MAX = 40;

/** A value in the single quotes that all messages about expressions use, cut when long. */
export function quote(value: string): string {
  const short = value.length > QUOTED_LENGTH_MAX ? `${value.slice(0, QUOTED_LENGTH_MAX)}…` : value;
  return `'${short}'`;
}
