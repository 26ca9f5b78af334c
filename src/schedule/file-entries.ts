/** From the text of a schedules file to its raw entries. */
import { parse as parseToml, TomlError } from "smol-toml";
import { describeError } from "../base/errors.ts";
import { parseJsonExact } from "../pickle/json.ts";
import { PyDict } from "../pickle/value.ts";
import { SourceError } from "./source.ts";

/** What stands in a file. */
export interface FileEntries {
  /** The raw entries; each is converted on its own, so that a bad one spoils no other. */
  readonly entries: readonly unknown[];
  /** The line of an entry, by its index; null when the format or the spelling does not tell. */
  readonly lineOf: (index: number) => number | null;
  /** Keys that stand beside the entries, where none belongs. */
  readonly strays: readonly string[];
}

const LIST = "schedule";
const HEADER = /^[ \t]*\[\[[ \t]*(?:schedule|"schedule"|'schedule')[ \t]*\]\]/gm;

/**
 * Takes a file's text apart; a path that ends in `.json` holds JSON, any other TOML.
 *
 * @throws SourceError with the place of a syntax error; no part of the text is shown, for it may hold a secret.
 */
export function parseEntries(path: string, text: string): FileEntries {
  try {
    return path.toLowerCase().endsWith(".json") ? fromJson(text) : fromToml(text);
  } catch (error) {
    throw new SourceError(`read "${path}": ${problemOf(error)}`, { cause: error });
  }
}

function problemOf(error: unknown): string {
  if (!(error instanceof TomlError)) return describeError(error);
  const [first = ""] = error.message.split("\n", 1);
  const sentence = first.replace("Invalid TOML document: ", "");
  return `line ${error.line}, column ${error.column}: ${sentence}`;
}

function fromToml(text: string): FileEntries {
  const root = parseToml(text, { integersAsBigInt: true });
  return { ...listOf(root, "[[schedule]] tables"), lineOf: tomlLines(text) };
}

function noLine(): null {
  return null;
}

function fromJson(text: string): FileEntries {
  const value = parseJsonExact(text);
  if (Array.isArray(value)) return { entries: value, strays: [], lineOf: noLine };
  if (!(value instanceof PyDict)) {
    throw new Error('expected a list of schedules, or an object {"schedule": [ … ]}');
  }
  return { ...listOf(value.toRecord(), "a list"), lineOf: noLine };
}

function listOf(
  root: Readonly<Record<string, unknown>>,
  wanted: string,
): Pick<FileEntries, "entries" | "strays"> {
  const { [LIST]: entries = [], ...others } = root;
  if (!Array.isArray(entries)) throw new Error(`schedule: expected ${wanted}`);
  return { entries, strays: Object.keys(others) };
}

/** Counts the headers; found only when somebody asks, for that is seldom. */
function tomlLines(text: string): (index: number) => number | null {
  let lines: readonly number[] | null = null;
  return (index) => {
    lines ??= headerLines(text);
    return lines[index] ?? null;
  };
}

function headerLines(text: string): number[] {
  const lines: number[] = [];
  let line = 1;
  let at = 0;
  for (const { index } of text.matchAll(HEADER)) {
    for (; at < index; at += 1) if (text[at] === "\n") line += 1;
    lines.push(line);
  }
  return lines;
}
