/** Python values in TypeScript: JavaScript's own types where they say the same, small classes where they do not. */

/**
 * A Python value. `null` is None, `bigint` an int, `number` always a float, `Uint8Array` bytes, an array a list. A
 * `string` is a str; two surrogates that Python would keep apart melt into the one character that they spell.
 */
export type PickleValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | PickleValue[]
  | PyTuple
  | PyDict
  | PySet
  | PyGlobal
  | PyObject;

/** How deep values may nest: Python's own pickler gives up sooner, and no recursion of ours comes near the stack's end. */
export const DEPTH_MAX = 1_000;

/** Python refuses to turn longer texts into an int, and longer ints into text, since 3.11. */
export const DECIMAL_DIGITS_MAX = 4_300;

/** What one key may cost to compare, in parts and characters; beyond it values share parts without end. */
const KEY_COST_MAX = 10_000_000;

/** Keys nest deeper than this only in an attack. */
const KEY_DEPTH_MAX = 200;

/** A value that Python would not take as a key of a dict or member of a set. */
export class UnhashableError extends TypeError {
  override readonly name = "UnhashableError";
}

/** What is left to spend on comparing keys, in parts and characters. */
export interface KeyBudget {
  left: number;
}

/** A tuple. */
export class PyTuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

/** A dict: insertion order, and keys that are equal as in Python (`1`, `1.0` and `True` are one key). */
export class PyDict implements Iterable<readonly [PickleValue, PickleValue]> {
  readonly #entries = new Map<HashKey, readonly [PickleValue, PickleValue]>();

  /** @throws UnhashableError for a key that Python would not take. */
  constructor(entries: Iterable<readonly [PickleValue, PickleValue]> = []) {
    for (const [key, value] of entries) this.set(key, value);
  }

  /** A dict with the own keys of an object; any key is harmless, `__proto__` too. */
  static fromRecord(record: Readonly<Record<string, PickleValue>>): PyDict {
    return new PyDict(Object.entries(record));
  }

  get size(): number {
    return this.#entries.size;
  }

  has(key: PickleValue): boolean {
    return this.#entries.has(hashKey(key, newKeyBudget()));
  }

  get(key: PickleValue): PickleValue | undefined {
    return this.#entries.get(hashKey(key, newKeyBudget()))?.[1];
  }

  /**
   * As in Python, an equal key that is there already stays, with its place; only the value changes.
   *
   * @throws UnhashableError for a key that Python would not take, or one too big for the budget.
   */
  set(key: PickleValue, value: PickleValue, budget: KeyBudget = newKeyBudget()): void {
    const hash = hashKey(key, budget);
    const known = this.#entries.get(hash);
    this.#entries.set(hash, [known === undefined ? key : known[0], value]);
  }

  [Symbol.iterator](): Iterator<readonly [PickleValue, PickleValue]> {
    return this.#entries.values();
  }

  /**
   * An object without a prototype, with the same keys and values.
   *
   * @throws TypeError when a key is not a str.
   */
  toRecord(): Record<string, PickleValue> {
    const record: Record<string, PickleValue> = Object.create(null);
    for (const [key, value] of this) {
      if (typeof key !== "string") throw new TypeError(`a key is not text but ${typeName(key)}`);
      record[key] = value;
    }
    return record;
  }
}

/** A set, or a frozenset when `frozen`; members in the order in which they came. */
export class PySet implements Iterable<PickleValue> {
  readonly frozen: boolean;
  readonly #members = new Map<HashKey, PickleValue>();

  /** @throws UnhashableError for a member that Python would not take. */
  constructor(
    members: Iterable<PickleValue> = [],
    { frozen = false, budget }: { frozen?: boolean; budget?: KeyBudget } = {},
  ) {
    this.frozen = frozen;
    for (const member of members) this.add(member, budget);
  }

  get size(): number {
    return this.#members.size;
  }

  has(member: PickleValue): boolean {
    return this.#members.has(hashKey(member, newKeyBudget()));
  }

  /** @throws UnhashableError for a member that Python would not take, or one too big for the budget. */
  add(member: PickleValue, budget: KeyBudget = newKeyBudget()): void {
    const hash = hashKey(member, budget);
    if (!this.#members.has(hash)) this.#members.set(hash, member);
  }

  [Symbol.iterator](): Iterator<PickleValue> {
    return this.#members.values();
  }
}

/** The name of a Python class or function. Only decoding yields it; nothing is ever looked up or run. */
export class PyGlobal {
  readonly module: string;
  readonly name: string;

  constructor(module: string, name: string) {
    this.module = module;
    this.name = name;
  }

