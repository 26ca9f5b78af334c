/** One entry of a schedules file, checked key by key. */
import { describeError } from "../base/errors.ts";
import { suggestion } from "../base/suggest.ts";
import { DST_GAPS, DST_OVERLAPS } from "../cron/dst-policy.ts";
import { parseLiteral } from "../pickle/literal.ts";
import { pyRepr } from "../pickle/repr.ts";
import { PyDict, PyTuple } from "../pickle/value.ts";
import type { PickleValue } from "../pickle/value.ts";
import { MISFIRES, OVERLAPS } from "./policy.ts";
import type { Policy } from "./policy.ts";
import type { CallWork, ScheduleInput } from "./schedule.ts";

/** What an entry is completed with. */
export interface EntryDefaults {
  readonly policy: Policy;
  /** `time_zone_string` of the configuration, or null. */
  readonly timeZone: string | null;
}

const KEYS = [
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
  "misfire",
  "misfire_grace_secs",
  "max_catchup",
  "overlap",
  "jitter_secs",
  "dst_gap",
  "dst_overlap",
] as const;
type Key = (typeof KEYS)[number];

const ID = /^[A-Za-z0-9._-]{1,200}$/;
/** RQ before 1.15 imports nothing without a dot. */
const FUNCTION = /^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}_][\p{L}\p{N}_]*)+$/u;
const QUEUE = /^[^\s\p{Cc}]{1,140}$/u;
/** RQ's own defaults, but for the failure TTL, which is Frappe's: RQ would keep failures for a year. */
const TIMEOUT_SECONDS = 180;
const RESULT_TTL_SECONDS = 500;
const FAILURE_TTL_SECONDS = 604_800;
const SECONDS_MAX = 3_200_000_000;
const SHOWN_LENGTH_MAX = 60;

/** A value in an error: as text it stands without further quotes. */
function shown(value: PickleValue): string {
  return typeof value === "string" ? value : pyRepr(value, { maxLength: SHOWN_LENGTH_MAX });
}

/** Reads the values of one entry and collects what is wrong with them. */
class EntryReader {
  readonly faults: string[] = [];
  readonly #entry: PyDict;

  constructor(entry: PyDict) {
    this.#entry = entry;
    for (const [key] of entry) {
      if (KEYS.some((known) => known === key)) continue;
      const name = typeof key === "string" ? key : pyRepr(key);
      this.faults.push(`unknown key "${name}"${suggestion(name, KEYS)}`);
    }
  }

  get(key: Key): PickleValue | undefined {
    return this.#entry.get(key);
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

  integer(key: Key, standard: number, { min }: { readonly min: number }): number {
    const value = this.get(key);
    if (value === undefined) return standard;
    if (typeof value === "bigint" && value >= BigInt(min) && value <= BigInt(SECONDS_MAX)) {
      return Number(value);
    }
    this.faults.push(`${key} "${shown(value)}": expected a whole number, ${min} or more`);
    return standard;
  }

  /** Seconds, or -1 for "no limit". */
  seconds(key: Key, standard: number): number {
    return this.get(key) === -1n ? -1 : this.integer(key, standard, { min: 1 });
  }

  choice<T extends string>(key: Key, choices: readonly T[], standard: T): T {
    const value = this.get(key);
    if (value === undefined) return standard;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      this.faults.push(`${key} "${shown(value)}": expected ${choices.join(", ")}`);
    }
    return found ?? standard;
  }

  matching(key: Key, { pattern, wanted }: { pattern: RegExp; wanted: string }): string {
    const value = this.text(key) ?? "";
    if (!pattern.test(value)) this.faults.push(`${key} "${value}": expected ${wanted}`);
    return value;
  }
}

function readArguments(reader: EntryReader): readonly PickleValue[] {
  const args = reader.get("args");
  const literal = reader.text("arguments");
  if (args !== undefined && !Array.isArray(args)) reader.faults.push("args: expected a list");
  if (literal === null) return Array.isArray(args) ? args : [];
  if (args !== undefined) reader.faults.push("args and arguments: give only one of them");
  try {
    const value = parseLiteral(literal);
    if (value instanceof PyTuple) return value.items;
    if (Array.isArray(value)) return value;
    reader.faults.push(
      `arguments "${literal}": expected a tuple such as (1, "two"); one value: (1,)`,
    );
  } catch (error) {
    reader.faults.push(`arguments: ${describeError(error)}`);
  }
  return [];
}

