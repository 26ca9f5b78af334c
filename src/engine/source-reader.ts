/** Reads one source and keeps what it last held, so that a source that is down changes nothing. */
import { withDeadline } from "../base/abort.ts";
import { Outage } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { RecentChanges } from "../schedule/recent-changes.ts";
import { defineSchedule } from "../schedule/schedule.ts";
import type { DefineTools, Schedule, ScheduleInput } from "../schedule/schedule.ts";
import { SourceError } from "../schedule/source-error.ts";
import type { SomeSchedules, Source } from "../schedule/source.ts";

/** A read of 100,000 rows takes about a second; a server that is silent for longer is not there. */
const READ_TIMEOUT_MS = 30_000;
/** A look at a few rows takes milliseconds; a web server that is asked for each row may take this for every one. */
const LOOK_TIMEOUT_MS = 10_000;
const ROW_TIMEOUT_MS = 20;
/** A whole read begins now and then, and a look that it overtakes is made once more. */
const LOOKS_MAX = 3;

/** What a look at some ids found. */
export interface SomeRead {
  /** Ids whose row was read, or that have none. */
  readonly known: ReadonlySet<string>;
  /** Those that have no row. */
  readonly absent: ReadonlySet<string>;
  /** Those among them that had one until now. */
  readonly gone: ReadonlySet<string>;
}

/** One source and what it last held. */
export class SourceReader {
  readonly #source: Source;
  readonly #tools: DefineTools;
  readonly #clock: Clock;
  readonly #outage: Outage;
  #schedules = new Map<string, Schedule>();
  /** What the last whole read but one held and the last did not. */
  #gone: ReadonlySet<string> = new Set();
  #zonesRevision = -1;
  #rejected: Schedule[] = [];
  #isBroken = false;
  #readAtMs = -Infinity;
  /** Counts whole reads as they begin. */
  #begun = 0;
  /** What looks found while a whole read was under way, null for no row: it is newer than what that will bring. */
  #newer: Map<string, Schedule | null> | null = null;

