/** From what was given to one value for each key. */
import { resolve } from "node:path";
import { describeError } from "../base/errors.ts";
import type { ReadFile } from "./files.ts";
import { faultAt } from "./given.ts";
import type { Fault, Given } from "./given.ts";
import type { Reading } from "./kind.ts";
import { showValue } from "./origin.ts";
import type { Origin } from "./origin.ts";
import { isComplete, KEYS } from "./schema.ts";
import type { AnyKey, Config, ConfigKey } from "./schema.ts";

/** Every key with its value. */
export interface Settled {
  /** A key with a fault has its default here. */
  readonly config: Config;
  readonly origins: ReadonlyMap<ConfigKey, Origin>;
  readonly faults: readonly Fault[];
}

type Problem = Exclude<Reading<unknown>, { readonly value: unknown }>;

const DEFAULT: Origin = { source: "default" };

/** A secret as it stands in its file, without the end of its line. */
function readSecret(path: string, readFile: ReadFile): Reading<string> {
  try {
    const secret = readFile(path).replace(/\r?\n$/, "");
    return secret === ""
      ? { problem: `cannot read "${path}": the file is empty` }
      : { value: secret };
  } catch (error) {
    return { problem: `cannot read "${path}": ${describeError(error)}` };
  }
}

/** The value of a secret's file, with an origin that names it. */
function followFile(entry: Given, readFile: ReadFile): Reading<Given> {
  if (typeof entry.value !== "string" || entry.value === "") {
    return { problem: "expected the path of a file, in quotes" };
  }
  const path = resolve(entry.folder, entry.value);
  const secret = readSecret(path, readFile);
  if ("problem" in secret) return secret;
  const { origin: named } = entry;
  const isNamed = named.source === "file" || named.source === "env";
  const origin: Origin = isNamed ? { ...named, secretFile: path } : named;
  return { value: { ...entry, value: secret.value, origin } };
}

/** The faults of a value that its kind does not take; of a value made of parts, each at its own line. */
function faultsOf(spec: AnyKey, entry: Given, { problem, parts }: Problem): readonly Fault[] {
  const { origin, lineOf } = entry;
  if (parts !== undefined) {
    return parts.map(({ path, problem: text }) => {
      const line = lineOf?.(path) ?? null;
      return faultAt(
        origin.source === "file" && line !== null ? { ...origin, line } : origin,
        text,
      );
    });
  }
  const shown = spec.secret === true ? "" : ` ${showValue(entry.value)}`;
  return [faultAt(origin, `${entry.written}${shown}: ${problem}`)];
}

/** Judges every value by its key's kind; a faulty one is named and stands at its default. */
export function settle(given: ReadonlyMap<ConfigKey, Given>, readFile: ReadFile): Settled {
  const values: Partial<Record<ConfigKey, unknown>> = {};
  const origins = new Map<ConfigKey, Origin>();
  const faults: Fault[] = [];
  for (const [key, spec] of KEYS) {
    values[key] = spec.default;
    origins.set(key, DEFAULT);
    const entry = given.get(key);
    if (entry === undefined) continue;
    const followed = entry.isFile ? followFile(entry, readFile) : { value: entry };
    if ("problem" in followed) {
      faults.push(faultAt(entry.origin, `${entry.written}: ${followed.problem}`));
      continue;
    }
    const reading = spec.kind.read(followed.value.value, entry.folder);
    if ("problem" in reading) faults.push(...faultsOf(spec, followed.value, reading));
    else {
      values[key] = reading.value;
      origins.set(key, followed.value.origin);
    }
  }
  // The loop above gave every key a value.
  if (!isComplete(values)) throw new Error("a key of the configuration has no value");
  return { config: Object.freeze(values), origins, faults };
}
