/** From the text of a schedules file to its raw entries. */
import { parse as parseToml, TomlError } from "smol-toml";
import { describeError } from "../base/errors.ts";
import { parseJsonExact } from "../pickle/json.ts";
import { PyDict } from "../pickle/value.ts";
import { SourceError } from "./source-error.ts";

/** One thing that stands in a file. */
export type FileItem =
  | {
      /** The raw entry; each is converted on its own, so that a bad one spoils no other. */
      readonly entry: unknown;
      /** Where it begins; null when the format or the spelling does not tell. */
      readonly line: number | null;
    }
  /** A key that stands beside the entries, where none belongs. */
  | { readonly stray: string };

const LIST = "schedule";
const HEADER = /^[ \t]*\[\[[ \t]*(?:schedule|"schedule"|'schedule')[ \t]*\]\]/gm;

/**
 * Takes a file's text apart, entry by entry; a path that ends in `.json` holds JSON, any other TOML.
 *
 * @throws SourceError with the place of a syntax error, when it is reached; no part of the text is shown, for it may hold
 * a secret.
 */
export function* parseEntries(path: string, text: string): Generator<FileItem> {
  try {
    yield* path.toLowerCase().endsWith(".json") ? fromJson(text) : fromToml(text);
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

/**
 * Table by table, for the tree of a large file takes many times its size. Whatever a table alone does not explain (an
 * inline list, other keys, a header within a text, an error) is left to a look at the whole.
 */
function* fromToml(text: string): Generator<FileItem> {
  let done = 0;
  let isExplained = false;
  for (const { text: table, line } of tomlTables(text)) {
    const entry = onlyEntry(table);
    isExplained = entry !== null;
    if (!isExplained) break;
    yield { entry, line };
    done += 1;
  }
  if (!isExplained) yield* wholeToml(text, done);
}

interface TomlTable {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/** What stands before the first header belongs to the first table, and spoils it unless it is nothing but comments. */
function* tomlTables(text: string): Generator<TomlTable> {
  let start = 0;
  let counted = 0;
  let line = 1;
  let header: number | null = null;
  for (const { index } of text.matchAll(HEADER)) {
    if (header !== null) {
      yield { text: text.slice(start, index), line: header };
      start = index;
    }
    for (; counted < index; counted += 1) if (text[counted] === "\n") line += 1;
    header = line;
  }
  if (header !== null) yield { text: text.slice(start), line: header };
}

/** The entry of a text that holds just one; null for any other. */
function onlyEntry(table: string): unknown {
  try {
    const { [LIST]: entries, ...others } = parseToml(table, { integersAsBigInt: true });
    const isAlone = Array.isArray(entries) && entries.length === 1;
    return isAlone && Object.keys(others).length === 0 ? entries[0] : null;
  } catch {
    return null;
  }
}

function* wholeToml(text: string, from: number): Generator<FileItem> {
  const root = parseToml(text, { integersAsBigInt: true });
  const lines = Array.from(tomlTables(text), ({ line }) => line);
  yield* itemsOf(root, { wanted: "[[schedule]] tables", from, lineOf: (index) => lines[index] });
}

function* fromJson(text: string): Generator<FileItem> {
  const value = parseJsonExact(text);
  if (!Array.isArray(value) && !(value instanceof PyDict)) {
    throw new Error('expected a list of schedules, or an object {"schedule": [ … ]}');
  }
  const root = value instanceof PyDict ? value.toRecord() : { [LIST]: value };
  yield* itemsOf(root, { wanted: "a list" });
}

interface ItemOptions {
  /** For people. */
  readonly wanted: string;
  /** How many entries were given already. */
  readonly from?: number;
  readonly lineOf?: (index: number) => number | undefined;
}

function* itemsOf(
  root: Readonly<Record<string, unknown>>,
  { wanted, from = 0, lineOf = () => undefined }: ItemOptions,
): Generator<FileItem> {
  const { [LIST]: entries = [], ...others } = root;
  if (!Array.isArray(entries)) throw new Error(`schedule: expected ${wanted}`);
  for (let index = from; index < entries.length; index += 1) {
    yield { entry: entries[index], line: lineOf(index) ?? null };
  }
  for (const stray of Object.keys(others)) yield { stray };
}
