/** TOML text to values, with the lines of its keys; syntax errors in a form for people. */
import { parse, TomlError } from "smol-toml";
import { describeError } from "../base/errors.ts";
import { keyLines } from "./key-lines.ts";

/** A parsed file. */
export interface TomlText {
  /** Integers are bigint, so that they stay apart from 1.0. */
  readonly values: ReadonlyMap<string, unknown>;
  readonly lines: ReadonlyMap<string, number>;
}

/** Says how much of a line may be shown. */
export type MayShow = (line: string) => "all" | "key" | "nothing";

/** The one sentence of Bun's parser that says more than ours even where the line must not be shown. */
const MISSING_QUOTES = "Strings must be quoted";

/** Bun's sentence for the same error, which is often the clearer one, or null where it might not be. */
function clearerSentence(text: string, line: string, isShown: boolean): string | null {
  try {
    Bun.TOML.parse(text);
    return null;
  } catch (error) {
    const sentence = describeError(error).replace(/^TOML Parse error: /, "");
    if (!isShown) return sentence.startsWith(MISSING_QUOTES) ? MISSING_QUOTES : null;
    // The two parsers may stop at different places: what this one quotes must stand in our line.
    const quoted = [...sentence.matchAll(/(["'])(.+?)\1/g)].map(([, , part = ""]) => part);
    return quoted.every((part) => line.includes(part)) ? sentence : null;
  }
}

/** Longer lines would wrap and part the mark from its place. */
const FRAME_MAX = 110;

function frame(error: TomlError, line: string, shown: "all" | "key" | "nothing"): string[] {
  const margin = `    ${error.line} | `;
  if (shown === "all" && line.length <= FRAME_MAX) {
    return [
      `${margin}${line.replaceAll(/\p{Cc}/gu, " ")}`,
      `${" ".repeat(margin.length + error.column - 1)}^`,
    ];
  }
  if (shown === "all") return [];
  const start = shown === "key" ? `${line.slice(0, line.indexOf("=") + 1)} ` : "";
  return [`${margin}${start}*** (not shown: it may hold a secret)`];
}

function explain(error: TomlError, text: string, { path, mayShow }: ParseOptions): string {
  const line = text.split(/\r?\n/)[error.line - 1] ?? "";
  const shown = mayShow(line);
  const [first = ""] = error.message.split("\n", 1);
  const own = first.replace("Invalid TOML document: ", "");
  const sentence = clearerSentence(text, line, shown === "all") ?? own;
  return [`${path}:${error.line}:${error.column}: ${sentence}`, ...frame(error, line, shown)].join(
    "\n",
  );
}

/** What `parseToml` needs besides the text. */
export interface ParseOptions {
  /** The file's name, for errors. */
  readonly path: string;
  readonly mayShow: MayShow;
}

/** Parses a TOML text, or tells what is wrong with it: place, sentence, and the line as far as it may be shown. */
export function parseToml(
  text: string,
  options: ParseOptions,
): TomlText | { readonly problem: string } {
  try {
    const values = new Map(Object.entries(parse(text, { integersAsBigInt: true })));
    return { values, lines: keyLines(text) };
  } catch (error) {
    if (error instanceof TomlError) return { problem: explain(error, text, options) };
    throw error;
  }
}
