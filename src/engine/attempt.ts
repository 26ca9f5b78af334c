/** One planned occurrence on its way to the queue: built ahead, fired when due, tried again when something is in the way. */
import type { FireRequest, LastJob } from "../agenda/fire-request.ts";
import { planRecord, scoreOf, wallSeconds } from "../agenda/plan.ts";
import type { ActiveSchedule } from "../agenda/plan.ts";
import { Backoff } from "../base/backoff.ts";
import type { Builder, HandOver } from "../job/builder.ts";
import { ownJobFields } from "../job/rq-job.ts";
import type { RqJob } from "../job/rq-job.ts";
import { decideAgain, LATE_AFTER_MS, LATE_MAX_SECONDS } from "./firing.ts";
import type { Firing } from "./firing.ts";

/** What cannot be built is tried again after this, then in growing distances. */
const RETRY = { firstMs: 500, maxMs: 15_000 } as const;
/** While the web server is away it is looked after elsewhere, and trying costs nothing. */
const AWAY_RETRY_MS = 500;

/** Why no job is placed although it was to be. */
export interface Skipped {
  readonly outcome: "skipped_paused" | "skipped_overlap";
  readonly reason: string;
}

/** What `Attempt` is made from. */
export interface AttemptOptions {
  readonly member: string;
  readonly schedule: ActiveSchedule;
  readonly firing: Firing;
  readonly scoreMs: number;
  readonly builder: Builder;
}

/** An attempt to fire one occurrence. */
export class Attempt {
  readonly member: string;
  readonly schedule: ActiveSchedule;
  /** When it is due on the agenda, jitter included, epoch ms. */
  readonly scoreMs: number;
  readonly builder: Builder;
  #firing: Firing;
  /** Kept through every retry: the script knows a repeated call by its job id. */
  job: RqJob | null = null;
  isBuilding = false;
  /** The script was asked and its answer is not known: only the same request again tells what happened. */
  isSent = false;
  /** Of what the site itself enqueues: whether that is done with, or was found not to be needed. */
  isHandled = false;
  /** The site was asked and its answer is not known: what it did must be looked up. */
  isUnknown = false;
  /** The claim of what is handed over. */
  claim: { readonly key: string; readonly token: string } | null = null;
  /** Set when it is given up: it is settled as failed with this reason. */
  failure: string | null = null;
  /** Set when it is settled without a job, though nothing failed. */
  skipped: Skipped | null = null;
  /** Why the last try did not succeed. */
  trouble = "";
  retryAtMs = 0;
  /** While a read is awaited that may tell that it is not to run; epoch ms. */
  heldUntilMs = 0;
  readonly #backoff = new Backoff(RETRY);

  constructor(options: AttemptOptions) {
    this.member = options.member;
    this.schedule = options.schedule;
    this.#firing = options.firing;
    this.scoreMs = options.scoreMs;
    this.builder = options.builder;
  }

  get firing(): Firing {
    return this.#firing;
  }

  /** The fingerprints that the scripts compare. */
  get definition(): string {
    return `${this.schedule.timingFingerprint} ${this.schedule.workFingerprint}`;
  }

  /** What hands it over, or null where a job is built and placed. */
  get handOver(): HandOver | null {
    return this.builder.handOver ?? null;
  }

  /** Whether the site may have been asked already: then what becomes of it is to be entered, whatever else changes. */
  get isCommitted(): boolean {
    return this.claim !== null;
  }

  /** Whether it needs a job that it does not have yet, or is still to be handed over. */
  get wantsJob(): boolean {
    return !this.isReady && !this.isBuilding;
  }

  /** Whether the script can be asked as soon as it is due. */
  get isReady(): boolean {
    if (this.failure !== null || this.skipped !== null) return true;
    // What is not placed may have been handed over by a daemon that died since.
    if (this.handOver !== null) return this.isHandled;
    return !this.firing.isPlaced || this.job !== null;
  }

  /** The earliest moment at which something is to be done for it, epoch ms. */
  get actAtMs(): number {
    return Math.max(this.retryAtMs, this.heldUntilMs, this.isReady ? this.scoreMs : this.buildAtMs);
  }

  /** Whether the script can be asked now. */
  isDue(nowMs: number): boolean {
    return this.isReady && Math.max(this.retryAtMs, this.scoreMs) <= nowMs;
  }

