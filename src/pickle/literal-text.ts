/** Text and bytes as Python writes them: prefixes, quotes, escapes, and neighbours that are joined. */
import { LETTER_ESCAPES } from "./letter-escapes.ts";
import type { LiteralCursor } from "./literal-cursor.ts";

const PREFIX_AND_QUOTE = /([a-zA-Z]*)("""|'''|"|')/y;
const PREFIXES = /^(?:|u|b|r|br|rb)$/i;
const FORMATTED = /^(?:f|fr|rf|t|tr|rt)$/i;

const PLAIN_RUN = /[^\\'"\n]+/y;
const NOT_ASCII = /[\x80-\uffff]/;

/** One piece between quotes. */
interface Piece {
  readonly start: number;
  readonly quote: string;
  readonly raw: boolean;
  readonly bytes: boolean;
}

/** Tells whether text or bytes begin here, prefix included. */
export function startsText({ text, index }: LiteralCursor): boolean {
  PREFIX_AND_QUOTE.lastIndex = index;
  return PREFIX_AND_QUOTE.test(text);
}

/** Takes the text or bytes that begin here, with all neighbours that Python joins to it. */
export function readText(cursor: LiteralCursor): string | Uint8Array {
  const first = openPiece(cursor);
  let whole = readPiece(cursor, first, "");
  for (cursor.skip(); startsText(cursor); cursor.skip()) {
    const piece = openPiece(cursor);
    if (piece.bytes !== first.bytes) {
      cursor.fail("text and bytes stand side by side: put a comma between them", piece.start);
    }
    whole = readPiece(cursor, piece, whole);
  }
  return first.bytes ? new Uint8Array(Buffer.from(whole, "latin1")) : whole;
}

function openPiece(cursor: LiteralCursor): Piece {
  const start = cursor.index;
  const prefix = cursor.match(/[a-zA-Z]*/y) ?? "";
  const quote = cursor.match(/"""|'''|"|'/y) ?? "";
  if (FORMATTED.test(prefix)) {
    cursor.fail("formatted text is not a literal: write the finished text", start);
  }
  if (!PREFIXES.test(prefix)) {
    cursor.fail("unknown prefix of a text: known are r, b, rb and u", start);
  }
  return { start, quote, raw: /r/i.test(prefix), bytes: /b/i.test(prefix) };
}

/** Appends the piece to `whole`; bytes are one character each. */
function readPiece(cursor: LiteralCursor, piece: Piece, whole: string): string {
  let result = whole;
  while (!cursor.take(piece.quote)) {
    result += cursor.match(PLAIN_RUN) ?? readSpecial(cursor, piece, result);
  }
  if (piece.bytes && NOT_ASCII.test(cursor.text.slice(piece.start, cursor.index))) {
    cursor.fail("bytes hold ASCII only: write \\xHH for other bytes", piece.start);
  }
  return result;
}

/** A quote that does not end the piece, a line end, or what a backslash begins. */
function readSpecial(cursor: LiteralCursor, piece: Piece, before: string): string {
  const next = cursor.peek();
  if (next === "" || (next === "\n" && piece.quote.length === 1)) {
    cursor.fail(`the text has no end: close it with ${piece.quote}`, piece.start);
  }
  if (next !== "\\") return take(cursor, 1);
  return piece.raw ? take(cursor, 2) : readEscape(cursor, piece, before);
}

function take(cursor: LiteralCursor, count: number): string {
  const { text, index } = cursor;
  cursor.index += count;
  return text.slice(index, index + count);
}

const OCTAL = /\\[0-7]{1,3}/y;
const HEX = /\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8})/y;
const BYTE_HEX = /\\x[\da-fA-F]{2}/y;

function readEscape(cursor: LiteralCursor, { bytes }: Piece, before: string): string {
  const start = cursor.index;
  const octal = cursor.match(OCTAL);
  if (octal !== null) {
    const code = Number.parseInt(octal.slice(1), 8);
    return String.fromCharCode(bytes ? code & 0xff : code);
  }
  const hex = cursor.match(bytes ? BYTE_HEX : HEX);
  if (hex !== null) return characterOf(cursor, hex, before);
  const letter = cursor.text[start + 1] ?? "";
  if (letter === "x" || (!bytes && /^[uUN]$/.test(letter))) failEscape(cursor, letter);
  const escape = take(cursor, 2);
  // As Python: a backslash before any other letter stands for itself.
  return LETTER_ESCAPES.get(letter) ?? escape;
}

function characterOf(cursor: LiteralCursor, escape: string, before: string): string {
  const start = cursor.index - escape.length;
  const code = Number.parseInt(escape.slice(2), 16);
  if (code > 0x10ffff) cursor.fail("no character has this number: the last is \\U0010ffff", start);
  const character = String.fromCodePoint(code);
  if (/^[\udc00-\udfff]$/.test(character) && /[\ud800-\udbff]$/.test(before)) {
    cursor.fail("two halves of one character: write the character, or \\U and its number", start);
  }
  return character;
}

function failEscape(cursor: LiteralCursor, letter: string): never {
  if (letter === "N") {
    cursor.fail("names of characters are not known here: write the character, or \\uHHHH");
  }
  const digits = { x: 2, u: 4, U: 8 }[letter];
  cursor.fail(
    `\\${letter} needs ${digits} hexadecimal digits: write them, or \\\\ for a backslash`,
  );
}
