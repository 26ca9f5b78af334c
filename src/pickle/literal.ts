/** Python literals to values: what `ast.literal_eval` takes. Nothing is run. */
import { LiteralCursor } from "./literal-cursor.ts";
import { readNumber, startsNumber } from "./literal-number.ts";
import { readText, startsText } from "./literal-text.ts";
import { PyDict, PySet, PyTuple, requireHashable, UnhashableError } from "./value.ts";
import type { PickleValue } from "./value.ts";

/** A longer text is data, and belongs in a file of its own. */
const LENGTH_MAX = 1_048_576;

/** A name, also a dotted one. */
const NAME = /[\p{L}\p{Nl}_][\p{L}\p{N}\p{M}_]*(?:\.[\p{L}_][\p{L}\p{N}\p{M}_]*)*/uy;

const CONSTANTS: ReadonlyMap<string, null | boolean> = new Map([
  ["None", null],
  ["True", true],
  ["False", false],
]);

/** What people write who think of another language. */
const MISTAKEN: ReadonlyMap<string, string> = new Map([
  ["null", "None"],
  ["nil", "None"],
  ["none", "None"],
  ["undefined", "None"],
  ["true", "True"],
  ["false", "False"],
]);

/**
 * The value of a Python literal: None, True, False, ints, floats, text, bytes, tuples, lists, dicts and sets, as
 * `ast.literal_eval` of Python 3.10 to 3.13 reads them. Not taken, unlike there: complex numbers, `...`, `\N{name}`, one
 * character written as two halves, `(set)()`, and a backslash before the value that joins lines.
 *
 * @throws LiteralError with line and column for anything else.
 */
export function parseLiteral(text: string): PickleValue {
  const cursor = new LiteralCursor(text.replaceAll(/\r\n?/g, "\n"));
  if (text.length > LENGTH_MAX) {
    cursor.fail(
      `${text.length} characters, the limit is ${LENGTH_MAX}: pass a file's name instead`,
    );
  }
  if (!text.isWellFormed()) cursor.fail("the text holds half a character: it is not Unicode");
  skipToFirst(cursor);
  const value = readTop(cursor);
  skipToEnd(cursor);
  return value;
}

