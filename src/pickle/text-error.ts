/** Faults in text that people wrote: where, what, why, and what to write instead. */

/** One fault. */
export interface TextFault {
  /** The whole text. */
  readonly text: string;
  /** Where the fault begins, in UTF-16 units. */
  readonly index: number;
  /** The part that is wrong; empty at the end of the text. */
  readonly excerpt: string;
  /** Why, and the way out. */
  readonly problem: string;
}

/** As much of the wrong part as helps to find it. */
const EXCERPT_MAX = 40;

abstract class TextError extends Error {
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in characters. */
  readonly column: number;
  /** The part that is wrong, shortened; empty at the end of the text. */
  readonly excerpt: string;

  constructor(action: string, { text, index, excerpt, problem }: TextFault) {
    const before = text.slice(0, index);
    const lineStart = before.lastIndexOf("\n") + 1;
    const line = before.split("\n").length;
    const column = Array.from(before.slice(lineStart)).length + 1;
    const shown = shorten(excerpt);
    const where = shown === "" ? "end of text" : `"${shown}"`;
    super(`${action}, line ${line}, column ${column}, ${where}: ${problem}`);
    this.line = line;
    this.column = column;
    this.excerpt = shown;
  }
}

function shorten(excerpt: string): string {
  const line = excerpt.split("\n", 1)[0] ?? "";
  const characters = Array.from(line);
  return characters.length > EXCERPT_MAX ? `${characters.slice(0, EXCERPT_MAX).join("")}…` : line;
}

/** The text is no Python literal that we take. */
export class LiteralError extends TextError {
  override readonly name = "LiteralError";

  constructor(fault: TextFault) {
    super("read Python literal", fault);
  }
}

/** The text is no JSON. */
export class JsonError extends TextError {
  override readonly name = "JsonError";

  constructor(fault: TextFault) {
    super("read JSON", fault);
  }
}
