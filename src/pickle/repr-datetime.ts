/** Text for what Python's `datetime` module packs into a few bytes. */
import { call, list, text } from "./repr-parts.ts";
import type { Describe, ReprPart } from "./repr-parts.ts";
import { PyObject } from "./value.ts";
import type { PickleValue } from "./value.ts";

/** Bytes, also where Python 2 wrote them as text. */
function bytesOf(value: PickleValue | undefined, length: number): Uint8Array | null {
  const bytes = typeof value === "string" ? Buffer.from(value, "latin1") : value;
  return bytes instanceof Uint8Array && bytes.length === length ? bytes : null;
}

function ints(values: readonly number[]): PickleValue[] {
  return values.map((value) => BigInt(value));
}

/** `datetime` packs the microseconds into three bytes. */
function microsecondsAt(bytes: Uint8Array, index: number): number {
  return ((bytes[index] ?? 0) << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
}

function yearOf(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
}

/** The second time of an hour that the end of summer time repeats is marked by the highest bit of one byte. */
const FOLD = 0x80;

/** `hour, minute[, second[, microsecond]][, fold=1][, tzinfo=zone]`; seconds and microseconds are shown unless zero. */
function clockArgs(
  [hour = 0, minute = 0, second = 0, microsecond = 0]: readonly number[],
  fold: boolean,
  zone: PickleValue | undefined,
): ReprPart[] {
  const shown = [hour, minute];
  if (second > 0 || microsecond > 0) shown.push(second);
  if (microsecond > 0) shown.push(microsecond);
  return [
    ...list(ints(shown)),
    ...(fold ? [text(", fold=1")] : []),
    ...(zone === undefined ? [] : [text(", tzinfo="), { value: zone }]),
  ];
}

function describeDate({ args }: PyObject): ReprPart[] | null {
  const bytes = bytesOf(args[0], 4);
  if (bytes === null) return null;
  return call("datetime.date", ints([yearOf(bytes), bytes[2] ?? 0, bytes[3] ?? 0]));
}

function describeTime({ args }: PyObject): ReprPart[] | null {
  const bytes = bytesOf(args[0], 6);
  if (bytes === null) return null;
  const [hour = 0, minute = 0, second = 0] = bytes;
  const clock = [hour & ~FOLD, minute, second, microsecondsAt(bytes, 3)];
  return [text("datetime.time("), ...clockArgs(clock, hour >= FOLD, args[1]), text(")")];
}

function describeDateTime({ args }: PyObject): ReprPart[] | null {
  const bytes = bytesOf(args[0], 10);
  if (bytes === null) return null;
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = bytes.subarray(2);
  const clock = [hour, minute, second, microsecondsAt(bytes, 7)];
  return [
    text("datetime.datetime("),
    ...list(ints([yearOf(bytes), month & ~FOLD, day])),
    text(", "),
    ...clockArgs(clock, month >= FOLD, args[1]),
    text(")"),
  ];
}

function describeDelta({ args }: PyObject): ReprPart[] | null {
  const names = ["days", "seconds", "microseconds"];
  if (args.length !== 3 || !args.every((arg) => typeof arg === "bigint")) return null;
  const shown = args.flatMap((arg, index) => (arg === 0n ? [] : [`${names[index]}=${arg}`]));
  return [text(`datetime.timedelta(${shown.join(", ") || "0"})`)];
}

function describeZone({ args }: PyObject): ReprPart[] | null {
  const [offset] = args;
  if (!(offset instanceof PyObject)) return null;
  const isZero = offset.args.length === 3 && offset.args.every((arg) => arg === 0n);
  return isZero && args.length === 1
    ? [text("datetime.timezone.utc")]
    : call("datetime.timezone", args);
}

/** Texts for the classes of `datetime`, by class. */
export const DATETIME_TEXTS: ReadonlyArray<readonly [path: string, describe: Describe]> = [
  ["datetime.date", describeDate],
  ["datetime.datetime", describeDateTime],
  ["datetime.time", describeTime],
  ["datetime.timedelta", describeDelta],
  ["datetime.timezone", describeZone],
];