/** Before the value: blanks, then whole lines without content; after a line end, an indent would be a fault. */
function skipToFirst(cursor: LiteralCursor): void {
  cursor.match(/[ \t]*/y);
  cursor.match(/(?:[ \t\f]*(?:#[^\n]*)?\n)*/y);
  const blanks = cursor.match(/[ \t\f]*/y) ?? "";
  if (/[ \t]$/.test(blanks)) {
    cursor.fail("the line is indented, which Python refuses: begin it with the value");
  }
  if (cursor.peek() === "\\") cursor.fail("a joined line before the value: begin with the value");
  if (cursor.peek() === "" || cursor.peek() === "#") {
    cursor.fail("no value: write () for no arguments, {} for no named ones, or None");
  }
}

/** A last line that holds blanks only; a form feed begins a line anew. */
const INDENTED_END = /\n(?:[ \t\f]*\f)?[ \t]+$/;

/** After the value: blanks, line ends and comments. */
function skipToEnd(cursor: LiteralCursor): void {
  const start = cursor.index;
  cursor.skipLines();
  if (cursor.peek() !== "") failAfterValue(cursor);
  if (INDENTED_END.test(cursor.text.slice(start))) {
    cursor.fail("blanks on a last line of their own, which Python refuses: drop them");
  }
}

/** A value, or several with commas between them, which are a tuple even without brackets. */
function readTop(cursor: LiteralCursor): PickleValue {
  const first = readValue(cursor);
  if (cursor.peek() !== ",") return first;
  const items = [first];
  while (cursor.take(",")) {
    cursor.skip();
    if (atTopEnd(cursor)) break;
    items.push(readValue(cursor));
  }
  return new PyTuple(items);
}

function atTopEnd(cursor: LiteralCursor): boolean {
  const next = cursor.peek();
  return next === "" || next === "\n" || next === "#";
}

/** Takes one value and the blanks after it. */
function readValue(cursor: LiteralCursor): PickleValue {
  const value = readAtom(cursor);
  cursor.skip();
  return value;
}

function readAtom(cursor: LiteralCursor): PickleValue {
  switch (cursor.peek()) {
    case "(":
      return readParentheses(cursor);
    case "[":
      return readItems(cursor, "]").items;
    case "{":
      return readBraces(cursor);
    case "+":
    case "-":
      return readSigned(cursor);
    default:
      if (startsNumber(cursor)) return readNumber(cursor);
      return startsText(cursor) ? readText(cursor) : readName(cursor);
  }
}

/** Takes brackets with values between; tells whether there was a comma. */
function readItems(
  cursor: LiteralCursor,
  closing: string,
): { readonly items: PickleValue[]; readonly comma: boolean } {
  const start = cursor.index;
  const items: PickleValue[] = [];
  let comma = false;
  cursor.open();
  while (cursor.peek() !== closing) {
    items.push(readValue(cursor));
    comma = readComma(cursor, closing, start) || comma;
  }
  cursor.close();
  return { items, comma };
}

/** Takes the comma after a member, unless the closing bracket stands there. */
function readComma(cursor: LiteralCursor, closing: string, start: number): boolean {
  if (cursor.peek() === closing) return false;
  if (cursor.peek() === "") cursor.fail(`the bracket has no end: close it with ${closing}`, start);
  if (!cursor.take(",")) failAfterValue(cursor);
  cursor.skip();
  return true;
}

/** `(1)` is 1, `(1,)` a tuple. */
function readParentheses(cursor: LiteralCursor): PickleValue {
  const { items, comma } = readItems(cursor, ")");
  const [first] = items;
  return first !== undefined && !comma ? first : new PyTuple(items);
}

/** `{}` and `{1: 2}` are dicts, `{1}` a set: what follows the first member tells. */
function readBraces(cursor: LiteralCursor): PyDict | PySet {
  const start = cursor.index;
  const entries: Array<readonly [key: PickleValue, value: PickleValue]> = [];
  let isSet = false;
  cursor.open();
  while (cursor.peek() !== "}") {
    const key = readKey(cursor);
    if (entries.length === 0) isSet = cursor.peek() !== ":";
    entries.push([key, isSet ? null : readDictValue(cursor)]);
    readComma(cursor, "}", start);
  }
  cursor.close();
  return isSet ? new PySet(entries.map(([member]) => member)) : new PyDict(entries);
}

/** Takes a key or member; one that Python would not take is a fault at its place. */
function readKey(cursor: LiteralCursor): PickleValue {
  const start = cursor.index;
  const key = readValue(cursor);
  try {
    requireHashable(key);
  } catch (error) {
    if (error instanceof UnhashableError) cursor.fail(`${error.message}; use a tuple`, start);
    throw error;
  }
  return key;
}

function readDictValue(cursor: LiteralCursor): PickleValue {
  if (!cursor.take(":"))
    cursor.fail("a key without a value: write key: value, or drop the others' values");
  cursor.skip();
  return readValue(cursor);
}

/** A sign, then a number; as in Python one sign only, and the number may stand in parentheses. */
function readSigned(cursor: LiteralCursor): bigint | number {
  const negative = cursor.peek() === "-";
  cursor.index += 1;
  cursor.skip();
  const value = readUnsigned(cursor);
  return negative ? -value : value;
}

function readUnsigned(cursor: LiteralCursor): bigint | number {
  if (startsNumber(cursor)) return readNumber(cursor);
  if (cursor.peek() !== "(")
    cursor.fail("a sign stands before a number only: write one sign and the number");
  cursor.open();
  const value = readUnsigned(cursor);
  cursor.skip();
  if (cursor.peek() !== ")")
    cursor.fail("a sign stands before a number only: close the parenthesis");
  cursor.close();
  return value;
}

/** None, True, False, or the one call that is a literal: `set()`. */
function readName(cursor: LiteralCursor): PickleValue {
  const start = cursor.index;
  const name = cursor.match(NAME);
  if (name === null) failAtNoValue(cursor);
  const constant = CONSTANTS.get(name);
  if (constant !== undefined) return constant;
  cursor.skip();
  const isCall = cursor.peek() === "(";
  if (isCall && name === "set") return readEmptySet(cursor, start);
  if (isCall) cursor.fail("nothing is called or run: write the value itself", start);
  if (cursor.peek() === "=") {
    cursor.fail(`named arguments are written as a dict: {"${name}": value}`, start);
  }
  const meant = MISTAKEN.get(name);
  const problem =
    meant === undefined
      ? `a name is not a value: write text in quotes, "${name}"`
      : `Python writes ${meant}`;
  return cursor.fail(problem, start);
}

function readEmptySet(cursor: LiteralCursor, start: number): PySet {
  cursor.open();
  if (cursor.peek() !== ")") cursor.fail("only set() is taken: write {1, 2} for a set", start);
  cursor.close();
  return new PySet();
}

/** Why no value can begin with the next character. */
function failAtNoValue(cursor: LiteralCursor): never {
  const next = cursor.peek();
  if (next === "") cursor.fail("a value is missing: write it, or close what is open");
  if (next === "#") cursor.fail("a comment where a value is missing: write the value before it");
  if (next === "*") cursor.fail("nothing is unpacked: write the members themselves");
  if (next === ".") cursor.fail("... is not taken: write None");
  if (/^[,:)\]}]$/.test(next)) cursor.fail("a value is missing: write it, or None");
  cursor.fail("no value begins so: write a number, text in quotes, None, True, False, or brackets");
}

/** What may not follow a value, and what was probably meant. */
const AFTER_VALUE: ReadonlyArray<readonly [next: RegExp, problem: string]> = [
  [
    /^[+\-*/%@&|^<>!~]$/,
    "nothing is calculated, and complex numbers are not taken: write the result",
  ],
  [/^[([.]$/, "nothing is called, indexed or run: write the value itself"],
  [/^=$/, 'named arguments are written as a dict: {"name": value}'],
  [/^:$/, "a colon stands only between key and value of a dict: {key: value}"],
  [/^[)\]}]$/, "this bracket closes nothing: drop it, or match the one that was opened"],
];

function failAfterValue(cursor: LiteralCursor): never {
  const known = AFTER_VALUE.find(([next]) => next.test(cursor.peek()));
  cursor.fail(known?.[1] ?? "the value has ended: put a comma between values, or drop this");
}