  /** `module.name`. */
  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** What a Python worker would build by a call. Only decoding yields it; it is a record of the call, and inert. */
export class PyObject {
  /** What would be called: as a rule a `PyGlobal`. */
  readonly callee: PickleValue;
  readonly args: readonly PickleValue[];
  readonly kwargs: PyDict | null;
  /** What `__setstate__` would receive; undefined when nothing. */
  state: PickleValue | undefined = undefined;
  /** What would be appended, in order. */
  readonly items: PickleValue[] = [];
  /** What would be set by key; null when nothing. */
  entries: PyDict | null = null;

  constructor(callee: PickleValue, args: readonly PickleValue[], kwargs: PyDict | null = null) {
    this.callee = callee;
    this.args = args;
    this.kwargs = kwargs;
  }
}

/** What a single key may cost. */
function newKeyBudget(): KeyBudget {
  return { left: KEY_COST_MAX };
}

/** What Python calls the type of a value: "int", "dict", "frozenset"; "object" for all that is opaque. */
export function typeName(value: PickleValue): string {
  if (value === null) return "None";
  if (typeof value !== "object") return SCALAR_TYPES[typeof value] ?? typeof value;
  if (Array.isArray(value)) return "list";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof PyTuple) return "tuple";
  if (value instanceof PyDict) return "dict";
  if (value instanceof PySet) return value.frozen ? "frozenset" : "set";
  return "object";
}

const SCALAR_TYPES: Readonly<Record<string, string>> = {
  boolean: "bool",
  bigint: "int",
  number: "float",
  string: "str",
};

/** @throws UnhashableError for a value that Python would not take as a key. */
export function requireHashable(value: PickleValue): void {
  hashKey(value, newKeyBudget());
}

/** Two values are one key exactly when their hash keys are the same to a `Map`. */
type HashKey = string | number | bigint | null | symbol | object;

/** Starts every text that stands for something else than a str; a str that starts with it is marked too. */
const MARK = "\0";

function hashKey(value: PickleValue, budget: KeyBudget): HashKey {
  if (typeof value === "string") return value.startsWith(MARK) ? composite(value, budget) : value;
  if (typeof value === "number") return numberKey(value);
  if (typeof value === "bigint") return bigintKey(value, budget);
  if (typeof value === "boolean") return value ? 1n : 0n;
  return value === null ? null : composite(value, budget);
}

/** An integral float equals the int; a NaN equals nothing, not even itself. */
function numberKey(value: number): HashKey {
  if (Number.isInteger(value)) return BigInt(value);
  return Number.isNaN(value) ? Symbol("nan") : value;
}

/** A giant costs its length each time it is hashed; all others are cheap. */
function bigintKey(value: bigint, budget: KeyBudget): HashKey {
  if (!Number.isFinite(Number(value))) spend(value.toString(16).length, budget);
  return value;
}

function composite(value: Exclude<PickleValue, null>, budget: KeyBudget): HashKey {
  const text = compose(value, budget, 0);
  // What holds something known only by identity is equal to nothing else.
  return text === null ? Object(value) : MARK + text;
}

/** Text that is the same for equal values only; null when the value is, or holds, something known only by identity. */
function compose(value: PickleValue, budget: KeyBudget, depth: number): string | null {
  spend(1, budget);
  if (depth > KEY_DEPTH_MAX) throw new UnhashableError("a key nests too deeply");
  if (value === null || typeof value !== "object") return composeScalar(value, budget);
  if (value instanceof Uint8Array) {
    spend(value.length, budget);
    return `b${value.length}:${Buffer.from(value).toString("latin1")}`;
  }
  if (value instanceof PyTuple) return composeAll(value.items, "()", budget, depth);
  if (value instanceof PySet && value.frozen) return composeAll(value, "{}", budget, depth);
  if (value instanceof PyGlobal || value instanceof PyObject) return null;
  throw new UnhashableError(`a ${typeName(value)} cannot be a key: Python calls it unhashable`);
}

function composeScalar(
  value: null | boolean | bigint | number | string,
  budget: KeyBudget,
): string | null {
  if (value === null) return "n";
  if (typeof value === "string") {
    spend(value.length, budget);
    return `s${value.length}:${value}`;
  }
  const key = typeof value === "boolean" ? BigInt(value) : value;
  if (typeof key === "number" && !Number.isInteger(key)) {
    return Number.isNaN(key) ? null : `f${key},`;
  }
  const digits = BigInt(key).toString(16);
  spend(digits.length, budget);
  return `i${digits},`;
}

function composeAll(
  items: Iterable<PickleValue>,
  brackets: "()" | "{}",
  budget: KeyBudget,
  depth: number,
): string | null {
  const parts: string[] = [];
  for (const item of items) {
    const part = compose(item, budget, depth + 1);
    if (part === null) return null;
    parts.push(part);
  }
  if (brackets === "{}") parts.sort();
  return `${brackets[0]}${parts.join("")}${brackets[1]}`;
}

function spend(cost: number, budget: KeyBudget): void {
  budget.left -= cost;
  if (budget.left < 0) throw new UnhashableError("the keys are too big to be compared");
}
