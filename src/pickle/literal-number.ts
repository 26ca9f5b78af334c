/** Numbers as Python writes them. */
import type { LiteralCursor } from "./literal-cursor.ts";
import { DECIMAL_DIGITS_MAX } from "./value.ts";

const RADIX_INT = /0(?:[xX](?:_?[\da-fA-F])+|[oO](?:_?[0-7])+|[bB](?:_?[01])+)/y;
const FLOAT =
  /(?:\d+(?:_\d+)*)?\.\d+(?:_\d+)*(?:[eE][+-]?\d+(?:_\d+)*)?|\d+(?:_\d+)*(?:\.(?:[eE][+-]?\d+(?:_\d+)*)?|[eE][+-]?\d+(?:_\d+)*)/y;
const DECIMAL_INT = /\d+(?:_\d+)*/y;

/** What would make a number and what follows one word. */
const WORD_CHAR = /[\p{L}\p{N}_.]/uy;

const NUMBER_START = /\.?\d/y;

/** Tells whether a number begins here. */
export function startsNumber({ text, index }: LiteralCursor): boolean {
  NUMBER_START.lastIndex = index;
  return NUMBER_START.test(text);
}

/** Takes the number that begins here: a `bigint` for an int, a `number` for a float. */
export function readNumber(cursor: LiteralCursor): bigint | number {
  const start = cursor.index;
  const value = readRadixInt(cursor) ?? readFloat(cursor) ?? readDecimalInt(cursor);
  if (cursor.match(WORD_CHAR) !== null) failAfterNumber(cursor, start);
  return value;
}

function readRadixInt(cursor: LiteralCursor): bigint | null {
  const text = cursor.match(RADIX_INT);
  return text === null ? null : BigInt(text.replaceAll("_", "").toLowerCase());
}

function readFloat(cursor: LiteralCursor): number | null {
  const text = cursor.match(FLOAT);
  return text === null ? null : Number(text.replaceAll("_", ""));
}

function readDecimalInt(cursor: LiteralCursor): bigint {
  const start = cursor.index;
  const digits = (cursor.match(DECIMAL_INT) ?? "").replaceAll("_", "");
  if (digits.length > DECIMAL_DIGITS_MAX) {
    cursor.fail(
      `an int of ${digits.length} digits, Python takes ${DECIMAL_DIGITS_MAX}: write it in hexadecimal, 0x...`,
      start,
    );
  }
  const complex = /^[jJ]$/.test(cursor.peek());
  if (/^0+[1-9]/.test(digits) && !complex) {
    cursor.fail("an int has no leading zeros: leave them out, or write 0o17 for octal", start);
  }
  return BigInt(digits);
}

function failAfterNumber(cursor: LiteralCursor, start: number): never {
  const tail = cursor.text[cursor.index - 1] ?? "";
  if (/^[jJ]$/.test(tail)) {
    cursor.fail("complex numbers are not taken: write two floats, or text", start);
  }
  cursor.fail("not a number as Python writes it: correct it, or put it in quotes", start);
}
