/**
 * Reads schedules again after something was said to have changed: now, and for a while, since the app sends its commands
 * before its transaction commits.
 */
import { isAbort } from "../base/abort.ts";
import { Outage } from "../base/backoff.ts";
import { Wakeup } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { RedisConnection } from "../redis/connect.ts";
import type { Reconciler } from "./reconciler.ts";

/** What the re-reads need. */
export interface RereadsOptions {
  readonly reconciler: Pick<Reconciler, "some" | "givesRows">;
  readonly redis: Pick<RedisConnection, "isReady" | "distrust">;
  readonly clock: Clock;
  readonly log: Log;
  /** Has everything read; resolves when a pass that began after the call has ended. */
  readonly readAll: () => Promise<void>;
  /** Told after each read, whatever it found. */
  readonly onRead: () => void;
}

/** When the reads of a window fall, in milliseconds after the request: most commits come within a second of it. */
const READS_AT_MS: readonly number[] = [
  ...Array.from({ length: 11 }, (_, second) => second * 1_000),
  20_000,
  40_000,
];
/** Reads that fall due within this are made together. */
const TOGETHER_MS = 200;
/** Ids that are looked after at once. Of more than these a whole read tells as cheaply. */
const IDS_MAX = 20_000;
/** A flood of ids has all schedules read no more often than this. */
const FLOOD_READS_EVERY_MS = 5_000;
/** A schedule cannot have a longer id. */
const ID_LENGTH_MAX = 200;
/** Without a window nothing is due; whoever asks wakes the loop. */
const IDLE_MS = 60_000;

/** One id that is looked after. Times are monotonic. */
interface Window {
  readonly startedMs: number;
  /** How many of its reads began. */
  reads: number;
  /** When the last read that has ended began. */
  readFromMs: number;
}

/** The reads that are under way. */
interface Batch {
  readonly ids: ReadonlySet<string>;
  readonly beganMs: number;
}

function nextReadMs({ startedMs, reads }: Window): number {
  return startedMs + (READS_AT_MS[reads] ?? Infinity);
}

/** The service; one per daemon. */
export class Rereads implements Service {
  readonly name = "re-reads";
  readonly #options: RereadsOptions;
  readonly #wakeup: Wakeup;
  readonly #outage: Outage;
  readonly #windows = new Map<string, Window>();
  /** To be read once more, now. */
  #once = new Set<string>();
  #batch: Batch | null = null;
  #waiting: Array<() => void> = [];
  #floodedMs = -Infinity;

  constructor(options: RereadsOptions) {
    this.#options = options;
    this.#wakeup = new Wakeup(options.clock);
    this.#outage = new Outage("re-reads", options);
  }

  /** How many ids are looked after. */
  get size(): number {
    return this.#windows.size;
  }

  /**
   * Opens a window for these ids, or opens it anew. Resolves when what a first read of them found is on the agenda, or when
   * it turned out that they cannot be read now.
   */
  request(ids: Iterable<string>): Promise<void> {
    // A file tells of its changes by itself.
    if (!this.#options.reconciler.givesRows) return this.#options.readAll();
    const startedMs = this.#options.clock.monotonicMs();
    for (const id of ids) {
      if (!this.#mayTake(id, this.#windows)) continue;
      this.#windows.set(id, { startedMs, reads: 0, readFromMs: -Infinity });
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.#wakeup.wake();
    return promise;
  }

  /** Has these ids read once: their change is committed. */
  readOnce(ids: Iterable<string>): void {
    if (!this.#options.reconciler.givesRows) {
      void this.#options.readAll();
      return;
    }
    for (const id of ids) if (this.#mayTake(id, this.#once)) this.#once.add(id);
    this.#wakeup.wake();
  }

  /**
   * Whether a change of this schedule may be on its way, and no read of it that began at `sinceMs` (monotonic) or later has
   * ended. Has such a read made.
   */
  isInDoubt(id: string, sinceMs: number): boolean {
    const window = this.#windows.get(id);
    if (window === undefined || window.readFromMs >= sinceMs) return false;
    const batch = this.#batch;
    const isUnderWay = batch !== null && batch.beganMs >= sinceMs && batch.ids.has(id);
    if (!isUnderWay) this.readOnce([id]);
    return true;
  }

  /** @inheritdoc */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waiting = this.#waiting.splice(0);
      const ids = this.#takeDue();
      if (ids.size > 0) await this.#read(ids, signal);
      for (const resolve of waiting) resolve();
      await this.#wakeup.sleep(this.#restMs(), signal);
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #mayTake(id: string, into: { readonly size: number; has(id: string): boolean }): boolean {
    if (id === "" || id.length > ID_LENGTH_MAX) return false;
    if (into.size < IDS_MAX || into.has(id)) return true;
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs >= this.#floodedMs + FLOOD_READS_EVERY_MS) {
      this.#floodedMs = nowMs;
      this.#options.log.warn("too many schedules to look after one by one: reading all");
      void this.#options.readAll();
    }
    return false;
  }

  /** What is to be read now, each id once. */
  #takeDue(): Set<string> {
    const ids = this.#once;
    this.#once = new Set();
    const soonMs = this.#options.clock.monotonicMs() + TOGETHER_MS;
    for (const [id, window] of this.#windows) {
      if (nextReadMs(window) > soonMs) continue;
      ids.add(id);
      // A read that came late stands for those that were due meanwhile.
      while (nextReadMs(window) <= soonMs) window.reads += 1;
    }
    return ids;
  }

  async #read(ids: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { reconciler, redis, clock, onRead, readAll } = this.#options;
    const beganMs = clock.monotonicMs();
    this.#batch = { ids, beganMs };
    try {
      const isDone = await reconciler.some(ids, signal);
      this.#outage.recovered();
      if (!isDone) void readAll();
    } catch (error) {
      if (isAbort(error, signal)) return;
      redis.distrust(error);
      if (redis.isReady) this.#outage.failed(error);
      void readAll();
    }
    this.#batch = null;
    this.#noteRead(ids, beganMs);
    onRead();
  }

  #noteRead(ids: ReadonlySet<string>, beganMs: number): void {
    for (const id of ids) {
      const window = this.#windows.get(id);
      // One that was opened anew meanwhile has its first read before it.
      if (window === undefined || window.reads === 0) continue;
      window.readFromMs = beganMs;
      if (window.reads >= READS_AT_MS.length) this.#windows.delete(id);
    }
  }

  #restMs(): number {
    let untilMs = this.#options.clock.monotonicMs() + IDLE_MS;
    for (const window of this.#windows.values()) untilMs = Math.min(untilMs, nextReadMs(window));
    return Math.max(untilMs - this.#options.clock.monotonicMs(), 0);
  }
}
