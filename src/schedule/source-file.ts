/** Schedules of a TOML or JSON file. */
import { isAbort } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { sleep, yieldToEvents } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import { toPickleValue } from "../pickle/convert.ts";
import { PyDict } from "../pickle/value.ts";
import type { PickleValue } from "../pickle/value.ts";
import { parseEntries } from "./file-entries.ts";
import type { FileItem } from "./file-entries.ts";
import { readFileEntry } from "./file-entry.ts";
import type { EntryDefaults } from "./file-entry.ts";
import { lookAt, readText, settledState, stampOf } from "./file-text.ts";
import type { ScheduleInput } from "./schedule.ts";
import type { Source } from "./source.ts";

/** What the source needs. */
export interface FileOptions {
  readonly path: string;
  readonly defaults: EntryDefaults;
  readonly clock: Clock;
}

/** How often the file is looked at; cheaper and surer than being told, on every file system. */
const LOOK_EVERY_MS = 1_000;
/** Entries that are handled in one go: others wait a few milliseconds at most. */
const ENTRIES_AT_ONCE = 500;

type Entry = Extract<FileItem, { readonly entry: unknown }>;

class FileSource implements Source {
  readonly name: string;
  readonly generation = null;
  readonly readSome = null;
  readonly readChanges = null;
  readonly #options: FileOptions;
  /** The state of the file that was read last, to its end; empty before the first. */
  #stamp = "";
  /** The policies that it was read with. */
  #policyFor: EntryDefaults["policyFor"] | null = null;

  constructor(options: FileOptions) {
    this.#options = options;
    this.name = `schedules file ${options.path}`;
  }

  /** One that has just been changed is waited for. */
  async *read(signal: AbortSignal): AsyncGenerator<ScheduleInput> {
    const { path, clock, defaults } = this.#options;
    const seen = await lookAt(path);
    const isFirst = this.#stamp === "";
    const state = isFirst ? seen : await settledState(path, clock, signal);
    const text = await readText(path, state);
    signal.throwIfAborted();
    const { policyFor } = defaults;
    let count = 0;
    for (const item of parseEntries(path, text)) {
      count += 1;
      yield "entry" in item ? readEntry(item, count, defaults) : stray(item.stray, defaults);
      if (count % ENTRIES_AT_ONCE > 0) continue;
      signal.throwIfAborted();
      await yieldToEvents(clock);
    }
    this.#stamp = state.stamp;
    this.#policyFor = policyFor;
  }

  readonly isUnchanged = async (): Promise<boolean> =>
    this.#policyFor === this.#options.defaults.policyFor &&
    this.#stamp === (await stampOf(this.#options.path));

  async watch(onChange: () => void, signal: AbortSignal): Promise<void> {
    const { path, clock } = this.#options;
    let told: string | null = null;
    try {
      for (;;) {
        await sleep(clock, LOOK_EVERY_MS, signal);
        const found = await stampOf(path);
        // What could not be read once is told once.
        if (found === this.#stamp || found === told) continue;
        told = found;
        onChange();
      }
    } catch (error) {
      if (!isAbort(error, signal)) throw error;
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Says where a faulty entry stands. */
function readEntry({ entry, line }: Entry, number: number, defaults: EntryDefaults): ScheduleInput {
  const input = convertEntry(entry, number, defaults);
  return input.problem === null || line === null
    ? input
    : { ...input, problem: `line ${line}: ${input.problem}` };
}

function convertEntry(entry: unknown, number: number, defaults: EntryDefaults): ScheduleInput {
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

/** A key that stands outside of all entries: it may be a header that was misspelt, so it must not pass in silence. */
function stray(name: string, defaults: EntryDefaults): ScheduleInput {
  const input = readFileEntry(new PyDict(), 0, defaults);
  const problem = `unknown key "${name}" in the file: expected only [[schedule]] tables`;
  return { ...input, id: `#${name}`, problem };
}

/** Opens the source; the file need not be there yet. */
export function openFileSource(options: FileOptions): Source {
  return new FileSource(options);
}
