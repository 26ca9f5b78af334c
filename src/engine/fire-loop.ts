/** Wakes at the due second, fires what is due, and has the next jobs built ahead. */
import type { Agenda, AgendaEntry } from "../agenda/agenda.ts";
import { isActive } from "../agenda/plan.ts";
import { isAbort } from "../base/abort.ts";
import { Outage } from "../base/backoff.ts";
import { sleep, Wakeup } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { Builder } from "../job/builder.ts";
import type { RedisConnection } from "../redis/connect.ts";
import { RedisRefusal } from "../redis/script.ts";
import { formatOccurrence, parseOccurrence } from "../schedule/occurrence.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { Attempt } from "./attempt.ts";
import { BatchSize } from "./batch-size.ts";
import type { Book } from "./book.ts";
import { BuildQueue } from "./build-queue.ts";
import { Firer } from "./fire.ts";
import { decideFiring } from "./firing.ts";
import type { FiringReport } from "./firing-report.ts";
import { isHeld } from "./hold.ts";
import type { HoldOptions } from "./hold.ts";

/** What the loop needs. */
export interface FireLoopOptions extends HoldOptions {
  readonly agenda: Agenda;
  readonly redis: RedisConnection;
  readonly book: Book;
  readonly log: Log;
  readonly builderFor: (schedule: Schedule) => Builder;
  /** Whether this daemon does the work, and not another one. */
  readonly mayFire: () => boolean;
  readonly onDone: (report: FiringReport) => void;
  readonly onChanged: (scheduleId: string) => void;
  /** Told when Redis went back in time: nothing can be fired until that is repaired. */
  readonly onOldState: () => void;
}

/** Timers follow the monotonic clock: this often the wall is looked at, so that a clock set forward fires within a second. */
const LOOK_EVERY_MS = 1_000;
/** The agenda is read again at least this often, in case somebody else changed it. */
const READ_EVERY_MS = 30_000;
/** Entries read in one command. */
const PAGE_SIZE = 1_000;
/** Occurrences that are due within this time are attempted: built ahead, as early as their builder likes. */
const AHEAD_MAX_MS = 15_000;
/** Pause after Redis refused or broke off. */
const TROUBLE_PAUSE_MS = 500;
/** A refused occurrence is not asked for again before this, unless its schedule was read anew. */
const ASIDE_MS = 1_000;

/** The loop; one per daemon. */
export class FireLoop implements Service {
  readonly name = "fire loop";
  readonly #options: FireLoopOptions;
  readonly #wakeup: Wakeup;
  readonly #builds: BuildQueue;
  readonly #firer: Firer;
  readonly #outage: Outage;
  readonly #batchSize = new BatchSize();
  readonly #attempts = new Map<string, Attempt>();
  /** Members that were refused, with the definition they were refused for. */
  readonly #aside = new Map<string, { readonly schedule: Schedule; readonly untilMs: number }>();
  #readAtMs = -Infinity;
  #isStale = true;
  /** Score of the first entry that is too far ahead to be attempted. */
  #horizonMs = Infinity;

  constructor(options: FireLoopOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#wakeup = new Wakeup(clock);
    this.#builds = new BuildQueue({ clock, onBuilt: () => this.#wakeup.wake() });
    this.#firer = new Firer({ ...options, onDone: (report) => this.#done(report) });
    this.#outage = new Outage("firing", { clock, log });
  }

  /** Why nothing can be fired, or null. */
  get problem(): string | null {
    return this.#outage.reason;
  }

  /** To be called when the agenda, a definition or the clock changed: everything is looked at anew. */
  refresh(): void {
    this.#isStale = true;
    this.#wakeup.wake();
  }

  /** To be called when what was held back may be ready. */
  look(): void {
    this.#wakeup.wake();
  }

