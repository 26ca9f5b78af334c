/** JSON to values, with every number as it is written: ints of any size, and `1.0` apart from `1`. */
import { JsonError } from "./text-error.ts";
import { DECIMAL_DIGITS_MAX, PyDict } from "./value.ts";
import type { PickleValue } from "./value.ts";

/** Enough for a hundred thousand schedules. */
const LENGTH_MAX = 64 * 1024 * 1024;
const DEPTH_MAX = 200;

/**
 * The value of a JSON text, as Python's `json.loads` reads it: ints become `bigint`, all other numbers `number` (floats),
 * objects `PyDict` in the order written; of equal keys the last one counts. NaN and Infinity are no JSON.
 *
 * @throws JsonError with line and column.
 */
export function parseJsonExact(text: string): PickleValue {
  return new JsonReader(text).whole();
}

const BLANKS = /[ \t\n\r]*/y;
const NUMBER = /(-?(?:0|[1-9]\d*))(\.\d+)?([eE][+-]?\d+)?/y;
/** All but the quote, the backslash and control characters. */
const PLAIN_RUN = /[^"\\\p{Cc}]+|[\x7f-\x9f]+/uy;
const ESCAPE = /\\(?:u([\da-fA-F]{4})|(["\\/bfnrt]))/y;
const WORD = /[\p{L}\p{N}_.+-]+|[^]?/uy;

const LETTER_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

const CONSTANTS: ReadonlyMap<string, null | boolean> = new Map([
  ["null", null],
  ["true", true],
  ["false", false],
]);

class JsonReader {
  readonly #text: string;
  #index = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    if (text.length > LENGTH_MAX) {
      this.#fail(`${text.length} characters, the limit is ${LENGTH_MAX}: split it`);
    }
  }

  whole(): PickleValue {
    const value = this.#value();
    if (this.#index < this.#text.length) this.#fail("the value has ended: drop what follows");
    return value;
  }

  /** Takes a value and the blanks around it. */
  #value(): PickleValue {
    this.#blanks();
    const value = this.#bare();
    this.#blanks();
    return value;
  }

  #bare(): PickleValue {
    switch (this.#text.charAt(this.#index)) {
      case "{":
        return this.#nested(() => this.#object());
      case "[":
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      default:
        return this.#number() ?? this.#constant();
    }
  }

  #nested(read: () => PickleValue): PickleValue {
    if (this.#depth >= DEPTH_MAX) this.#fail(`more than ${DEPTH_MAX} levels: nest less deeply`);
    this.#depth += 1;
    this.#index += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  #array(): PickleValue[] {
    const items: PickleValue[] = [];
    this.#blanks();
    if (this.#take("]")) return items;
    do items.push(this.#value());
    while (this.#comma("]"));
    return items;
  }

  #object(): PyDict {
    const dict = new PyDict();
    this.#blanks();
    if (this.#take("}")) return dict;
    do {
      this.#blanks();
      const key = this.#key();
      dict.set(key, this.#value());
    } while (this.#comma("}"));
    return dict;
  }

  #key(): string {
    if (this.#text[this.#index] !== '"')
      this.#fail('a key is missing: write it in quotes, "key": value');
    const key = this.#string();
    this.#blanks();
    if (!this.#take(":")) this.#fail("a colon is missing: write it between key and value");
    return key;
  }

  /** Takes the comma before the next member; false when the closing bracket stands there. */
  #comma(closing: string): boolean {
    if (this.#take(",")) return true;
    if (this.#take(closing)) return false;
    return this.#fail(`write a comma before the next value, or ${closing} at the end`);
  }

  #string(): string {
    const start = this.#index;
    let value = "";
    this.#index += 1;
    while (!this.#take('"')) {
      value += this.#match(PLAIN_RUN)?.[0] ?? this.#escape(start);
    }
    return value;
  }

  #escape(start: number): string {
    const found = this.#match(ESCAPE);
    if (found !== null) {
      const [, hex, letter = ""] = found;
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      return LETTER_ESCAPES.get(letter) ?? letter;
    }
    if (this.#index >= this.#text.length) this.#fail('the text has no end: close it with "', start);
    if (this.#text[this.#index] === "\\") this.#fail("unknown escape: write \\\\ for a backslash");
    return this.#fail("a line end or control character inside text: write it as \\n or \\uHHHH");
  }

  #number(): bigint | number | null {
    const start = this.#index;
    const found = this.#match(NUMBER);
    if (found === null) return null;
    const [whole, digits = "", fraction, exponent] = found;
    if (fraction !== undefined || exponent !== undefined) return Number(whole);
    const count = digits.replace("-", "").length;
    if (count > DECIMAL_DIGITS_MAX) {
      this.#fail(
        `an int of ${count} digits, Python takes ${DECIMAL_DIGITS_MAX}: write it as text`,
        start,
      );
    }
    return BigInt(digits);
  }

  #constant(): null | boolean {
    const start = this.#index;
    const word = this.#match(WORD)?.[0] ?? "";
    const value = CONSTANTS.get(word);
    if (value !== undefined) return value;
    return this.#fail(
      'no value of JSON: write a number, text in "quotes", true, false, null, [...] or {...}',
      start,
    );
  }

  #blanks(): void {
    this.#match(BLANKS);
  }

  #take(expected: string): boolean {
    const found = this.#text[this.#index] === expected;
    if (found) this.#index += 1;
    return found;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#index;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#index += found[0].length;
    return found;
  }

  #fail(problem: string, index: number = this.#index): never {
    WORD.lastIndex = index;
    const excerpt = WORD.exec(this.#text)?.[0] ?? "";
    throw new JsonError({ text: this.#text, index, excerpt, problem });
  }
}
