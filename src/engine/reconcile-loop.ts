/** Reads the sources at start, every N seconds and when asked to, and makes the agenda agree. */
import type { Agenda } from "../agenda/agenda.ts";
import { parsePlan, parseSettled } from "../agenda/plan-record.ts";
import { reconcileAgenda } from "../agenda/reconcile.ts";
import { isAbort } from "../base/abort.ts";
import { Outage } from "../base/backoff.ts";
import { Wakeup } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { RedisConnection } from "../redis/connect.ts";
import type { DefineTools } from "../schedule/schedule.ts";
import type { Source } from "../schedule/source.ts";
import type { Book } from "./book.ts";
import { gatherSchedules } from "./gather.ts";
import { SourceReader } from "./source-reader.ts";

/** What the loop needs. */
export interface ReconcileLoopOptions {
  readonly agenda: Agenda;
  readonly redis: RedisConnection;
  readonly book: Book;
  readonly sources: readonly Source[];
  readonly tools: DefineTools;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether this daemon does the work; otherwise it only keeps itself informed. */
  readonly mayWrite: () => boolean;
  /** Time between full reads, in milliseconds. */
  readonly refreshMs: number;
  /** Told after each pass that wrote the agenda or changed the book. */
  readonly onReconciled: () => Promise<void>;
}

/** A source or Redis that failed is tried again after this: the daemon is to be back within 2 s of it. */
const RETRY_MS = 1_000;

/** What was read this recently need not be read again to be written. */
const REUSE_MS = 5_000;

/** What the last pass did, for `btu status`. */
export interface ReconcileState {
  /** When the last whole pass ended, epoch ms; null before the first. */
  readonly doneMs: number | null;
  readonly tookMs: number;
}

/** The loop; one per daemon. */
export class ReconcileLoop implements Service {
  readonly name = "reconcile loop";
  readonly #options: ReconcileLoopOptions;
  readonly #wakeup: Wakeup;
  readonly #readers: readonly SourceReader[];
  readonly #outage: Outage;
  readonly #told = new Map<string, string>();
  #hasGuards = false;
  #mayReuse = false;
  #waiting: Array<() => void> = [];
  #state: ReconcileState = { doneMs: null, tookMs: 0 };
  /** A pass reads its sources: should Redis come meanwhile, that pass itself will use it. */
  #isReading = false;

