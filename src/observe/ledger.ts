/** Reads the ledger. Its entries are written by the scripts of agenda/. */
import type { Redis } from "ioredis";

/** One entry of the ledger. */
export interface LedgerEntry {
  /** Stream id: milliseconds of Redis's own clock, and a number. */
  readonly id: string;
  readonly schedule: string;
  /** Due instant as the cron text gives it, epoch seconds. */
  readonly dueSeconds: number;
  readonly firedMs: number;
  /** A word of `Outcome`, or what a newer version wrote. */
  readonly outcome: string;
  readonly queue: string | null;
  readonly job: string | null;
  readonly reason: string | null;
  /** For a run of missed occurrences: the last one (epoch seconds) and how many. */
  readonly untilSeconds: number | null;
  readonly count: number;
}

/** What a Date can hold; also false for what is no number. */
function isTime(epochMs: number): boolean {
  return Math.abs(epochMs) <= 8.64e15;
}

function fieldsOf(flat: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let index = 0; index + 1 < flat.length; index += 2) {
    fields.set(flat[index] ?? "", flat[index + 1] ?? "");
  }
  return fields;
}

/** Null for an entry that holds no times: a hand-made one, or one of a program to come. */
function readEntry(id: string, flat: readonly string[]): LedgerEntry | null {
  const fields = fieldsOf(flat);
  const dueSeconds = Number(fields.get("due"));
  const firedMs = Number(fields.get("fired_ms"));
  if (!isTime(dueSeconds * 1000) || !isTime(firedMs)) return null;
  const until = Number(fields.get("until"));
  return {
    id,
    schedule: fields.get("schedule") ?? "",
    dueSeconds,
    firedMs,
    outcome: fields.get("outcome") ?? "",
    queue: fields.get("queue") ?? null,
    job: fields.get("job") ?? null,
    reason: fields.get("reason") ?? null,
    untilSeconds: isTime(until * 1000) ? until : null,
    count: Number(fields.get("count") ?? 1),
  };
}

/** The newest entries, newest first. */
export async function newestEntries(
  client: Redis,
  ledgerKey: string,
  limit: number,
): Promise<LedgerEntry[]> {
  const entries = await client.xrevrange(ledgerKey, "+", "-", "COUNT", limit);
  return entries.map(([id, flat]) => readEntry(id, flat)).filter((entry) => entry !== null);
}

/** Entries read in one command. */
const PAGE_SIZE = 1_000;

function partsOf(id: string): [ms: number, number: number] {
  const [ms, number] = id.split("-").map(Number);
  return [ms ?? 0, number ?? 0];
}

/** The id after this one: Redis before 6.2 has no ranges that leave their end out. */
export function idAfter(id: string): string {
  const [ms, number] = partsOf(id);
  return `${ms}-${number + 1}`;
}

/** The last id before this one. */
export function idBefore(id: string): string {
  const [ms, number] = partsOf(id);
  // At the end of a range a time alone stands for its last number.
  return number === 0 ? String(ms - 1) : `${ms}-${number - 1}`;
}

/** All entries, oldest first. */
export async function* ledgerEntries(
  client: Redis,
  ledgerKey: string,
): AsyncGenerator<LedgerEntry> {
  for (let from = "-"; ;) {
    const page = await client.xrange(ledgerKey, from, "+", "COUNT", PAGE_SIZE);
    for (const [id, flat] of page) {
      const entry = readEntry(id, flat);
      if (entry !== null) yield entry;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE_SIZE) return;
    from = idAfter(last[0]);
  }
}

/** Which entries are wanted. */
export interface EntryFilter {
  /** Null for those of all schedules. */
  readonly schedule: string | null;
  /** Null for all outcomes. */
  readonly outcomes: ReadonlySet<string> | null;
  /** Entries made at or after this, epoch ms by the clock of Redis. */
  readonly sinceMs: number;
  readonly limit: number;
  /** At most so many entries are looked at; all of them when it is left out. */
  readonly lookAtMax?: number;
}

function matches(entry: LedgerEntry, { schedule, outcomes }: EntryFilter): boolean {
  if (schedule !== null && entry.schedule !== schedule) return false;
  return outcomes === null || outcomes.has(entry.outcome);
}

/** The newest entries that are wanted, newest first; the whole ledger is looked through when there are few. */
export async function findEntries(
  client: Redis,
  ledgerKey: string,
  filter: EntryFilter,
): Promise<LedgerEntry[]> {
  const { limit, sinceMs, lookAtMax = Infinity } = filter;
  const found: LedgerEntry[] = [];
  const oldest = sinceMs > 0 ? String(Math.floor(sinceMs)) : "-";
  const isSelective = filter.schedule !== null || filter.outcomes !== null;
  const pageSize = isSelective ? PAGE_SIZE : Math.min(limit, PAGE_SIZE);
  for (let from = "+", seen = 0; seen < lookAtMax;) {
    const page = await client.xrevrange(ledgerKey, from, oldest, "COUNT", pageSize);
    for (const [id, flat] of page) {
      const entry = readEntry(id, flat);
      if (entry !== null && matches(entry, filter)) found.push(entry);
      if (found.length >= limit) return found;
    }
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return found;
    from = idBefore(last[0]);
    seen += page.length;
  }
  return found;
}

function fieldsOfObject(value: object): string[] {
  return Object.entries(value).flatMap(([name, field]) => [name, String(field)]);
}

/** The last entry of a schedule, which is kept apart from the ledger; null when it never had one. */
export function parseLastOutcome(text: string | null): LedgerEntry | null {
  if (text === null) return null;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null
      ? readEntry("", fieldsOfObject(value))
      : null;
  } catch {
    return null;
  }
}

/** Since when a stream is complete, epoch ms: when its oldest entry was made if older ones were cut off, else 0. */
export async function streamStart(client: Redis, key: string): Promise<number> {
  const [first] = await client.xrange(key, "-", "+", "COUNT", 1);
  if (first === undefined) return 0;
  const [length, info] = [await client.xlen(key), await client.xinfo("STREAM", key)];
  const flat = Array.isArray(info) ? info : [];
  const at = flat.indexOf("entries-added");
  // Before Redis 7 nobody counts what was added: then only the entries themselves are sure.
  const added = at < 0 ? Infinity : Number(flat[at + 1]);
  return added > length ? Number(first[0].split("-")[0]) : 0;
}