  /** @inheritdoc */
  async run(signal: AbortSignal): Promise<void> {
    this.#options.redis.onReady(() => this.refresh());
    while (!signal.aborted) {
      try {
        await this.#options.redis.ready(signal);
        if (this.#options.mayFire()) await this.#round(signal);
        else this.#standBy();
        await this.#wakeup.sleep(this.#restMs(), signal);
      } catch (error) {
        if (isAbort(error, signal)) return;
        await this.#afterTrouble(error, signal);
      }
    }
  }

  async #afterTrouble(trouble: unknown, signal: AbortSignal): Promise<void> {
    const { redis } = this.#options;
    redis.distrust(trouble);
    // A broken connection is told by the connection itself.
    if (this.#options.redis.isReady) this.#outage.failed(trouble);
    if (trouble instanceof RedisRefusal && trouble.code === "OLDSTATE") this.#options.onOldState();
    this.#isStale = true;
    await sleep(this.#options.clock, TROUBLE_PAUSE_MS, signal).catch(() => undefined);
  }

  /** What was taken in hand may be another's by now. */
  #standBy(): void {
    this.#attempts.clear();
    this.#horizonMs = Infinity;
    this.#isStale = true;
  }

  async #round(signal: AbortSignal): Promise<void> {
    await this.#fireDue();
    if (this.#mustRead()) await this.#read();
    for (const attempt of this.#attempts.values()) {
      const isTime = Math.max(attempt.buildAtMs, attempt.retryAtMs) <= this.#options.clock.nowMs();
      if (!attempt.wantsJob || !isTime) continue;
      // A job that is only made when it is due may be enqueued by being made.
      if (!isHeld(attempt, this.#options)) this.#builds.add(attempt, signal);
    }
    this.#outage.recovered();
  }

  /** How long nothing is to be done, in milliseconds. */
  #restMs(): number {
    const nowMs = this.#options.clock.nowMs();
    let untilMs = nowMs + LOOK_EVERY_MS;
    untilMs = Math.min(untilMs, this.#horizonMs - AHEAD_MAX_MS);
    for (const attempt of this.#attempts.values()) {
      if (!attempt.isBuilding) untilMs = Math.min(untilMs, attempt.actAtMs);
    }
    return Math.max(untilMs - nowMs, 0);
  }

  #mustRead(): boolean {
    const { clock } = this.#options;
    if (this.#isStale || clock.monotonicMs() >= this.#readAtMs + READ_EVERY_MS) return true;
    return clock.nowMs() >= this.#horizonMs - AHEAD_MAX_MS;
  }

  async #read(): Promise<void> {
    const { agenda, clock } = this.#options;
    this.#isStale = false;
    this.#readAtMs = clock.monotonicMs();
    const untilMs = clock.nowMs() + AHEAD_MAX_MS;
    const found = new Set<string>();
    this.#horizonMs = Infinity;
    for (let offset = 0; this.#horizonMs === Infinity; offset += PAGE_SIZE) {
      const page = await agenda.entries(offset, PAGE_SIZE);
      for (const entry of page) {
        const scoreMs = entry.scoreSeconds * 1000;
        if (scoreMs > untilMs) {
          this.#horizonMs = scoreMs;
          break;
        }
        found.add(entry.member);
        this.#attend(entry);
      }
      if (page.length < PAGE_SIZE) break;
    }
    for (const member of this.#attempts.keys()) {
      if (!found.has(member)) this.#attempts.delete(member);
    }
  }

  /** Takes the occurrence that follows in hand, without reading the agenda again. */
  #done(report: FiringReport): void {
    const { next, scheduleId } = report.request;
    this.#options.onDone(report);
    if (report.verdict === "already") this.#isStale = true;
    if (next === null) return;
    const member = formatOccurrence({ scheduleId, dueSeconds: next.plan.dueSeconds });
    const scoreMs = next.scoreSeconds * 1000;
    if (scoreMs > this.#options.clock.nowMs() + AHEAD_MAX_MS) {
      this.#horizonMs = Math.min(this.#horizonMs, scoreMs);
    } else {
      this.#attend({ member, scoreSeconds: next.scoreSeconds });
    }
  }

  /** Makes an attempt of an agenda entry, or keeps the one there is while the schedule is the same. */
  #attend({ member, scoreSeconds }: AgendaEntry): void {
    const { book, clock, builderFor } = this.#options;
    const occurrence = parseOccurrence(member);
    const schedule = occurrence === null ? undefined : book.get(occurrence.scheduleId)?.schedule;
    if (occurrence === null || schedule === undefined || !isActive(schedule)) {
      this.#attempts.delete(member);
      return;
    }
    if (this.#attempts.get(member)?.schedule === schedule) return;
    if (this.#isAside(member, schedule)) return this.#lookAgain();
    const { dueSeconds } = occurrence;
    // Its age counts from its score: jitter is no lateness.
    const ageSeconds = Math.max(Math.floor(clock.nowMs() / 1000 - scoreSeconds), 0);
    const firing = decideFiring(schedule, dueSeconds, dueSeconds + ageSeconds);
    const options = { member, schedule, firing, builder: builderFor(schedule) };
    this.#attempts.set(member, new Attempt({ ...options, scoreMs: scoreSeconds * 1000 }));
  }

  /** Something on the agenda could not be taken in hand yet. */
  #lookAgain(): void {
    this.#horizonMs = Math.min(
      this.#horizonMs,
      this.#options.clock.nowMs() + AHEAD_MAX_MS + ASIDE_MS,
    );
  }

