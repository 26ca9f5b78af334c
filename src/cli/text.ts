/** Text by the columns it takes on a terminal: wide characters take two. */
import { printable } from "../base/log-format.ts";

const ELLIPSIS = "…";
/** Marks that turn the direction of writing, and so the line they stand in. */
const DIRECTION_MARKS = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Nearly all texts: nothing is to be done about them. */
const PLAIN = /^[ -~]*$/;

/** A text of foreign origin on one line, without what could move the cursor, colour the terminal or turn the line. */
export function oneLine(text: string): string {
  return PLAIN.test(text) ? text : printable(text).replaceAll(DIRECTION_MARKS, "");
}

/** The columns that a text takes; escape sequences take none. */
export function widthOf(text: string): number {
  return PLAIN.test(text) ? text.length : Bun.stringWidth(text);
}

/** The text in at most `width` columns, cut with an ellipsis where it is longer. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return "";
  let keep = width - 1;
  let kept = Bun.sliceAnsi(text, 0, keep);
  // A wide character may hang over the edge.
  while (widthOf(kept) > width - 1 && keep > 0) {
    keep -= 1;
    kept = Bun.sliceAnsi(text, 0, keep);
  }
  return `${kept}${ELLIPSIS}`;
}

/** The text filled with blanks to `width` columns. */
export function pad(text: string, width: number, align: "left" | "right" = "left"): string {
  const blanks = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "left" ? `${text}${blanks}` : `${blanks}${text}`;
}

/** Sentences on lines of at most `width` columns, each line after `indent` blanks; one line when the width is infinite. */
export function wrap(text: string, width: number, indent = 0): string[] {
  const margin = " ".repeat(indent);
  if (!Number.isFinite(width)) return [`${margin}${text}`];
  const columns = Math.max(width - indent, 1);
  return Bun.wrapAnsi(text, columns, { hard: true })
    .split("\n")
    .map((line) => `${margin}${line}`);
}

/** Sentences behind a bullet each, wrapped: they say what to do. */
export function bulletLines(bullet: string, texts: readonly string[], width: number): string[] {
  const indent = widthOf(bullet) + 1;
  return texts.flatMap((text) => {
    const [first = "", ...more] = wrap(oneLine(text), width, indent);
    return [`${bullet} ${first.slice(indent)}`, ...more];
  });
}

const PLURALS = /[^s]$/;

/** `1 schedule`, `2 schedules`. */
export function counted(count: number, noun: string): string {
  const number = count.toLocaleString("en-US");
  return count === 1 ? `${number} ${noun}` : `${number} ${noun.replace(PLURALS, "$&s")}`;
}
