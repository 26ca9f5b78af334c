/** Reads the sources into the book and makes the agenda agree: all schedules, or some of them. */
import type { Agenda } from "../agenda/agenda.ts";
import { parsePlan, parseSettled } from "../agenda/plan-record.ts";
import { reconcileAgenda, reconcileSome } from "../agenda/reconcile.ts";
import type { ReconcileOptions } from "../agenda/reconcile.ts";
import type { Dropped, ReconcileReport } from "../agenda/write-changes.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { RedisConnection } from "../redis/connect.ts";
import type { DefineTools, ScheduleSet } from "../schedule/schedule.ts";
import type { Source } from "../schedule/source.ts";
import type { Book } from "./book.ts";
import { gatherSchedules, gatherSome } from "./gather.ts";
import { ProblemTeller } from "./problem-teller.ts";
import { SourceReader } from "./source-reader.ts";
import type { SomeRead } from "./source-reader.ts";

/** What the reconciler needs. */
export interface ReconcilerOptions {
  readonly agenda: Agenda;
  readonly redis: RedisConnection;
  readonly book: Book;
  readonly sources: readonly Source[];
  readonly tools: DefineTools;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether this daemon does the work; otherwise it only keeps itself informed. */
  readonly mayWrite: () => boolean;
  /** Told of each occurrence that was entered as dropped. */
  readonly onDropped?: ((dropped: Dropped) => void) | undefined;
  /** Told after each pass that wrote the agenda or changed the book. */
  readonly onReconciled: () => Promise<void>;
}

/** What was read this recently need not be read again to be written. */
const REUSE_MS = 5_000;

/** What the last whole pass did, for `btu status`. */
export interface ReconcileState {
  /** When the last whole pass ended, epoch ms; null before the first. */
  readonly doneMs: number | null;
  readonly tookMs: number;
}