  /** One batch is made ready while Redis works on the one before. */
  async #fireDue(): Promise<void> {
    const due = this.#due();
    let before = Promise.resolve();
    for (let start = 0; start < due.length;) {
      const batch = due.slice(start, start + this.#batchSize.current);
      start += batch.length;
      const current = this.#fireBatch(batch);
      try {
        await before;
      } catch (error) {
        await Promise.allSettled([current]);
        throw error;
      }
      before = current;
    }
    await before;
  }

  async #fireBatch(batch: readonly Attempt[]): Promise<void> {
    const { clock } = this.#options;
    for (const attempt of batch) attempt.isSent = true;
    const sentMs = clock.monotonicMs();
    const left = await this.#firer.fire(batch);
    this.#batchSize.adapt(batch.length, sentMs, clock.monotonicMs());
    for (const { member } of left.done) this.#attempts.delete(member);
    for (const attempt of left.lost) this.#putAside(attempt);
    for (const attempt of left.staying) attempt.isSent = false;
    if (left.lost.length > 0) this.#isStale = true;
  }

  /** Not ours as we know it: asking again at once would only be refused again, until we know better. */
  #putAside({ member, schedule }: Attempt): void {
    this.#attempts.delete(member);
    this.#aside.set(member, { schedule, untilMs: this.#options.clock.monotonicMs() + ASIDE_MS });
  }

  #isAside(member: string, schedule: Schedule): boolean {
    const aside = this.#aside.get(member);
    if (aside === undefined) return false;
    const isStill =
      aside.schedule === schedule && this.#options.clock.monotonicMs() < aside.untilMs;
    if (!isStill) this.#aside.delete(member);
    return isStill;
  }

  /** What can be asked of the script now, in the order it was due. */
  #due(): Attempt[] {
    const nowMs = this.#options.clock.nowMs();
    const due: Attempt[] = [];
    for (const attempt of this.#attempts.values()) {
      if (attempt.isOverdue(nowMs) || this.#isOutdated(attempt)) {
        // Redis was away for long: what was on time has been missed since, and the policy decides. Or the schedule changed.
        this.#attempts.delete(attempt.member);
        this.#isStale = true;
        continue;
      }
      attempt.giveUpWhenOver(nowMs);
      if (attempt.isDue(nowMs) && !isHeld(attempt, this.#options)) due.push(attempt);
    }
    return due.toSorted((a, b) => a.scoreMs - b.scoreMs);
  }

  /** Whether it was made from a definition that is not the newest read. */
  #isOutdated({ schedule, isSent }: Attempt): boolean {
    return !isSent && this.#options.book.get(schedule.id)?.schedule !== schedule;
  }
}
