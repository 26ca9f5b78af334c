/** One entry of a schedules file, checked key by key. */
import { describeError } from "../base/errors.ts";
import { suggestion } from "../base/suggest.ts";
import { POLICY_SETTINGS } from "../config/schema-policy.ts";
import type { PolicySettings } from "../config/schema-policy.ts";
import { parseLiteral } from "../pickle/literal.ts";
import { pyRepr } from "../pickle/repr.ts";
import { PyDict, PyTuple } from "../pickle/value.ts";
import type { PickleValue } from "../pickle/value.ts";
import { NO_ARGUMENTS, packCall } from "./packed-call.ts";
import { withSettings } from "./policy.ts";
import type { Policy, PolicyFor } from "./policy.ts";
import type { CallWork, ScheduleInput } from "./schedule.ts";

/** What an entry is completed with. */
export interface EntryDefaults {
  /** What an entry says itself counts before it. */
  readonly policyFor: PolicyFor;
  /** `time_zone_string` of the configuration. */
  readonly timeZone: string;
}

const OWN_KEYS = [
  "id",
  "cron",
  "time_zone",
  "queue",
  "function",
  "args",
  "arguments",
  "kwargs",
  "timeout_secs",
  "result_ttl_secs",
  "failure_ttl_secs",
  "description",
  "enabled",
] as const;
const KEYS: readonly string[] = [...OWN_KEYS, ...Object.keys(POLICY_SETTINGS)];
type Key = (typeof OWN_KEYS)[number] | keyof typeof POLICY_SETTINGS;

const ID = /^[A-Za-z0-9._-]{1,200}$/;
/** RQ before 1.15 imports nothing without a dot. */
const FUNCTION = /^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)+$/u;
const QUEUE = /^[^\s\p{Cc}]{1,140}$/u;
const QUEUE_DEFAULT = "default";
/** RQ's own defaults, but for the failure TTL, which is Frappe's: RQ would keep failures for a year. */
const TIMEOUT_SECONDS = 180;
const RESULT_TTL_SECONDS = 500;
const FAILURE_TTL_SECONDS = 604_800;
/** A hundred years. */
const SECONDS_MAX = 3_200_000_000;
const NO_LIMIT = -1;
const SHOWN_LENGTH_MAX = 60;
const NO_ARGS: readonly PickleValue[] = [];
const EMPTY = new PyDict();

function cut(text: string): string {
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}

/** A text of its own: the parser's are parts of the file's, which they would keep in memory. */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

/** Names that many entries share, lately seen. */
const names = new Map<string, string>();
const NAMES_MAX = 1_000;

/** The one text for all equal ones. */
function shared(text: string): string {
  const known = names.get(text);
  if (known !== undefined) return known;
  if (names.size >= NAMES_MAX) names.clear();
  const kept = copyOf(text);
  names.set(kept, kept);
  return kept;
}

/** A value in an error: as text it stands without further quotes. */
function shown(value: PickleValue): string {
  return typeof value === "string" ? cut(value) : pyRepr(value, { maxLength: SHOWN_LENGTH_MAX });
}

/** Reads the values of one entry and collects what is wrong with them. */
class EntryReader {
  readonly faults: string[] = [];
  readonly #entry: PyDict;

  constructor(entry: PyDict) {
    this.#entry = entry;
    for (const [key] of entry) {
      if (typeof key === "string" && KEYS.includes(key)) continue;
      const name = typeof key === "string" ? cut(key) : pyRepr(key);
      this.faults.push(`unknown key "${name}"${suggestion(name, KEYS)}`);
    }
  }

  /** JSON's null counts as "not set". */
  get(key: Key): PickleValue | undefined {
    return this.#entry.get(key) ?? undefined;
  }

  text(key: Key): string | null {
    const value = this.get(key);
    if (value === undefined || typeof value === "string") return value ?? null;
    this.faults.push(`${key}: expected text in quotes`);
    return null;
  }

  flag(key: Key, standard: boolean): boolean {
    const value = this.get(key) ?? standard;
    if (typeof value === "boolean") return value;
    this.faults.push(`${key}: expected true or false`);
    return standard;
  }

  /** Whole seconds from `min` on, or -1 for "no limit". */
  seconds(key: Key, standard: number, { min }: { readonly min: number }): number {
    const value = this.get(key) ?? BigInt(standard);
    if (value === BigInt(NO_LIMIT)) return NO_LIMIT;
    if (typeof value === "bigint" && value >= BigInt(min) && value <= BigInt(SECONDS_MAX)) {
      return Number(value);
    }
    const wanted = `a whole number of seconds from ${min} to ${SECONDS_MAX}, or -1 for no limit`;
    this.faults.push(`${key} "${shown(value)}": expected ${wanted}`);
    return standard;
  }