/** The reconciler; one per daemon. */
export class Reconciler {
  /** One for each source. */
  readonly readers: readonly SourceReader[];
  readonly #options: ReconcilerOptions;
  readonly #problems: ProblemTeller;
  #hasGuards = false;
  /** What an earlier daemon left on the agenda only a whole pass takes over: nothing is written before the first. */
  #hasWritten = false;
  #state: ReconcileState = { doneMs: null, tookMs: 0 };
  #isReading = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { clock, log, tools } = options;
    this.#problems = new ProblemTeller(log);
    this.readers = options.sources.map(
      (source) => new SourceReader({ source, tools, clock, log: log.for("source") }),
    );
  }

  /** Whether there is any source that is asked for single rows. */
  get givesRows(): boolean {
    return this.#options.sources.some(({ readSome }) => readSome !== null);
  }

  /** When and how long the last whole pass was. */
  get state(): ReconcileState {
    return this.#state;
  }

  /** Whether a whole pass reads its sources: should Redis come meanwhile, that pass itself will use it. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /**
   * Reads what can be read and writes what differs; `mayReuse` takes what was just read. One at a time.
   *
   * @returns false when a part is to be tried again soon.
   * @throws when Redis refuses.
   */
  async whole(signal: AbortSignal, mayReuse: boolean): Promise<boolean> {
    const { clock, redis, mayWrite, onReconciled } = this.#options;
    const startedMs = clock.monotonicMs();
    // What was read while another daemon led is not ours to write.
    const ledBefore = mayWrite();
    const fresh = mayReuse ? this.#readJustNow(startedMs) : new Set<SourceReader>();
    if (fresh.size < this.readers.length) {
      for (const reader of await this.#readSources(signal)) fresh.add(reader);
      this.#fillBook();
    }
    if (!redis.isReady) {
      await onReconciled();
      return false;
    }
    const isWhole = await this.#inTurn(() =>
      ledBefore && mayWrite() ? this.#write(fresh, startedMs) : this.#keepInformed(),
    );
    await onReconciled();
    return isWhole && this.readers.every(({ mayWait }) => mayWait);
  }

  /**
   * Reads these ids with one look at each source that can be reached and gives single rows, and writes what differs. While
   * such a read is under way another one, or a whole one, may be: the later knowledge wins.
   *
   * @returns false when a whole pass is needed: a source failed, or a schedule fired while we looked.
   * @throws when Redis refuses.
   */
  async some(ids: ReadonlySet<string>, signal: AbortSignal): Promise<boolean> {
    const { book, redis, mayWrite, onReconciled } = this.#options;
    const able = this.readers.filter((reader) => reader.canReadSome);
    const looks = new Map<SourceReader, SomeRead>();
    const look = async (reader: SourceReader): Promise<void> => {
      const read = await reader.readSome(ids, signal);
      if (read !== null) looks.set(reader, read);
    };
    await Promise.all(able.map(look));
    const known = new Set([...looks.values()].flatMap((read) => [...read.known]));
    const schedules = gatherSome(known, this.readers);
    const hasNews = book.update(schedules);
    this.#problems.tellSome(schedules);
    const isRead = looks.size === able.length;
    if (known.size === 0) return isRead;
    if (!redis.isReady || !mayWrite() || !this.#hasWritten) {
      if (hasNews) await onReconciled();
      return isRead;
    }
    const { planned, dropped, firedMeanwhile } = await this.#inTurn(() =>
      this.#writeSome(known, looks),
    );
    if (hasNews || planned + dropped > 0) await onReconciled();
    return isRead && firedMeanwhile.length === 0;
  }

  /** One after the other: what is written to the agenda is compared with it before. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  #readJustNow(nowMs: number): Set<SourceReader> {
    return new Set(this.readers.filter(({ readAtMs }) => nowMs - readAtMs < REUSE_MS));
  }

  async #write(fresh: ReadonlySet<SourceReader>, startedMs: number): Promise<boolean> {
    const { agenda, book, clock, log } = this.#options;
    if (!this.#hasGuards && !(await this.#learnGuards())) return false;
    const options = this.#agendaOptions(book.schedules, (id) => this.#isDeleted(id, fresh));
    const { planned, dropped, firedMeanwhile } = await reconcileAgenda(options);
    this.#hasWritten = true;
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

  async #writeSome(
    ids: ReadonlySet<string>,
    looks: ReadonlyMap<SourceReader, SomeRead>,
  ): Promise<ReconcileReport> {
    const { book, log } = this.#options;
    const options = this.#agendaOptions(book.schedules, (id) => this.#isGone(id, looks));
    const report = await reconcileSome(ids, options);
    const { planned, dropped } = report;
    if (planned + dropped > 0) log.info("agenda follows a change", { planned, dropped });
    return report;
  }

  #agendaOptions(schedules: ScheduleSet, isDeleted: (id: string) => boolean): ReconcileOptions {
    const { agenda, clock, tools, book, onDropped } = this.#options;
    return {
      tools,
      onDropped,
      agenda,
      clock,
      schedules,
      isDeleted,
      onPlanned: (id, dueSeconds) => book.setDue(id, dueSeconds),
    };
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
      for (const reader of this.readers) if (await reader.read(signal)) fresh.add(reader);
    } finally {
      this.#isReading = false;
    }
    return fresh;
  }

  /** A schedule is gone when every source was read, or the one that had it was. */
  #isDeleted(id: string, fresh: ReadonlySet<SourceReader>): boolean {
    return fresh.size === this.readers.length || [...fresh].some((reader) => reader.hadBefore(id));
  }

  /** The same after a look at some ids. */
  #isGone(id: string, looks: ReadonlyMap<SourceReader, SomeRead>): boolean {
    const isLacking = (reader: SourceReader): boolean =>
      looks.get(reader)?.absent.has(id) ?? reader.lacks(id);
    return this.readers.every(isLacking) || [...looks.values()].some(({ gone }) => gone.has(id));
  }

  #fillBook(): void {
    const { book } = this.#options;
    const { schedules, rejected } = gatherSchedules(this.readers);
    book.replace(schedules, rejected);
    this.#problems.tellAll([...schedules.values(), ...rejected]);
  }
}