  constructor(options: ReconcileLoopOptions) {
    this.#options = options;
    const { clock, log, tools } = options;
    this.#wakeup = new Wakeup(clock);
    this.#outage = new Outage("reconcile", { clock, log });
    this.#readers = options.sources.map(
      (source) => new SourceReader({ source, tools, clock, log: log.for("source") }),
    );
  }

  /** When and how long the last pass was. */
  get state(): ReconcileState {
    return this.#state;
  }

  /** Name and problem (null while it can be read) of each source. */
  get sources(): ReadonlyArray<{ readonly name: string; readonly problem: string | null }> {
    return this.#readers.map(({ name, problem }) => ({ name, problem }));
  }

  /** Asks for a pass now; resolves when one that began after this call has ended. */
  request(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.#wakeup.wake();
    return promise;
  }

  /** This daemon begins to lead: what was just read is written without reading it again. */
  lead(): void {
    this.#mayReuse = true;
    this.#wakeup.wake();
  }

  /** @inheritdoc */
  async run(signal: AbortSignal): Promise<void> {
    const { redis, refreshMs, sources } = this.#options;
    redis.onReady(() => {
      if (!this.#isReading) this.#wakeup.wake();
    });
    const watches = sources.map((source) => source.watch(() => this.#wakeup.wake(), signal));
    while (!signal.aborted) {
      const waiting = this.#waiting.splice(0);
      let isWhole = false;
      try {
        isWhole = await this.#pass(signal);
        this.#outage.recovered();
      } catch (error) {
        if (isAbort(error, signal)) break;
        redis.distrust(error);
        if (redis.isReady) this.#outage.failed(error);
      }
      for (const resolve of waiting) resolve();
      await this.#wakeup.sleep(isWhole ? refreshMs : RETRY_MS, signal);
    }
    await Promise.all(watches);
  }

  /** Reads what can be read and writes what differs; false when a part is to be tried again soon. */
  async #pass(signal: AbortSignal): Promise<boolean> {
    const { clock, redis, mayWrite, onReconciled } = this.#options;
    const startedMs = clock.monotonicMs();
    const fresh = this.#mayReuse ? this.#readJustNow(startedMs) : new Set<SourceReader>();
    this.#mayReuse = false;
    if (fresh.size < this.#readers.length) {
      for (const reader of await this.#readSources(signal)) fresh.add(reader);
      this.#fillBook();
    }
    if (!redis.isReady) {
      await onReconciled();
      return false;
    }
    const isWhole = mayWrite() ? await this.#write(fresh, startedMs) : await this.#keepInformed();
    await onReconciled();
    return isWhole && this.#readers.every(({ mayWait }) => mayWait);
  }

  #readJustNow(nowMs: number): Set<SourceReader> {
    return new Set(this.#readers.filter(({ readAtMs }) => nowMs - readAtMs < REUSE_MS));
  }

  async #write(fresh: ReadonlySet<SourceReader>, startedMs: number): Promise<boolean> {
    const { agenda, book, clock, log } = this.#options;
    if (!this.#hasGuards && !(await this.#learnGuards())) return false;
    const { planned, dropped, firedMeanwhile } = await reconcileAgenda({
      agenda,
      clock,
      schedules: new Map([...book.entries()].map(({ schedule }) => [schedule.id, schedule])),
      isDeleted: (id) => this.#isDeleted(id, fresh),
      onPlanned: (id, dueSeconds) => book.setDue(id, dueSeconds),
    });
    const pauses = await agenda.paused();
    if (await agenda.isOlder()) return false;
    book.setPauses(pauses);
    const tookMs = Math.round(clock.monotonicMs() - startedMs);
    this.#state = { doneMs: clock.nowMs(), tookMs };
    const fields = { schedules: book.size, planned, dropped, took_ms: tookMs };
    if (planned + dropped > 0) log.info("agenda reconciled", fields);
    else log.debug("agenda is in step", fields);
    return firedMeanwhile.length === 0;
  }

  /** Learns from another daemon's work; false while Redis is older than what is remembered. */
  async #keepInformed(): Promise<boolean> {
    const { agenda, book } = this.#options;
    const plans: Array<[id: string, record: string]> = [];
    for await (const page of agenda.plans()) plans.push(...page);
    if (!(await this.#learnGuards())) return false;
    for (const [id, text] of plans) {
      const plan = parsePlan(text);
      const timing = book.get(id)?.schedule.timingFingerprint;
      if (plan?.timingFingerprint === timing) book.setDue(id, plan?.dueSeconds ?? null);
    }
    return true;
  }

  /** Learns what is settled and paused. A Redis that went back in time must not take the memory with it that repairs it. */
  async #learnGuards(): Promise<boolean> {
    const { agenda, book } = this.#options;
    const settled: Array<[id: string, record: string]> = [];
    for await (const page of agenda.allSettled()) settled.push(...page);
    const pauses = await agenda.paused();
    if (await agenda.isOlder()) return false;
    for (const [id, text] of settled) {
      const record = parseSettled(text);
      if (record !== null) book.setSettled(id, record);
    }
    book.setPauses(pauses);
    this.#hasGuards = true;
    return true;
  }

  /** Gives those that could be read. */
  async #readSources(signal: AbortSignal): Promise<Set<SourceReader>> {
    const fresh = new Set<SourceReader>();
    this.#isReading = true;
    try {
      for (const reader of this.#readers) if (await reader.read(signal)) fresh.add(reader);
    } finally {
      this.#isReading = false;
    }
    return fresh;
  }

  /** A schedule is gone when every source was read, or the one that had it was. */
  #isDeleted(id: string, fresh: ReadonlySet<SourceReader>): boolean {
    return fresh.size === this.#readers.length || [...fresh].some((reader) => reader.hadBefore(id));
  }

  #fillBook(): void {
    const { schedules, rejected } = gatherSchedules(this.#readers);
    this.#options.book.replace(schedules, rejected);
    this.#tellProblems();
  }

  /** Each problem is told once, and again only when it changes. */
  #tellProblems(): void {
    const { book, log } = this.#options;
    const current = new Map<string, string>();
    const all = [...book.entries()].map(({ schedule }) => schedule);
    for (const { id, problem, enabled } of [...all, ...book.rejected]) {
      if (problem === null || !enabled) continue;
      current.set(id, problem);
      if (this.#told.get(id) !== problem)
        log.warn("schedule is invalid", { schedule: id, problem });
    }
    this.#told.clear();
    for (const [id, problem] of current) this.#told.set(id, problem);
  }
}