  /** A text that has to match; the empty text, with a fault, when it is not there. */
  needed(key: Key, { pattern, wanted }: Wanted): string {
    if (this.get(key) === undefined) {
      this.faults.push(`${key} is missing: expected ${wanted}`);
      return "";
    }
    const value = this.text(key);
    if (value !== null && !pattern.test(value)) {
      this.faults.push(`${key} "${cut(value)}": expected ${wanted}`);
    }
    return value ?? "";
  }

  /** What the entry says of its own policies, judged as the configuration's are. */
  settings(): PolicySettings {
    const found: Record<string, unknown> = {};
    for (const [key, { kind }] of Object.entries(POLICY_SETTINGS)) {
      const value = this.#entry.get(key) ?? undefined;
      if (value === undefined) continue;
      const reading = kind.read(value, "");
      if ("value" in reading) found[key] = reading.value;
      else this.faults.push(`${key} "${shown(value)}": ${reading.problem}`);
    }
    return found;
  }
}

interface Wanted {
  readonly pattern: RegExp;
  /** For people. */
  readonly wanted: string;
}

const ID_WANTED: Wanted = {
  pattern: ID,
  wanted: 'letters, digits, ".", "_" and "-", 200 at most',
};
const FUNCTION_WANTED: Wanted = {
  pattern: FUNCTION,
  wanted: "a dotted path such as reports.nightly.run",
};
const QUEUE_WANTED: Wanted = { pattern: QUEUE, wanted: "a queue name without blanks" };

function readArguments(reader: EntryReader): readonly PickleValue[] {
  const args = reader.get("args");
  const literal = reader.text("arguments");
  if (args !== undefined && !Array.isArray(args)) reader.faults.push("args: expected a list");
  if (literal === null) return Array.isArray(args) ? args : NO_ARGS;
  if (args !== undefined) reader.faults.push("args and arguments: give only one of them");
  try {
    const value = parseLiteral(literal);
    if (value instanceof PyTuple) return value.items;
    if (Array.isArray(value)) return value;
    reader.faults.push('arguments: expected a tuple such as (1, "two"); one value: (1,)');
  } catch (error) {
    reader.faults.push(`arguments: ${describeError(error)}`);
  }
  return NO_ARGS;
}

function readKwargs(reader: EntryReader): PyDict {
  const kwargs = reader.get("kwargs") ?? EMPTY;
  const isNamed = kwargs instanceof PyDict && [...kwargs].every(([key]) => typeof key === "string");
  if (!isNamed) reader.faults.push("kwargs: expected a table of named arguments");
  return isNamed ? kwargs : EMPTY;
}

/** Most entries have no arguments: they share one text. */
function readCall(reader: EntryReader): string {
  const args = readArguments(reader);
  const kwargs = readKwargs(reader);
  return args === NO_ARGS && kwargs === EMPTY ? NO_ARGUMENTS : packCall({ args, kwargs });
}

function readWork(reader: EntryReader): CallWork {
  return {
    kind: "call",
    function: shared(reader.needed("function", FUNCTION_WANTED)),
    call: readCall(reader),
    timeoutSeconds: reader.seconds("timeout_secs", TIMEOUT_SECONDS, { min: 1 }),
    // RQ takes 0 as "delete at once".
    resultTtlSeconds: reader.seconds("result_ttl_secs", RESULT_TTL_SECONDS, { min: 0 }),
    failureTtlSeconds: reader.seconds("failure_ttl_secs", FAILURE_TTL_SECONDS, { min: 0 }),
  };
}

/** The standard policy itself where an entry says nothing else, so that thousands of entries share one. */
function readPolicy(reader: EntryReader, standard: Policy): Policy {
  const policy = withSettings(standard, reader.settings());
  return Bun.deepEquals(policy, standard) ? standard : policy;
}

function zoneOf(
  reader: EntryReader,
  { timeZone }: EntryDefaults,
): { timeZone: string; zoneRule: string } {
  const own = reader.text("time_zone");
  return own === null
    ? { timeZone, zoneRule: "configuration" }
    : { timeZone: own.trim(), zoneRule: "schedule" };
}

/** Reads entry number `number` (from 1) of a file. */
export function readFileEntry(
  entry: PickleValue,
  number: number,
  defaults: EntryDefaults,
): ScheduleInput {
  const reader = new EntryReader(entry instanceof PyDict ? entry : EMPTY);
  const id = reader.needed("id", ID_WANTED);
  const work = readWork(reader);
  const queue =
    reader.get("queue") === undefined ? QUEUE_DEFAULT : reader.needed("queue", QUEUE_WANTED);
  const input = {
    id: id === "" ? `#${number}` : copyOf(id),
    task: work.function,
    description: copyOf(reader.text("description") ?? ""),
    enabled: reader.flag("enabled", true),
    cron: reader.text("cron"),
    ...zoneOf(reader, defaults),
    queue: shared(queue),
    work,
    policy: readPolicy(reader, defaults.policyFor(id)),
  };
  const faults = entry instanceof PyDict ? reader.faults : ["expected a table"];
  return { ...input, problem: faults.length === 0 ? null : faults.join("; ") };
}
