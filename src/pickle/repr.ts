/** Values as Python's `repr` shows them. */
import { globalRepr, objectParts } from "./repr-object.ts";
import { bytesRepr, floatRepr, intRepr, textRepr } from "./repr-scalar.ts";
import { DEPTH_MAX, PyDict, PyGlobal, PyObject, PyTuple } from "./value.ts";
import type { PickleValue, PySet } from "./value.ts";

/** Enough for any screen, and an end for values that repeat themselves without end. */
const LENGTH_MAX = 1_000_000;

/** Follows a text that was cut, and stands for what contains itself. */
const ELLIPSIS = "...";

/** How a value is shown. */
export interface ReprOptions {
  /** A longer text is cut after so many characters (code points), and `...` follows; by default a million. */
  readonly maxLength?: number;
}

/**
 * The text that Python's `repr` gives. Members of sets stand in the order in which they came; opaque objects are shown as
 * near to Python's own text as their record allows, else as `<module.Class(args) state>`.
 */
export function pyRepr(value: PickleValue, options: ReprOptions = {}): string {
  const printer = new Printer(options.maxLength ?? LENGTH_MAX);
  printer.value(value);
  return printer.finish();
}

class Printer {
  readonly #maxLength: number;
  readonly #texts: string[] = [];
  /** The containers around the present value. */
  readonly #path = new Set<object>();
  /** At most; a character may take two units. */
  #units = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  finish(): string {
    const whole = this.#texts.join("");
    if (whole.length <= this.#maxLength) return whole;
    const characters = Array.from(whole.slice(0, 2 * this.#maxLength + 2));
    if (characters.length <= this.#maxLength) return whole;
    return characters.slice(0, this.#maxLength).join("") + ELLIPSIS;
  }

  value(value: PickleValue): void {
    if (this.#isFull()) return;
    if (value !== null && typeof value === "object") this.#object(value);
    else this.#text(this.#scalar(value));
  }

  #isFull(): boolean {
    return this.#units > 2 * this.#maxLength;
  }

  #text(text: string): void {
    this.#texts.push(text);
    this.#units += text.length;
  }

  #scalar(value: null | boolean | bigint | number | string): string {
    if (value === null) return "None";
    if (typeof value === "boolean") return value ? "True" : "False";
    if (typeof value === "bigint") return intRepr(value);
    return typeof value === "number" ? floatRepr(value) : textRepr(value, this.#maxLength);
  }

  #object(value: Exclude<PickleValue, null | boolean | bigint | number | string>): void {
    if (value instanceof Uint8Array) return this.#text(bytesRepr(value, this.#maxLength));
    if (value instanceof PyGlobal) return this.#text(globalRepr(value));
    const [open, close] = bracketsOf(value);
    if (this.#path.has(value) || this.#path.size >= DEPTH_MAX) {
      return this.#text(open + ELLIPSIS + close);
    }
    this.#path.add(value);
    this.#text(open);
    this.#inside(value);
    this.#text(close);
    this.#path.delete(value);
  }

  #inside(value: Container): void {
    if (value instanceof PyDict) return this.#pairs(value);
    if (value instanceof PyObject) return this.#parts(value);
    const isTuple = value instanceof PyTuple;
    this.#list(isTuple ? value.items : value);
    if (isTuple && value.items.length === 1) this.#text(",");
  }

  #list(items: Iterable<PickleValue>): void {
    let separator = "";
    for (const item of items) {
      if (this.#isFull()) return;
      this.#text(separator);
      this.value(item);
      separator = ", ";
    }
  }

  #pairs(dict: PyDict): void {
    let separator = "";
    for (const [key, value] of dict) {
      if (this.#isFull()) return;
      this.#text(separator);
      this.value(key);
      this.#text(": ");
      this.value(value);
      separator = ", ";
    }
  }

  #parts(object: PyObject): void {
    for (const part of objectParts(object)) {
      if ("text" in part) this.#text(part.text);
      else this.value(part.value);
    }
  }
}

type Container = PickleValue[] | PyTuple | PyDict | PySet | PyObject;

/** What stands before and after the members. */
function bracketsOf(value: Container): readonly [open: string, close: string] {
  if (Array.isArray(value)) return ["[", "]"];
  if (value instanceof PyTuple) return ["(", ")"];
  if (value instanceof PyDict) return ["{", "}"];
  if (value instanceof PyObject) return ["", ""];
  if (value.size === 0) return value.frozen ? ["frozenset(", ")"] : ["set(", ")"];
  return value.frozen ? ["frozenset({", "})"] : ["{", "}"];
}
