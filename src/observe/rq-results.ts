/** What the runs of an RQ job came to. */
import { describeError } from "../base/errors.ts";
import { pyRepr } from "../pickle/repr.ts";
import { decodeStored, inflatedText } from "./rq-call.ts";

/** One run. */
export interface JobResult {
  readonly at: string;
  readonly type: "ok" | "failed" | "stopped" | "retried" | "retries_exceeded" | "unknown";
  /** What it returned, as Python's `repr` shows it; null for nothing, and where it failed. */
  readonly return_value: string | null;
  readonly traceback: string | null;
  readonly worker: string | null;
  readonly started_at: string | null;
  readonly ended_at: string | null;
}

const TYPES: Readonly<Record<string, JobResult["type"]>> = {
  "1": "ok",
  "2": "failed",
  "3": "stopped",
  "4": "retried",
  "5": "retries_exceeded",
};

/** Larger than any that was seen; what is longer is not shown. */
export const TEXT_MAX_BYTES = 4 * 1024 * 1024;
const VALUE_LENGTH = 10_000;

/** A return value as `repr` shows it, or why it cannot be read. */
export function returnText(bytes: Uint8Array): string {
  try {
    return pyRepr(decodeStored(bytes, TEXT_MAX_BYTES), { maxLength: VALUE_LENGTH });
  } catch (error) {
    return `(cannot be read: ${describeError(error)})`;
  }
}

/** An entry's fields by name. */
function fieldsOf(flat: unknown): ReadonlyMap<string, string> {
  const texts: readonly unknown[] = Array.isArray(flat) ? flat : [];
  const fields = new Map<string, string>();
  for (let index = 0; index + 1 < texts.length; index += 2) {
    fields.set(String(texts[index]), String(texts[index + 1]));
  }
  return fields;
}

function isoOf(seconds: string | undefined): string | null {
  const ms = Number(seconds) * 1000;
  return seconds === undefined || !isInstant(ms) ? null : new Date(ms).toISOString();
}

/** Whether a date can hold it. */
function isInstant(ms: number): boolean {
  return Math.abs(ms) <= 8.64e15;
}

function resultOf(id: string, fields: ReadonlyMap<string, string>): JobResult {
  const ms = Number(id.split("-", 1)[0]);
  const value = fields.get("return_value");
  const trace = fields.get("exc_string");
  return {
    at: new Date(isInstant(ms) ? ms : 0).toISOString(),
    type: TYPES[fields.get("type") ?? ""] ?? "unknown",
    return_value: value === undefined ? null : returnText(Buffer.from(value, "base64")),
    traceback:
      trace === undefined ? null : inflatedText(Buffer.from(trace, "base64"), TEXT_MAX_BYTES),
    worker: fields.get("worker_name") ?? null,
    started_at: isoOf(fields.get("execution_started_at")),
    ended_at: isoOf(fields.get("execution_ended_at")),
  };
}

/** The entries of a job's result stream as XRANGE and XREVRANGE give them, in their order. */
export function jobResults(reply: unknown): JobResult[] {
  if (!Array.isArray(reply)) return [];
  return reply.flatMap((entry: unknown) => {
    if (!Array.isArray(entry)) return [];
    const [id, flat]: readonly unknown[] = entry;
    return typeof id === "string" ? [resultOf(id, fieldsOf(flat))] : [];
  });
}

/** The line of a traceback that says what happened. */
export function lastLine(traceback: string | null): string | null {
  const lines = (traceback ?? "").split("\n").filter((line) => line.trim() !== "");
  // An exception's own text may go on over several lines; the first that is not indented after the frames names it.
  const frames = lines.findLastIndex((line) => /^\s+(File|\^|~)/.test(line));
  const own = lines.slice(frames + 1).find((line) => !line.startsWith(" "));
  return own ?? lines.at(-1) ?? null;
}
