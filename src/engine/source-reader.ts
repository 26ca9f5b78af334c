/** Reads one source and keeps what it last held, so that a source that is down changes nothing. */
import { withDeadline } from "../base/abort.ts";
import { Outage } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { defineSchedule } from "../schedule/schedule.ts";
import type { DefineTools, Schedule } from "../schedule/schedule.ts";
import { SourceError } from "../schedule/source.ts";
import type { Source } from "../schedule/source.ts";

/** A read of 100,000 rows takes about a second; a server that is silent for longer is not there. */
const READ_TIMEOUT_MS = 30_000;

/** One source and what it last held. */
export class SourceReader {
  readonly #source: Source;
  readonly #tools: DefineTools;
  readonly #clock: Clock;
  readonly #outage: Outage;
  #schedules = new Map<string, Schedule>();
  #before: ReadonlyMap<string, Schedule> = new Map();
  #rejected: Schedule[] = [];
  #isBroken = false;
  #readAtMs = -Infinity;

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
    return this.#before.has(id);
  }

  /** Reads everything; false, with the old state kept, when that did not succeed. */
  async read(signal: AbortSignal): Promise<boolean> {
    try {
      const options = {
        clock: this.#clock,
        timeoutMs: READ_TIMEOUT_MS,
        action: "read schedules",
        signal,
      };
      await withDeadline(options, (deadline) => this.#readAll(deadline));
    } catch (error) {
      if (signal.aborted) throw error;
      this.#isBroken = error instanceof SourceError;
      this.#outage.failed(error);
      return false;
    }
    this.#outage.recovered();
    this.#readAtMs = this.#clock.monotonicMs();
    return true;
  }

  async #readAll(signal: AbortSignal): Promise<void> {
    const schedules = new Map<string, Schedule>();
    const rejected: Schedule[] = [];
    for await (const input of this.#source.read(signal)) {
      const found = defineSchedule(input, this.#tools, this.#schedules.get(input.id));
      if (schedules.has(found.id)) {
        rejected.push({ ...found, problem: `the id "${found.id}" stands there twice` });
        continue;
      }
      schedules.set(found.id, found);
    }
    this.#before = this.#schedules;
    this.#schedules = schedules;
    this.#rejected = rejected;
  }
}
