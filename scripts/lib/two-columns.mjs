/** What two programs say, side by side on a wide terminal, else line after line with the speaker's name before it. */
import { isatty } from "node:tty";

const STDOUT = 1;
/** Below this, two columns would break every line. */
const WIDTH_MIN = 120;
/** Of what follows on the first line of a message: below its text, beside its time of day. */
export const INDENT = "12:34:56  ".length;
const CODES = { bold: "1", dim: "2", red: "31", green: "32", yellow: "33", cyan: "36" };

const isTerminal = isatty(STDOUT);
const isColoured = isTerminal && process.env.NO_COLOR === undefined && process.env.TERM !== "dumb";

/** The text in a colour or style, where the terminal shows any. */
export function paint(style, text) {
  return isColoured ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}

/** Cuts a text to a width, with an ellipsis; fills it up with blanks. */
function fit(text, width) {
  const characters = [...text];
  if (characters.length <= width) return text + " ".repeat(width - characters.length);
  return `${characters.slice(0, width - 1).join("")}…`;
}

/** A text in lines of at most `width` characters, broken at blanks where there are any. */
function wrap(text, width) {
  const lines = [];
  let rest = text;
  while ([...rest].length > width) {
    const head = [...rest].slice(0, width + 1).join("");
    const blank = head.lastIndexOf(" ");
    const at = blank > width / 2 ? blank : width;
    lines.push([...rest].slice(0, at).join(""));
    rest = [...rest].slice(at).join("").trimStart();
  }
  return [...lines, rest];
}

/** The same with all lines but the first one indented. */
function wrapIndented(text, width) {
  const [first] = wrap(text, width);
  if (first === text) return [text];
  const rest = text.slice(first.length).trimStart();
  return [first, ...wrap(rest, width - INDENT).map((line) => " ".repeat(INDENT) + line)];
}

/**
 * The view. `left` and `right` name the speakers; `say(side, text, style)` writes what one of them says, and
 * `status(text)` what stands below it all on a terminal, until `close()`.
 */
export class TwoColumns {
  #names;
  #width;
  #status = "";

  constructor({ left, right }) {
    this.#names = { left, right };
    const columns = process.stdout.columns ?? 0;
    this.#width = isTerminal && columns >= WIDTH_MIN ? Math.floor((columns - 3) / 2) : null;
  }

  /** The names above the columns; nothing where lines carry them. */
  head() {
    const { left, right } = this.#names;
    if (this.#width === null) return;
    this.#print(`${paint("bold", fit(left, this.#width))} │ ${paint("bold", right)}`);
    this.#print(paint("dim", `${"─".repeat(this.#width + 1)}┼${"─".repeat(this.#width + 1)}`));
  }

  say(side, text, style) {
    const colour = (part) => (style === undefined ? part : paint(style, part));
    if (this.#width === null) {
      const longest = Math.max(this.#names.left.length, this.#names.right.length);
      this.#print(`${paint("dim", this.#names[side].padEnd(longest))}  ${colour(text)}`);
      return;
    }
    const bar = paint("dim", "│");
    for (const line of wrapIndented(text, this.#width)) {
      if (side === "left") this.#print(`${colour(fit(line, this.#width))} ${bar}`);
      else this.#print(`${" ".repeat(this.#width)} ${bar} ${colour(line)}`);
    }
  }

  status(text) {
    this.#status = text;
    if (!isTerminal) return;
    const width = (process.stdout.columns || 80) - 1;
    process.stdout.write(`\r\u001b[2K${paint("dim", fit(text, width).trimEnd())}`);
  }

  close() {
    if (isTerminal) process.stdout.write("\r\u001b[2K");
    this.#status = "";
  }

  #print(line) {
    process.stdout.write(isTerminal ? `\r\u001b[2K${line}\n` : `${line}\n`);
    if (this.#status !== "") this.status(this.#status);
  }
}
