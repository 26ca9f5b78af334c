/** Schedules of a TOML or JSON file. */
import { stat } from "node:fs/promises";
import { parse as parseToml } from "smol-toml";
import { isAbort } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { sleep } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import { toPickleValue } from "../pickle/convert.ts";
import { parseJsonExact } from "../pickle/json.ts";
import { PyDict } from "../pickle/value.ts";
import type { PickleValue } from "../pickle/value.ts";
import { readFileEntry } from "./file-entry.ts";
import type { EntryDefaults } from "./file-entry.ts";
import type { ScheduleInput } from "./schedule.ts";
import { SourceError } from "./source.ts";
import type { Source } from "./source.ts";

/** What the source needs. */
export interface FileOptions {
  readonly path: string;
  readonly defaults: EntryDefaults;
  readonly clock: Clock;
}

/** How often the file is looked at; cheaper and surer than being told, on every file system. */
const LOOK_EVERY_MS = 1_000;
/** Far more than 100,000 schedules; a larger file is something else. */
const SIZE_MAX_BYTES = 256 * 1024 * 1024;

/** Opens the source; a path that ends in `.json` holds JSON, any other TOML. */
export function openFileSource(options: FileOptions): Source {
  const { path } = options;
  return {
    name: `schedules file ${path}`,
    read: () => read(options),
    watch: (onChange, signal) => watch(options, onChange, signal),
    close: () => Promise.resolve(),
  };
}

async function* read({ path, defaults }: FileOptions): AsyncGenerator<ScheduleInput> {
  const file = Bun.file(path);
  if (file.size > SIZE_MAX_BYTES) {
    throw new SourceError(`read "${path}": larger than ${SIZE_MAX_BYTES} bytes`);
  }
  const entries = parse(path, await file.text());
  for (const [index, entry] of entries.entries()) yield readEntry(entry, index + 1, defaults);
}

/** The raw entries; each is converted on its own, so that a bad one spoils no other. */
function parse(path: string, text: string): readonly unknown[] {
  try {
    return path.endsWith(".json")
      ? parseJson(text)
      : listOf(parseToml(text, { integersAsBigInt: true }));
  } catch (error) {
    throw new SourceError(`read "${path}": ${describeError(error)}`, { cause: error });
  }
}

function parseJson(text: string): readonly unknown[] {
  const value = parseJsonExact(text);
  if (Array.isArray(value)) return value;
  return listOf(value instanceof PyDict ? value.toRecord() : {});
}

function listOf(root: Readonly<Record<string, unknown>>): readonly unknown[] {
  const { schedule, ...others } = root;
  const [other] = Object.keys(others);
  if (other !== undefined) {
    throw new Error(`unknown key "${other}": expected only [[schedule]] tables`);
  }
  if (schedule === undefined) return [];
  if (!Array.isArray(schedule)) throw new Error("schedule: expected [[schedule]] tables");
  return schedule;
}

function readEntry(entry: unknown, number: number, defaults: EntryDefaults): ScheduleInput {
  let value: PickleValue;
  try {
    value = toPickleValue(entry, `schedule ${number}`);
  } catch (error) {
    // Only its id can be saved, so that people find the entry.
    const id = typeof entry === "object" && entry !== null && "id" in entry ? entry.id : null;
    const named = PyDict.fromRecord(typeof id === "string" ? { id } : {});
    const input = readFileEntry(named, number, defaults);
    return { ...input, problem: describeError(error) };
  }
  return readFileEntry(value, number, defaults);
}

/** Inode, size and time of the last change; null while there is no file. */
async function stampOf(path: string): Promise<string | null> {
  try {
    const { ino, size, mtimeMs } = await stat(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return null;
  }
}

async function watch(
  { path, clock }: FileOptions,
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  let known = await stampOf(path);
  try {
    for (;;) {
      await sleep(clock, LOOK_EVERY_MS, signal);
      const found = await stampOf(path);
      if (found === known) continue;
      known = found;
      onChange();
    }
  } catch (error) {
    if (!isAbort(error, signal)) throw error;
  }
}