function readKwargs(reader: EntryReader): PyDict {
  const kwargs = reader.get("kwargs") ?? new PyDict();
  const isNamed = kwargs instanceof PyDict && [...kwargs].every(([key]) => typeof key === "string");
  if (!isNamed) reader.faults.push("kwargs: expected a table of named arguments");
  return isNamed ? kwargs : new PyDict();
}

function readWork(reader: EntryReader): CallWork {
  const wanted = "a dotted path such as reports.nightly.run";
  return {
    kind: "call",
    function: reader.matching("function", { pattern: FUNCTION, wanted }),
    args: readArguments(reader),
    kwargs: readKwargs(reader),
    timeoutSeconds: reader.seconds("timeout_secs", TIMEOUT_SECONDS),
    resultTtlSeconds: readTtl(reader, "result_ttl_secs", RESULT_TTL_SECONDS),
    failureTtlSeconds: readTtl(reader, "failure_ttl_secs", FAILURE_TTL_SECONDS),
  };
}

/** RQ takes 0 as "delete at once". */
function readTtl(reader: EntryReader, key: Key, standard: number): number {
  return reader.get(key) === -1n ? -1 : reader.integer(key, standard, { min: 0 });
}

/** The standard policy itself where an entry says nothing, so that thousands of entries share one. */
function readPolicy(reader: EntryReader, standard: Policy): Policy {
  const { dst } = standard;
  const policy: Policy = {
    misfire: reader.choice("misfire", MISFIRES, standard.misfire),
    misfireGraceSeconds: reader.integer("misfire_grace_secs", standard.misfireGraceSeconds, {
      min: 0,
    }),
    maxCatchup: reader.integer("max_catchup", standard.maxCatchup, { min: 1 }),
    overlap: reader.choice("overlap", OVERLAPS, standard.overlap),
    jitterSeconds: reader.integer("jitter_secs", standard.jitterSeconds, { min: 0 }),
    dst: {
      gap: reader.choice("dst_gap", DST_GAPS, dst.gap),
      overlap: reader.choice("dst_overlap", DST_OVERLAPS, dst.overlap),
    },
  };
  return Bun.deepEquals(policy, standard) ? standard : policy;
}

function zoneOf(
  reader: EntryReader,
  { timeZone }: EntryDefaults,
): { timeZone: string; zoneRule: string } {
  const own = reader.text("time_zone");
  if (own !== null) return { timeZone: own, zoneRule: "schedule" };
  if (timeZone !== null) return { timeZone, zoneRule: "configuration" };
  return { timeZone: "UTC", zoneRule: "utc_default" };
}

/** Reads entry number `number` (from 1) of a file. */
export function readFileEntry(
  entry: PickleValue,
  number: number,
  defaults: EntryDefaults,
): ScheduleInput {
  const reader = new EntryReader(entry instanceof PyDict ? entry : new PyDict());
  if (!(entry instanceof PyDict)) reader.faults.push("expected a table");
  const id = reader.text("id");
  if (id === null) reader.faults.push("id is missing");
  else if (!ID.test(id))
    reader.faults.push(`id "${id}": expected letters, digits, ".", "_" and "-"`);
  const work = readWork(reader);
  const queue =
    reader.get("queue") === undefined ? "default" : reader.matching("queue", QUEUE_WANTED);
  const input = {
    id: id ?? `#${number}`,
    task: work.function,
    description: reader.text("description") ?? "",
    enabled: reader.flag("enabled", true),
    cron: reader.text("cron"),
    ...zoneOf(reader, defaults),
    queue,
    work,
    policy: readPolicy(reader, defaults.policy),
  };
  const { faults } = reader;
  return { ...input, problem: faults.length === 0 ? null : faults.join("; ") };
}

const QUEUE_WANTED = { pattern: QUEUE, wanted: "a queue name without blanks" };
