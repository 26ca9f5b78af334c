/** Plain JavaScript values, as parsers of configuration give them, to values for a Python job. */
import { DEPTH_MAX, PyDict, PyGlobal, PyObject, PySet, PyTuple } from "./value.ts";
import type { PickleValue } from "./value.ts";

/**
 * The value for what `smol-toml` with `integersAsBigInt` gives: a `bigint` is an int and a `number` always a float, an
 * array becomes a list and a table a dict. Values that are Python's already stay as they are. `path` names the place in
 * faults: `args` becomes `args[2].when`.
 *
 * @throws TypeError for dates, undefined, functions and the like; RangeError when it nests too deeply.
 */
export function toPickleValue(value: unknown, path: string): PickleValue {
  return convert(value, path, 0);
}

function convert(value: unknown, path: string, depth: number): PickleValue {
  if (isPlain(value)) return value;
  if (depth >= DEPTH_MAX) {
    throw new RangeError(`convert ${path}: more than ${DEPTH_MAX} levels: nest less deeply`);
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => convert(item, `${path}[${index}]`, depth + 1));
  }
  if (value instanceof Date) {
    throw new TypeError(
      `convert ${path}, "${value.toISOString()}": jobs take no dates: write it as text, in quotes`,
    );
  }
  if (!isTable(value)) {
    throw new TypeError(`convert ${path}: no counterpart in Python for type "${typeof value}"`);
  }
  const entries = Object.entries(value).map(
    ([key, item]) => [key, convert(item, `${path}.${key}`, depth + 1)] as const,
  );
  return new PyDict(entries);
}

type PlainValue = Exclude<PickleValue, PickleValue[]>;

const CLASSES = [Uint8Array, PyTuple, PyDict, PySet, PyGlobal, PyObject];

function isPlain(value: unknown): value is PlainValue {
  if (value === null || CLASSES.some((known) => value instanceof known)) return true;
  return ["boolean", "bigint", "number", "string"].includes(typeof value);
}

/** An object without a class of its own. */
function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