  constructor(options: {
    readonly source: Source;
    readonly tools: DefineTools;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    const { source, tools, clock, log } = options;
    this.#source = source;
    this.#tools = tools;
    this.#clock = clock;
    this.#outage = new Outage(source.name, { clock, log });
  }

  get name(): string {
    return this.#source.name;
  }

  /** Which app the site has, in words; null where that is not known, and where there is no site. */
  get app(): string | null {
    return this.#source.generation?.label ?? null;
  }

  /** Why it cannot be read, or null. */
  get problem(): string | null {
    return this.#outage.reason;
  }

  /** Whether there is no use in another read before the next refresh. */
  get mayWait(): boolean {
    return this.problem === null || this.#isBroken;
  }

  /** When it was last read, by the monotonic clock. */
  get readAtMs(): number {
    return this.#readAtMs;
  }

  get schedules(): ReadonlyMap<string, Schedule> {
    return this.#schedules;
  }

  /** Rows that repeat an id. */
  get rejected(): readonly Schedule[] {
    return this.#rejected;
  }

  /** Whether the last read but one held this schedule. */
  hadBefore(id: string): boolean {
    return this.#schedules.has(id) || this.#gone.has(id);
  }

  /** Whether single rows can be asked for at this moment. */
  get canReadSome(): boolean {
    return this.#source.readSome !== null && this.problem === null && this.#readAtMs > -Infinity;
  }

  /** Whether it can be asked at this moment what changed of late. */
  get canReadChanges(): boolean {
    return this.#source.readChanges !== null && this.problem === null && this.#readAtMs > -Infinity;
  }

  /** Whether the last whole read tells for certain that this id has no row: nothing less than such a read ever tells. */
  lacks(id: string): boolean {
    const isTold = this.#source.readSome === null && this.#readAtMs > -Infinity;
    return isTold && !this.#schedules.has(id);
  }

  /** Reads everything; false, with the old state kept, when that did not succeed. */
  async read(signal: AbortSignal): Promise<boolean> {
    this.#begun += 1;
    this.#newer = new Map();
    const isRead = await this.#attempt(READ_TIMEOUT_MS, signal, (both) => this.#readAll(both));
    this.#newer = null;
    if (isRead === null) return false;
    this.#outage.recovered();
    this.#readAtMs = this.#clock.monotonicMs();
    return true;
  }

  /** Reads the rows of some ids as they are now; null, with the old state kept, when that did not succeed. */
  readSome(ids: ReadonlySet<string>, signal: AbortSignal): Promise<SomeRead | null> {
    const timeoutMs = LOOK_TIMEOUT_MS + ids.size * ROW_TIMEOUT_MS;
    return this.#attempt(timeoutMs, signal, (both) => this.#look(ids, both));
  }

  /** What changed of late; null when that cannot be told. */
  readChanges(signal: AbortSignal): Promise<RecentChanges | null> {
    const { readChanges } = this.#source;
    if (readChanges === null) return Promise.resolve(null);
    return this.#attempt(LOOK_TIMEOUT_MS, signal, readChanges);
  }

  async #attempt<T>(
    timeoutMs: number,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | null> {
    const options = { clock: this.#clock, timeoutMs, action: "read schedules", signal };
    try {
      return await withDeadline(options, work);
    } catch (error) {
      if (signal.aborted) throw error;
      this.#isBroken = error instanceof SourceError;
      this.#outage.failed(error);
      return null;
    }
  }

  async #readAll(signal: AbortSignal): Promise<true> {
    if (await this.#isUnchanged()) return true;
    const schedules = new Map<string, Schedule>();
    const rejected: Schedule[] = [];
    for await (const input of this.#source.read(signal)) {
      const found = this.#define(input);
      if (schedules.has(found.id)) {
        rejected.push({ ...found, problem: `the id "${found.id}" stands there twice` });
        continue;
      }
      schedules.set(found.id, found);
    }
    // One that was given up may end late.
    signal.throwIfAborted();
    for (const [id, schedule] of this.#newer ?? []) put(schedules, id, schedule);
    this.#gone = new Set(this.#schedules.keys().filter((id) => !schedules.has(id)));
    this.#schedules = schedules;
    this.#rejected = rejected;
    this.#zonesRevision = this.#tools.zones.revision;
    return true;
  }

  /** Whether another read would give just the same; with other rules of time zones it would not. */
  async #isUnchanged(): Promise<boolean> {
    const isKnown =
      this.#readAtMs > -Infinity && this.#zonesRevision === this.#tools.zones.revision;
    return isKnown && (await this.#source.isUnchanged?.()) === true;
  }

  async #look(ids: ReadonlySet<string>, signal: AbortSignal): Promise<SomeRead> {
    const { found, absent } = await this.#ask(ids, signal, LOOKS_MAX);
    signal.throwIfAborted();
    const gone = new Set(absent.filter((id) => this.#schedules.has(id)));
    for (const input of found) this.#take(input.id, this.#define(input));
    for (const id of absent) this.#take(id, null);
    const known = new Set([...absent, ...found.map(({ id }) => id)]);
    return { known, absent: new Set(absent), gone };
  }

  /** Of a look and a whole read that began during it nobody can tell which is the newer: then it looks again. */
  async #ask(
    ids: ReadonlySet<string>,
    signal: AbortSignal,
    looksLeft: number,
  ): Promise<SomeSchedules> {
    const { readSome } = this.#source;
    if (readSome === null) throw new Error(`${this.name} gives no single rows`);
    const begun = this.#begun;
    const some = await readSome(ids, signal);
    const isOvertaken = begun !== this.#begun && looksLeft > 1;
    return isOvertaken ? this.#ask(ids, signal, looksLeft - 1) : some;
  }

  #define(input: ScheduleInput): Schedule {
    return defineSchedule(input, this.#tools, this.#schedules.get(input.id));
  }

  #take(id: string, schedule: Schedule | null): void {
    put(this.#schedules, id, schedule);
    this.#newer?.set(id, schedule);
  }
}

function put(schedules: Map<string, Schedule>, id: string, schedule: Schedule | null): void {
  if (schedule === null) schedules.delete(id);
  else schedules.set(id, schedule);
}
