/** Wakes at the due second, fires what is due, and has the next jobs built ahead. */
import type { AgendaEntry } from "../agenda/agenda.ts";
import { isActive } from "../agenda/plan.ts";
import { isAbort } from "../base/abort.ts";
import { Outage } from "../base/backoff.ts";
import { sleep, Wakeup } from "../base/clock.ts";
import type { Service } from "../base/service.ts";
import { RedisRefusal } from "../redis/script.ts";
import { formatOccurrence, parseOccurrence } from "../schedule/occurrence.ts";
import { Aside, ASIDE_MS } from "./aside.ts";
import type { Attempt } from "./attempt.ts";
import { attemptAt } from "./attempt-at.ts";
import { BatchSize } from "./batch-size.ts";
import { BuildQueue } from "./build-queue.ts";
import { Firer } from "./fire.ts";
import type { FireLoopOptions } from "./fire-loop-options.ts";
import type { FiringReport } from "./firing-report.ts";
import { HandOverDesk } from "./hand-over.ts";
import { pipelined } from "./pipelined.ts";
import { readAhead } from "./read-ahead.ts";
import { isHeld } from "./hold.ts";

/** Timers follow the monotonic clock: this often the wall is looked at, so that a clock set forward fires within a second. */
const LOOK_EVERY_MS = 1_000;
/** The agenda is read again at least this often, in case somebody else changed it. */
const READ_EVERY_MS = 30_000;
/** Occurrences that are due within this time are attempted: built ahead, as early as their builder likes. */
const AHEAD_MAX_MS = 15_000;
/** Pause after Redis refused or broke off. */
const TROUBLE_PAUSE_MS = 500;

/** The loop; one per daemon. */
export class FireLoop implements Service {
  readonly name = "fire loop";
  readonly #options: FireLoopOptions;
  readonly #wakeup: Wakeup;
  readonly #desk: HandOverDesk;
  readonly #builds: BuildQueue;
  readonly #firer: Firer;
  readonly #outage: Outage;
  readonly #batchSize = new BatchSize();
  readonly #attempts = new Map<string, Attempt>();
  readonly #aside: Aside;
  #readAtMs = -Infinity;
  #isStale = true;
  /** Score of the first entry that is too far ahead to be attempted. */
  #horizonMs = Infinity;
  #rounds = 0;

  constructor(options: FireLoopOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#wakeup = new Wakeup(clock);
    this.#aside = new Aside(clock);
    this.#desk = new HandOverDesk({
      ...options,
      onLost: (attempt, verdict) => this.#lose(attempt, verdict),
    });
    this.#builds = new BuildQueue({
      clock,
      desk: this.#desk,
      onBuilt: () => this.#wakeup.wake(),
      isWanted: (attempt) => this.#attempts.get(attempt.member) === attempt,
    });
    this.#firer = new Firer({ ...options, onDone: (report) => this.#done(report) });
    this.#outage = new Outage("firing", { clock, log });
  }

  /** How often it went round, also with nothing to do: a sign of life. */
  get rounds(): number {
    return this.#rounds;
  }

  /** Why nothing can be fired, or null. */
  get problem(): string | null {
    return this.#options.siteHold.reason ?? this.#outage.reason;
  }

  /** What is in the way of a schedule's occurrence at hand, such as a builder that failed; null when nothing is. */
  troubleOf(scheduleId: string): string | null {
    const attempts = [...this.#attempts.values()];
    return attempts.find(({ schedule }) => schedule.id === scheduleId)?.trouble || null;
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
    const { redis, mayFire, siteHold } = this.#options;
    redis.onReady(() => this.refresh());
    while (!signal.aborted) {
      this.#rounds += 1;
      try {
        if (!redis.isReady) {
          // Its return wakes us.
          await this.#wakeup.sleep(LOOK_EVERY_MS, signal);
          continue;
        }
        if (mayFire() && siteHold.reason === null) await this.#round(signal);
        else this.#standBy();
        await this.#wakeup.sleep(this.#restMs(), signal);
      } catch (error) {
        if (isAbort(error, signal)) break;
        await this.#afterTrouble(error, signal);
      }
    }
    await this.#finish();
  }

  /** What the site has been asked for by now is entered before the end: whoever comes next would have to look it up. */
  async #finish(): Promise<void> {
    await this.#desk.finish();
    const handled = [...this.#attempts.values()].filter(({ isHandled }) => isHandled);
    if (handled.length === 0) return;
    await this.#fireBatch(handled).catch((error: unknown) => this.#outage.failed(error));
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
    await this.#fireDue(signal);
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
    const ahead = await readAhead(agenda, clock.nowMs() + AHEAD_MAX_MS);
    this.#horizonMs = ahead.horizonMs;
    for (const entry of ahead.entries) this.#attend(entry);
    const found = new Set(ahead.entries.map(({ member }) => member));
    for (const [member, { isCommitted }] of this.#attempts) {
      if (!found.has(member) && !isCommitted) this.#attempts.delete(member);
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
    const { book } = this.#options;
    const occurrence = parseOccurrence(member);
    const schedule = occurrence === null ? undefined : book.get(occurrence.scheduleId)?.schedule;
    const known = this.#attempts.get(member);
    if (known?.isCommitted === true) return;
    if (occurrence === null || schedule === undefined || !isActive(schedule)) {
      this.#attempts.delete(member);
      return;
    }
    if (known?.schedule === schedule) return;
    if (this.#aside.has(member, schedule)) return this.#lookAgain();
    const entry = { occurrence, schedule, scoreMs: scoreSeconds * 1000 };
    this.#attempts.set(member, attemptAt(entry, this.#options));
  }

  /** Something on the agenda could not be taken in hand yet. */
  #lookAgain(): void {
    this.#horizonMs = Math.min(
      this.#horizonMs,
      this.#options.clock.nowMs() + AHEAD_MAX_MS + ASIDE_MS,
    );
  }

  /** What needs a look into the site's logs comes last: nothing is to wait for a slow database. */
  async #fireDue(signal: AbortSignal): Promise<void> {
    const { runningCheck } = this.#options;
    const { free, asking } = runningCheck.split(this.#due());
    const size = (): number => this.#batchSize.current;
    await pipelined(free, size, (batch) => this.#fireBatch(batch));
    await runningCheck.look(asking, signal);
    await pipelined(asking, size, (batch) => this.#fireBatch(batch));
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
  }

  /** Not ours as we know it. */
  #putAside(attempt: Attempt): void {
    this.#attempts.delete(attempt.member);
    this.#aside.put(attempt);
    this.#isStale = true;
  }

  /** What was to be handed over is not ours as we know it. */
  #lose(attempt: Attempt, verdict: "moved" | "changed"): void {
    if (verdict === "changed") this.#options.onChanged(attempt.schedule.id);
    this.#putAside(attempt);
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
  #isOutdated({ schedule, isSent, isCommitted }: Attempt): boolean {
    return !isSent && !isCommitted && this.#options.book.get(schedule.id)?.schedule !== schedule;
  }
}
