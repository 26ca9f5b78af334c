/** Logging: consola decides levels and types, our reporter writes the lines. Everybody else sees only `Log`. */
import { createConsola } from "consola";
import type { ConsolaInstance, LogObject } from "consola";
import { closeSync, fchmodSync, openSync } from "node:fs";
import { formatPlain, formatPretty, formatJson } from "./log-format.ts";
import type { LogFields, LogLevel, LogLine } from "./log-format.ts";
import type { Redact } from "./redact.ts";
import { writeAll } from "./write-all.ts";

export type { LogFields, LogLevel } from "./log-format.ts";

/** What every part of the program may do with the log. */
export interface Log {
  trace(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log, its lines marked with the name of a part of the program. */
  for(component: string): Log;
}

/** `pretty` for a terminal, `journal` for systemd (priority prefix, no time), `plain` elsewhere, `json` when asked for. */
export type LogFormat = "pretty" | "plain" | "journal" | "json";

/** How the log is written. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** A file that takes the lines in place of standard error, which then gets only warnings and errors. */
  readonly file?: string | undefined;
  readonly redact: Redact;
}

/** A log and what its owner may do with it. */
export interface OpenLog {
  readonly log: Log;
  /** The least severe lines that are written from now on. */
  setLevel(level: LogLevel): void;
  /** Opens the file anew, after `logrotate` moved it away. */
  reopen(): void;
  close(): void;
}

/** consola's numbers: 0 is the most severe. */
const LEVELS: Readonly<Record<LogLevel, number>> = {
  error: 0,
  warn: 1,
  info: 3,
  debug: 4,
  trace: 5,
};
const LEVEL_WARN = 1;
const STDERR = 2;
/** Owner writes, group reads: a log may tell of functions and queues. */
const LOG_FILE_MODE = 0o640;

const FORMATS: Readonly<Record<LogFormat, (line: LogLine) => string>> = {
  pretty: formatPretty,
  plain: (line) => formatPlain(line, { journal: false }),
  journal: (line) => formatPlain(line, { journal: true }),
  json: formatJson,
};

function openFile(path: string): number {
  const handle = openSync(path, "a", LOG_FILE_MODE);
  fchmodSync(handle, LOG_FILE_MODE);
  return handle;
}

function isLevel(type: string): type is LogLevel {
  return type in LEVELS;
}

function toLine(entry: LogObject): LogLine {
  // consola types its arguments as any[]; `wrap` below is the only one who passes them.
  const [message, fields]: [string?, LogFields?] = [entry.args[0], entry.args[1]];
  const level = isLevel(entry.type) ? entry.type : "info";
  return {
    time: entry.date,
    level,
    component: entry.tag,
    message: message ?? "",
    fields: fields ?? {},
  };
}

/**
 * Opens the log.
 *
 * @throws Error when the file cannot be opened.
 */
export function openLog({ level, format, file, redact }: LogOptions): OpenLog {
  let handle = file === undefined ? null : openFile(file);
  const write = (entry: LogObject): void => {
    const line = toLine(entry);
    if (handle !== null) {
      const fileFormat = format === "json" ? formatJson : FORMATS.plain;
      writeAll(handle, `${redact(fileFormat(line))}\n`);
      if (LEVELS[line.level] > LEVEL_WARN) return;
    }
    writeAll(STDERR, `${redact(FORMATS[format](line))}\n`);
  };
  const threshold = { number: LEVELS[level] };
  const root = createConsola({
    level: LEVELS.trace,
    reporters: [{ log: write }],
    throttle: 0,
    throttleMin: Infinity,
  });
  return {
    log: wrap(root, threshold),
    setLevel: (next) => (threshold.number = LEVELS[next]),
    reopen: () => {
      if (handle === null || file === undefined) return;
      const old = handle;
      handle = openFile(file);
      closeSync(old);
    },
    close: () => {
      if (handle !== null) closeSync(handle);
      handle = null;
    },
  };
}

/** Levels are judged here and not by consola, whose marked logs keep the level that they were made with. */
function wrap(consola: ConsolaInstance, threshold: { readonly number: number }): Log {
  const write =
    (level: LogLevel) =>
    (message: string, fields?: LogFields): void => {
      if (LEVELS[level] <= threshold.number) consola[level](message, fields);
    };
  return {
    trace: write("trace"),
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
    for: (component) => wrap(consola.withTag(component), threshold),
  };
}

/** A log that keeps nothing, for commands that have their own output. */
export const silentLog: Log = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  for: () => silentLog,
};
