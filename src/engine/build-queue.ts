/** Builds jobs ahead of time, as many at once as each builder bears; a slow one delays only its own schedules. */
import type { Clock } from "../base/clock.ts";
import { yieldToEvents } from "../base/clock.ts";
import { asError, describeError } from "../base/errors.ts";
import { isServerAway } from "../frappe/server-watch.ts";
import { BuildError } from "../job/builder.ts";
import type { Builder } from "../job/builder.ts";
import { checkJob, JobError } from "../job/rq-job.ts";
import type { Attempt } from "./attempt.ts";
import type { HandOverDesk } from "./hand-over.ts";

/** Jobs built in one go before timers and sockets have their turn: about 10 ms. */
const SLICE = 200;

interface Lane {
  waiting: Attempt[];
  /** Number of those taken: cheaper than shifting a long list. */
  taken: number;
  running: number;
}

function takeFrom(lane: Lane): Attempt | undefined {
  const next = lane.waiting[lane.taken];
  lane.taken += 1;
  if (next !== undefined) return next;
  lane.waiting = [];
  lane.taken = 0;
  return undefined;
}

/** What the queue needs. */
export interface BuildQueueOptions {
  readonly clock: Clock;
  readonly onBuilt: () => void;
  /** Takes those in hand whose jobs the site enqueues. */
  readonly desk: HandOverDesk;
  /** Tells of one that has waited long whether anybody still wants it. */
  readonly isWanted: (attempt: Attempt) => boolean;
}

/** The queue in front of the builders. */
export class BuildQueue {
  readonly #clock: Clock;
  readonly #onBuilt: () => void;
  readonly #desk: HandOverDesk;
  readonly #isWanted: (attempt: Attempt) => boolean;
  readonly #lanes = new Map<Builder, Lane>();
  #sinceYield = 0;

  constructor(options: BuildQueueOptions) {
    this.#clock = options.clock;
    this.#onBuilt = options.onBuilt;
    this.#desk = options.desk;
    this.#isWanted = options.isWanted;
  }

  /** Starts building, or waits for a free place. */
  add(attempt: Attempt, signal: AbortSignal): void {
    attempt.isBuilding = true;
    let lane = this.#lanes.get(attempt.builder);
    if (lane === undefined) {
      lane = { waiting: [], taken: 0, running: 0 };
      this.#lanes.set(attempt.builder, lane);
    }
    lane.waiting.push(attempt);
    if (lane.running < attempt.builder.concurrency) void this.#work(lane, signal);
  }

  async #work(lane: Lane, signal: AbortSignal): Promise<void> {
    lane.running += 1;
    for (let next = takeFrom(lane); next !== undefined; next = takeFrom(lane)) {
      if (!signal.aborted && this.#isWanted(next)) await this.#build(next, signal);
      next.isBuilding = false;
      if (next.scoreMs <= this.#clock.nowMs()) this.#onBuilt();
      this.#sinceYield += 1;
      if (this.#sinceYield >= SLICE) {
        this.#sinceYield = 0;
        await yieldToEvents(this.#clock);
      }
    }
    lane.running -= 1;
    this.#onBuilt();
  }

  async #build(attempt: Attempt, signal: AbortSignal): Promise<void> {
    try {
      if (attempt.handOver !== null) {
        await this.#desk.attend(attempt, attempt.handOver, signal);
        return;
      }
      const job = await attempt.builder.build(attempt.schedule, signal);
      checkJob(job);
      attempt.job = job;
    } catch (thrown) {
      if (signal.aborted) return;
      const error = asError(thrown);
      const text = describeError(error);
      if (error instanceof JobError) attempt.giveUp(`refused to place it: ${text}`);
      else if (error instanceof BuildError && !error.transient) attempt.giveUp(text);
      // Whatever else it is, a lost connection to Redis above all, may be over before the occurrence's time is.
      else attempt.retryLater(text, this.#clock.nowMs(), isServerAway(error));
    }
  }
}
