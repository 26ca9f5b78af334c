/** Values as nested lists that tell every Python type apart, for comparison across the two languages. */
import { PyDict, PySet, PyTuple, typeName } from "../../src/pickle/value.ts";
import type { PickleValue } from "../../src/pickle/value.ts";

/** The type's name, then its content; the same form comes from `python/peer.py`. */
export type PlainValue = readonly [type: string, content: unknown];

/** The value in the common form. */
export function plainOf(value: PickleValue): PlainValue {
  return [typeName(value) === "None" ? "NoneType" : typeName(value), contentOf(value)];
}

function contentOf(value: PickleValue): unknown {
  if (typeof value === "bigint") return `${value < 0n ? "-" : ""}0x${abs(value).toString(16)}`;
  if (typeof value === "number") return floatBits(value);
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (Array.isArray(value)) return value.map(plainOf);
  if (value instanceof PyTuple) return value.items.map(plainOf);
  if (value instanceof PySet) return sorted([...value].map(plainOf));
  if (value instanceof PyDict)
    return [...value].map(([key, item]) => [plainOf(key), plainOf(item)]);
  return null;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function floatBits(value: number): string {
  if (Number.isNaN(value)) return "nan";
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString("hex");
}

function sorted(items: readonly unknown[]): unknown[] {
  return items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** The form that Python sent, its sets in the order of `plainOf`. */
export function sortSets(value: PlainValue): PlainValue {
  const [type, content] = value;
  if (!Array.isArray(content)) return value;
  if (type === "dict") return [type, content.map((pair) => pair.map(sortSets))];
  const items = content.map(sortSets);
  return [type, type === "set" || type === "frozenset" ? sorted(items) : items];
}
