/** Finds the line of each key in a TOML text that is known to be valid; the parser does not tell. */

const BLANKS_AND_COMMENTS = /(?:\s|#[^\n]*)+/y;
const QUOTED = /"""(?:\\[^]|[^\\])*?"{3,5}|'''[^]*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'/y;
const BARE_KEY = /[\w-]+/y;
const DOT = /[ \t]*\.[ \t]*/y;
/** Text inside a value that is neither a string, a comment, a bracket nor the end of a line. */
const VALUE_PART = /[^"'#[\]{}\n]+/y;
const COMMENT = /#[^\n]*/y;

/** Reads a text from left to right. */
class Reader {
  readonly #text: string;
  #at = 0;
  #countedTo = 0;
  #lines = 1;

  constructor(text: string) {
    this.#text = text;
  }

  /** The line of the present place, from 1. */
  get line(): number {
    for (; this.#countedTo < this.#at; this.#countedTo += 1) {
      if (this.#text[this.#countedTo] === "\n") this.#lines += 1;
    }
    return this.#lines;
  }

  get done(): boolean {
    return this.#at >= this.#text.length;
  }

  /** What the pattern (with flag y) finds right here, which is then behind us. */
  take(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return null;
    this.#at += found[0].length;
    return found[0];
  }

  /** The next character, which is then behind us. */
  next(): string {
    const char = this.#text[this.#at] ?? "";
    this.#at += 1;
    return char;
  }

  takeIf(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at += 1;
    return true;
  }
}

/** The text of a quoted key; only escapes that JSON has too are undone, and no known key holds any. */
function unquote(quoted: string): string {
  if (quoted.startsWith("'")) return quoted.slice(1, -1);
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
}

/** `a."b c".d` as its parts; empty where no key stands. */
function takeKey(reader: Reader): string[] {
  const parts: string[] = [];
  do {
    const quoted = reader.take(QUOTED);
    const part = quoted === null ? reader.take(BARE_KEY) : unquote(quoted);
    if (part === null) return parts;
    parts.push(part);
  } while (reader.take(DOT) !== null);
  return parts;
}

/** Goes to the end of a value: the first end of line that is in no string and no bracket. */
function skipValue(reader: Reader): void {
  for (let depth = 0; !reader.done;) {
    if ((reader.take(VALUE_PART) ?? reader.take(QUOTED) ?? reader.take(COMMENT)) !== null) continue;
    const char = reader.next();
    if (char === "[" || char === "{") depth += 1;
    if (char === "]" || char === "}") depth -= 1;
    if (char === "\n" && depth <= 0) return;
  }
}

/** Counts the tables of an array: the second `[[policy]]` is `policy.1`. */
function headerPath(
  keys: readonly string[],
  isArray: boolean,
  counts: Map<string, number>,
): string {
  const name = keys.join(".");
  if (!isArray) return name;
  const index = counts.get(name) ?? 0;
  counts.set(name, index + 1);
  return `${name}.${index}`;
}

/**
 * The line, from 1, of each key and table header by its dotted path; a table of an array has its index in it
 * (`policy.0.match`). The first segment of a path is there too.
 */
export function keyLines(text: string): ReadonlyMap<string, number> {
  const reader = new Reader(text.replace(/^\uFEFF/, ""));
  const lines = new Map<string, number>();
  const counts = new Map<string, number>();
  let prefix = "";
  const note = (path: string, line: number): void => {
    const first = path.split(".", 1).join("");
    if (!lines.has(first)) lines.set(first, line);
    lines.set(path, line);
  };
  for (reader.take(BLANKS_AND_COMMENTS); !reader.done; reader.take(BLANKS_AND_COMMENTS)) {
    const line = reader.line;
    if (reader.takeIf("[")) {
      const isArray = reader.takeIf("[");
      reader.take(/[ \t]*/y);
      prefix = headerPath(takeKey(reader), isArray, counts);
      note(prefix, line);
      prefix += ".";
    } else {
      note(`${prefix}${takeKey(reader).join(".")}`, line);
    }
    skipValue(reader);
  }
  return lines;
}
