/** Colours and symbols: on a terminal, and only there. */
import type { Environment } from "../config/given.ts";

/** How something is going. */
export type Mark = "ok" | "warn" | "bad" | "off";

type Paint = (text: string) => string;

/** What texts are decorated with; all of it does nothing where plain text is wanted. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
  /** A symbol on a terminal, a word elsewhere. */
  readonly mark: (mark: Mark) => string;
  /** The same at the beginning of a sentence: a word has a colon after it. */
  readonly sign: (mark: Mark) => string;
}

/** What decides about colours. */
export interface StyleOptions {
  readonly isTerminal: boolean;
  readonly env: Environment;
  /** `--color` and `--no-color`; undefined when neither is given. */
  readonly color: boolean | undefined;
}

const ESCAPE = "\u001b[";

function sgr(on: number, off: number): Paint {
  return (text) => (text === "" ? "" : `${ESCAPE}${on}m${text}${ESCAPE}${off}m`);
}

const plain: Paint = (text) => text;

const PAINTS = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  red: sgr(31, 39),
  green: sgr(32, 39),
  yellow: sgr(33, 39),
  cyan: sgr(36, 39),
} as const;

const NO_PAINTS: Readonly<Record<keyof typeof PAINTS, Paint>> = {
  bold: plain,
  dim: plain,
  red: plain,
  green: plain,
  yellow: plain,
  cyan: plain,
};

const SYMBOLS: Readonly<Record<Mark, string>> = { ok: "✔", warn: "⚠", bad: "✖", off: "○" };
const WORDS: Readonly<Record<Mark, string>> = {
  ok: "ok",
  warn: "warning",
  bad: "problem",
  off: "-",
};
const MARK_PAINTS = { ok: "green", warn: "yellow", bad: "red", off: "dim" } as const;

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}

/** The flag first, then NO_COLOR, then FORCE_COLOR, then whether anybody sees it. */
function wantsColor({ isTerminal, env, color }: StyleOptions): boolean {
  if (color !== undefined) return color;
  if (isSet(env["NO_COLOR"])) return false;
  if (isSet(env["FORCE_COLOR"])) return env["FORCE_COLOR"] !== "0";
  return isTerminal && env["TERM"] !== "dumb";
}

/** The style for one of the two outputs. */
export function makeStyle(options: StyleOptions): Style {
  const hasColor = wantsColor(options);
  const hasSymbols = hasColor || (options.isTerminal && options.env["TERM"] !== "dumb");
  const paints = hasColor ? PAINTS : NO_PAINTS;
  const mark = (which: Mark): string =>
    paints[MARK_PAINTS[which]]((hasSymbols ? SYMBOLS : WORDS)[which]);
  return { ...paints, mark, sign: (which) => `${mark(which)}${hasSymbols ? "" : ":"}` };
}
