/** What the file and the environment give, key by key, before any value is judged. */
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { meaningOf, nearestName } from "./names.ts";
import { ENV_PREFIX, formatOrigin, showName } from "./origin.ts";
import type { Origin } from "./origin.ts";
import { KEYS } from "./schema.ts";
import type { AnyKey, ConfigKey } from "./schema.ts";
import type { TomlText } from "./toml.ts";

/** The environment as the system gives it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A value that somebody wrote for a key. */
export interface Given {
  readonly key: ConfigKey;
  /** The name as written: an alias, or a variable of the environment. */
  readonly written: string;
  readonly value: unknown;
  /** The value names a file that holds the secret. */
  readonly isFile: boolean;
  /** Where relative paths start. */
  readonly folder: string;
  readonly origin: Origin;
  /** The line of a part of the value by its dotted path, as `0.match`; null when it is not known. */
  readonly lineOf?: (path: string) => number | null;
}

/** A fault and where it was found; `line` is null outside the file. */
export interface Fault {
  readonly line: number | null;
  readonly text: string;
}

/** What one place gives. */
export interface Layer {
  readonly given: ReadonlyMap<ConfigKey, Given>;
  readonly faults: readonly Fault[];
  readonly warnings: readonly string[];
}

/** A fault with its line in front. */
export function faultAt(origin: Origin, text: string): Fault {
  const line = origin.source === "file" ? origin.line : null;
  return { line, text: line === null ? text : `line ${line}: ${text}` };
}

/** An empty text stands for "not set" where a key can be unset, as the templates of earlier daemons have it. */
function isEmpty({ key, value }: Given): boolean {
  return value === "" && KEYS.get(key)?.default === null;
}

/** One value for each key; two names of one key may stand side by side only with the same value. */
function unite(all: readonly Given[]): Pick<Layer, "given" | "faults"> {
  const given = new Map<ConfigKey, Given>();
  const faults: Fault[] = [];
  for (const entry of all.filter((one) => !isEmpty(one))) {
    const other = given.get(entry.key);
    if (other === undefined) given.set(entry.key, entry);
    else if (other.isFile !== entry.isFile || !isDeepStrictEqual(other.value, entry.value)) {
      const text = `${entry.written} contradicts ${other.written}: both mean ${entry.key}; keep one`;
      faults.push(faultAt(entry.origin, text));
    }
  }
  return { given, faults };
}

/** ` (did you mean "x"?)`, or nothing. */
function suggest(name: string, write = (known: string): string => known): string {
  const known = nearestName(name);
  return known === null ? "" : ` (did you mean "${write(known)}"?)`;
}

function unknownKey(name: string, value: unknown): string {
  const isTable = typeof value === "object" && value !== null && !Array.isArray(value);
  const wayOut = isTable
    ? "each key stands at the start of a line, under no section header"
    : "correct the name or remove the line";
  return `${showName(name)}: unknown key${suggest(name)}; ${wayOut}`;
}

/** Collects the keys of a parsed file. */
export function fromFile({ values, lines }: TomlText, path: string): Layer {
  const all: Given[] = [];
  const faults: Fault[] = [];
  const warnings: string[] = [];
  for (const [written, value] of values) {
    const meaning = meaningOf(written);
    const origin: Origin = { source: "file", path, line: lines.get(written) ?? null };
    if (meaning === null) {
      faults.push(faultAt(origin, unknownKey(written, value)));
    } else if (meaning.kind === "retired") {
      warnings.push(`${formatOrigin(origin)}: ${written} has no effect: ${meaning.reason}`);
    } else {
      const isFile = meaning.kind === "secret file";
      const lineOf = (part: string): number | null => lines.get(`${written}.${part}`) ?? null;
      all.push({ key: meaning.key, written, value, isFile, folder: dirname(path), origin, lineOf });
    }
  }
  const united = unite(all);
  return { given: united.given, faults: [...faults, ...united.faults], warnings };
}

/** Variables with our prefix that steer the program itself and are no keys. */
const CONTROL_VARIABLES: ReadonlySet<string> = new Set([`${ENV_PREFIX}CONFIG`]);

/** The value of a variable in the form that TOML would have given; names of files stay text. */
function valueOf(spec: AnyKey | undefined, text: string, isFile: boolean): unknown {
  return isFile || spec === undefined ? text : spec.kind.fromText(text);
}

/**
 * Collects the keys of the environment. Empty variables count as absent. An unknown variable is a warning: container
 * platforms make up names with our prefix for a service that is called like us.
 */
export function fromEnvironment(env: Environment): Layer {
  const all: Given[] = [];
  const warnings: string[] = [];
  for (const [variable, text] of Object.entries(env)) {
    if (!variable.startsWith(ENV_PREFIX) || CONTROL_VARIABLES.has(variable)) continue;
    if (text === undefined || text === "") continue;
    const name = variable.slice(ENV_PREFIX.length);
    const meaning = name === name.toUpperCase() ? meaningOf(name) : null;
    if (meaning === null) {
      const meant = suggest(name, (known) => `${ENV_PREFIX}${known.toUpperCase()}`);
      warnings.push(`${showName(variable)} is no known variable${meant} and has no effect`);
    } else if (meaning.kind === "retired") {
      warnings.push(`${variable} has no effect: ${meaning.reason}`);
    } else {
      const isFile = meaning.kind === "secret file";
      const value = valueOf(KEYS.get(meaning.key), text, isFile);
      const origin: Origin = { source: "env", variable };
      all.push({ key: meaning.key, written: variable, value, isFile, folder: ".", origin });
    }
  }
  return { ...unite(all), warnings };
}