  /** When its job should be built. */
  get buildAtMs(): number {
    return this.scoreMs - this.builder.aheadSeconds * 1000;
  }

  /** After this it is given up: the next occurrence is due, or the grace is over. Epoch ms. */
  get deadlineMs(): number {
    const { nextSeconds, dueSeconds } = this.firing;
    const graceEnds = dueSeconds + this.schedule.policy.misfireGraceSeconds;
    return Math.max(Math.min(nextSeconds ?? Infinity, graceEnds) * 1000, this.scoreMs);
  }

  /** Puts it off after a trouble that may pass, or gives it up when its time is over. */
  retryLater(trouble: string, nowMs: number, isServerAway = false): void {
    this.trouble = trouble;
    const retryAtMs = nowMs + (isServerAway ? AWAY_RETRY_MS : this.#backoff.nextMs());
    if (nowMs >= this.deadlineMs) this.giveUp(trouble);
    else this.retryAtMs = Math.min(retryAtMs, this.deadlineMs);
  }

  /** Puts it off until a moment that is known. */
  waitUntil(retryAtMs: number, trouble: string): void {
    this.trouble = trouble;
    this.retryAtMs = Math.min(retryAtMs, this.deadlineMs);
  }

  /** An earlier request turned out to have been heard, for this occurrence or a later one of the same plan. */
  adopt(dueSeconds: number, trace: string): void {
    this.#firing = decideAgain(this.schedule, this.firing, { dueSeconds, reason: trace });
    this.isHandled = true;
  }

  /** It will be settled without a job. */
  skip(skipped: Skipped): void {
    this.skipped = skipped;
    this.job = null;
  }

  /** Whether it was on time when it was decided, and is missed by now for no fault of its own. */
  isOverdue(nowMs: number): boolean {
    const wasOnTime = this.firing.outcome === "fired" && this.trouble === "" && !this.isHandled;
    return wasOnTime && !this.isSent && nowMs - this.scoreMs > LATE_MAX_SECONDS * 1000;
  }

  /** Gives it up when what is in the way did not pass in time. */
  giveUpWhenOver(nowMs: number): void {
    // The site is being asked, or has it: an older trouble would not tell what became of it.
    if (this.isHandled || (this.isBuilding && this.isCommitted)) return;
    if (this.failure === null && this.trouble !== "" && nowMs >= this.deadlineMs) {
      this.giveUp(this.trouble);
    }
  }

  /** It will be settled as failed. */
  giveUp(reason: string): void {
    this.failure = reason;
    this.job = null;
    this.retryAtMs = 0;
  }

  /** What the script is asked at `nowMs`. */
  request(nowMs: number, lastJob: LastJob | null): FireRequest {
    const { schedule, firing } = this;
    const { dueSeconds, nextSeconds } = firing;
    return {
      scheduleId: schedule.id,
      plannedSeconds: firing.plannedSeconds,
      definition: this.definition,
      settled: { dueSeconds, wallSeconds: wallSeconds(schedule, dueSeconds) },
      outcome: this.#outcome(nowMs),
      reason: this.failure ?? this.skipped?.reason ?? firing.reason,
      missed: firing.missed,
      next:
        nextSeconds === null
          ? null
          : {
              plan: planRecord(schedule, nextSeconds, dueSeconds),
              scoreSeconds: scoreOf(schedule, nextSeconds),
            },
      queue: this.job?.queue ?? schedule.queue,
      job: this.job === null ? null : { ...this.job, fields: ownJobFields(this.job) },
      // What the site enqueues has no id that we know.
      overlapGuard:
        schedule.policy.overlap === "skip" && this.handOver === null ? { lastJob } : null,
      ...(this.claim !== null && { handing: this.claim }),
    };
  }

  #outcome(nowMs: number): FireRequest["outcome"] {
    if (this.failure !== null) return "failed";
    if (this.skipped !== null) return this.skipped.outcome;
    if (this.handOver !== null && this.firing.isPlaced) return "handed_over";
    if (this.firing.outcome !== "fired") return this.firing.outcome;
    return nowMs - this.scoreMs > LATE_AFTER_MS ? "late" : "fired";
  }
}
