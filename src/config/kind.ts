/** The simple kinds of value a key can have: how one is read, told and written. */
import { suggestion } from "../base/suggest.ts";

/** What is wrong with a part of a value; its dotted path within the value leads to its line. */
export interface PartProblem {
  readonly path: string;
  readonly problem: string;
}

/** A value, or why there is none: "expected an integer 1-65535"; `parts` tells all faults of a value made of parts. */
export type Reading<T> =
  | { readonly value: T }
  | { readonly problem: string; readonly parts?: readonly PartProblem[] };

/** One kind of value. */
export interface Kind<T> {
  /** What is wanted, for people: "an integer 1-65535". */
  readonly expected: string;
  /** The words to choose from, where there is a choice. */
  readonly words?: readonly string[];
  /** Takes a value as TOML gives it; `folder` is where relative paths start. */
  read(value: unknown, folder: string): Reading<T>;
  /** What TOML would have given, from the text of an environment variable. */
  fromText(text: string): unknown;
  /** The value as TOML text. */
  format(value: T): string;
  /** The value as it is shown, where that is not the value itself: another form, or without what is secret in it. */
  show?(value: T): string;
}

function expects(expected: string, hint = ""): { readonly problem: string } {
  return { problem: `expected ${expected}${hint}` };
}

/** What a text kind takes. */
export interface TextOptions {
  readonly expected?: string;
  readonly pattern?: RegExp;
  /** Applied before the pattern. */
  readonly normalise?: (text: string) => string;
}

/** Text on one line that holds at least one character. */
const LINE = /^\P{Cc}+$/u;

/** Text, on one line. */
export function text({ expected = "text", pattern, normalise }: TextOptions = {}): Kind<string> {
  return {
    expected,
    read: (value) => {
      if (typeof value !== "string") return expects(expected, ", in quotes");
      const normal = normalise === undefined ? value : normalise(value);
      if (normal === "") return expects(expected, "; leave the line out for the default");
      if (!LINE.test(normal)) return expects(expected, " on one line, without control characters");
      return pattern === undefined || pattern.test(normal) ? { value: normal } : expects(expected);
    },
    fromText: (written) => written,
    format: (value) => JSON.stringify(value),
  };
}

/** A password: any text is taken as it stands. */
export function password(): Kind<string> {
  return {
    expected: "text",
    read: (value) => (typeof value === "string" ? { value } : expects("text, in quotes")),
    fromText: (written) => written,
    format: (value) => JSON.stringify(value),
  };
}

/** The bounds of an integer, and what it counts. */
export interface IntegerOptions {
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}

const INTEGER_TEXT = /^[+-]?\d+$/;

/** A whole number within bounds. */
export function integer({ min, max, unit }: IntegerOptions): Kind<number> {
  const expected = `an integer ${min}-${max}${unit === undefined ? "" : ` (${unit})`}`;
  return {
    expected,
    read: (value) => {
      if (typeof value === "bigint") {
        return value < BigInt(min) || value > BigInt(max)
          ? expects(expected)
          : { value: Number(value) };
      }
      const quoted = typeof value === "string" && INTEGER_TEXT.test(value);
      return expects(expected, quoted ? ", without quotes" : "");
    },
    fromText: (written) => (INTEGER_TEXT.test(written.trim()) ? BigInt(written.trim()) : written),
    format: String,
  };
}

const TRUTH: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["yes", true],
  ["on", true],
  ["1", true],
  ["false", false],
  ["no", false],
  ["off", false],
  ["0", false],
]);

/** True or false; 1 and 0 are taken too, as earlier daemons did. */
export function boolean(): Kind<boolean> {
  const expected = "true or false";
  return {
    expected,
    read: (value) => {
      if (typeof value === "boolean") return { value };
      if (value === 1n || value === 0n) return { value: value === 1n };
      const quoted = typeof value === "string" && TRUTH.has(value.toLowerCase());
      return expects(expected, quoted ? ", without quotes" : "");
    },
    fromText: (written) => TRUTH.get(written.trim().toLowerCase()) ?? written,
    format: String,
  };
}

/** `a, b or c`. */
function alternatives(words: readonly string[]): string {
  return words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} or ${words.slice(-1).join("")}`;
}

/** One of a few words, in any letter case; `synonyms` are other words for them. */
export function choice<const T extends string>(
  words: readonly T[],
  synonyms: Readonly<Record<string, T>> = {},
): Kind<T> {
  const known = new Map<string, T>([
    ...words.map((word): [string, T] => [word, word]),
    ...Object.entries(synonyms),
  ]);
  const expected = alternatives(words);
  return {
    expected,
    words,
    read: (value) => {
      if (typeof value !== "string") return expects(expected, ", in quotes");
      const found = known.get(value.trim().toLowerCase());
      return found === undefined ? expects(expected, suggestion(value, words)) : { value: found };
    },
    fromText: (written) => written,
    format: (value) => JSON.stringify(value),
  };
}

/** A list of one kind; in an environment variable its parts are separated by commas. */
export function listOf<T>(part: Kind<T>): Kind<readonly T[]> {
  const expected = `a list, each part ${part.expected}`;
  return {
    expected,
    read: (value, folder) => {
      if (!Array.isArray(value)) return expects(expected);
      const values: T[] = [];
      for (const [index, raw] of value.entries()) {
        const reading = part.read(raw, folder);
        if ("problem" in reading) return { problem: `part ${index + 1}: ${reading.problem}` };
        values.push(reading.value);
      }
      return { value: values };
    },
    fromText: (written) => written.split(",").map((raw) => part.fromText(raw.trim())),
    format: (values) => `[${values.map((value) => part.format(value)).join(", ")}]`,
  };
}
