/** The forms a log line can take; pure text, no output. */

/** From the most to the least severe. */
export type LogLevel = "error" | "warn" | "info" | "debug" | "trace";

/** Facts beside the message; undefined ones are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** One line before it is written. */
export interface LogLine {
  readonly time: Date;
  readonly level: LogLevel;
  /** The part of the program that speaks; may be empty. */
  readonly component: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** Priorities of syslog, as systemd reads them at the start of a line. */
const PRIORITIES: Readonly<Record<LogLevel, number>> = {
  error: 3,
  warn: 4,
  info: 6,
  debug: 7,
  trace: 7,
};

const MARKS: Readonly<Record<LogLevel, string>> = {
  error: "\u001b[31m✖\u001b[0m",
  warn: "\u001b[33m⚠\u001b[0m",
  info: "\u001b[36mℹ\u001b[0m",
  debug: "\u001b[90m·\u001b[0m",
  trace: "\u001b[90m·\u001b[0m",
};

const DIM = "\u001b[2m";
const RESET = "\u001b[0m";

/** What a value may hold without quotes. */
const BARE_VALUE = /^[^\s"=\\]+$/;

/** Control characters would let a schedule's name forge lines or colour the terminal: they are shown as escapes. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, (char) => JSON.stringify(char).slice(1, -1));
}

/** `a=1 b="two words"`. */
function formatFields(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => {
      const text = printable(String(value));
      return `${name}=${BARE_VALUE.test(text) ? text : JSON.stringify(text)}`;
    })
    .join(" ");
}

function parts(line: LogLine): string[] {
  const head = line.component === "" ? "" : `${line.component}: `;
  return [`${head}${printable(line.message)}`, formatFields(line.fields)].filter(
    (part) => part !== "",
  );
}

/** One line without colours; for the journal a priority stands in place of time and level. */
export function formatPlain(line: LogLine, { journal }: { readonly journal: boolean }): string {
  const text = parts(line).join(" ");
  if (journal) return `<${PRIORITIES[line.level]}>${text}`;
  return `${line.time.toISOString()} ${line.level.toUpperCase().padEnd(5)} ${text}`;
}

/** One line for a person at a terminal: local time of day, a mark for the level, facts dimmed. */
export function formatPretty(line: LogLine): string {
  const clock = [line.time.getHours(), line.time.getMinutes(), line.time.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
  const [text = "", facts] = parts(line);
  const tail = facts === undefined ? "" : ` ${DIM}${facts}${RESET}`;
  return `${DIM}${clock}${RESET} ${MARKS[line.level]} ${text}${tail}`;
}

/** One JSON object: `time` (ISO, UTC), `level`, `component`, `message`, then the facts. */
export function formatJson({ time, level, component, message, fields }: LogLine): string {
  return JSON.stringify({ time: time.toISOString(), level, component, message, ...fields });
}
