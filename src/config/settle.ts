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
  const origin: Origin =
    entry.origin.source === "default" ? entry.origin : { ...entry.origin, secretFile: path };
  return { value: { ...entry, value: secret.value, origin } };
}

function judge(spec: AnyKey, entry: Given): Reading<unknown> {
  const reading = spec.kind.read(entry.value, entry.folder);
  if (!("problem" in reading)) return reading;
  const shown = spec.secret === true ? "" : ` ${showValue(entry.value)}`;
  return { problem: `${entry.written}${shown}: ${reading.problem}` };
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
    const reading = judge(spec, followed.value);
    if ("problem" in reading) faults.push(faultAt(entry.origin, reading.problem));
    else {
      values[key] = reading.value;
      origins.set(key, followed.value.origin);
    }
  }
  // The loop above gave every key a value.
  if (!isComplete(values)) throw new Error("a key of the configuration has no value");
  return { config: Object.freeze(values), origins, faults };
}
