/** A place in the text of a Python literal: what comes next, what may be skipped, and faults that tell where. */
import { LiteralError } from "./text-error.ts";

/** CPython's tokenizer takes no more brackets in one another. */
const BRACKETS_MAX = 199;

/** A part of a line that belongs together for the eye: a word or number, or else one character. */
const EXCERPT = /[\p{L}\p{N}_.]+|[^]?/uy;

/** A backslash joins a line with the next one, so there has to be one. */
const BLANKS = /(?:[ \t\f]+|\\\n(?=[^]))*/y;
/** Inside brackets, line ends and comments count as blanks. */
const BLANKS_AND_LINES = /(?:[ \t\f\n]+|\\\n(?=[^])|#[^\n]*)*/y;

/** Reads a text from left to right. */
export class LiteralCursor {
  readonly text: string;
  index = 0;
  #brackets = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The next UTF-16 unit, or nothing at the end. */
  peek(): string {
    return this.text[this.index] ?? "";
  }

  /** Takes what the sticky pattern matches here; null, and nothing is taken, when it does not. */
  match(pattern: RegExp): string | null {
    pattern.lastIndex = this.index;
    const found = pattern.exec(this.text)?.[0] ?? null;
    if (found !== null) this.index += found.length;
    return found;
  }

  /** Takes `expected` if it stands here. */
  take(expected: string): boolean {
    const found = this.text.startsWith(expected, this.index);
    if (found) this.index += expected.length;
    return found;
  }

  /** Skips blanks; inside brackets also line ends and comments. */
  skip(): void {
    this.match(this.#brackets > 0 ? BLANKS_AND_LINES : BLANKS);
    if (this.peek() === "\\") this.fail("a backslash outside of text may only end a line");
  }

  /** Skips blanks, line ends and comments. */
  skipLines(): void {
    this.match(BLANKS_AND_LINES);
  }

  /** Takes an opening bracket and what may be skipped after it. */
  open(): void {
    if (this.#brackets >= BRACKETS_MAX) {
      this.fail(
        `more than ${BRACKETS_MAX} brackets in one another, as in Python: nest less deeply`,
      );
    }
    this.#brackets += 1;
    this.index += 1;
    this.skip();
  }

  /** Takes a closing bracket. */
  close(): void {
    this.#brackets -= 1;
    this.index += 1;
  }

  /** @throws LiteralError at `index`, by default here. */
  fail(problem: string, index: number = this.index): never {
    EXCERPT.lastIndex = index;
    const excerpt = EXCERPT.exec(this.text)?.[0] ?? "";
    throw new LiteralError({ text: this.text, index, excerpt, problem });
  }
}
