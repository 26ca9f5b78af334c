/** Whether a daemon's clock lets it lead, and which of the other daemons count as fit to. */
import type { LeaseView } from "../agenda/lease.ts";
import type { Clock } from "../base/clock.ts";

/** A clock that differs by more must not decide what is due while another daemon can. */
const CLOCK_WRONG_MS = 60_000;
/** A daemon that is fit to lead takes a free lease long before this; a free one for longer means that there is none. */
const FREE_LEASE_MS = 3_000;

/** What one daemon has found out, look by look. */
export class Fitness {
  readonly #clock: Clock;
  #offsetMs: number | null = null;
  /** Since when nobody leads, by Redis's clock; null while somebody does. */
  #freeSinceMs: number | null = null;
  #othersSinceMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Our clock less Redis's, in milliseconds; null before the first look, and after a jump. */
  get offsetMs(): number | null {
    return this.#offsetMs;
  }

  get isClockWrong(): boolean {
    return this.#offsetMs !== null && Math.abs(this.#offsetMs) > CLOCK_WRONG_MS;
  }

  /** Other daemons that were last seen before this no longer count as fit; epoch ms of Redis's clock. */
  get othersSinceMs(): number {
    return this.#othersSinceMs;
  }

  /** Takes in the answer to a look that was begun at `startedMs`, monotonic. */
  note(view: LeaseView, startedMs: number): void {
    this.noteClock(view.redisMs, startedMs);
    this.#noteFree(view);
  }

  /** Our clock jumped: how it differs is not known any more. */
  forgetClock(): void {
    this.#offsetMs = null;
  }

  /** The clocks are compared at every look, the way to Redis and back taken as even. */
  noteClock(redisMs: number, startedMs: number): void {
    const wayMs = this.#clock.monotonicMs() - startedMs;
    this.#offsetMs = this.#clock.nowMs() - wayMs / 2 - redisMs;
  }

  /** Those who are called fit and let the lease lie have died. */
  #noteFree({ leader, redisMs }: LeaseView): void {
    this.#freeSinceMs = leader === null ? (this.#freeSinceMs ?? redisMs) : null;
    if (this.#freeSinceMs !== null && redisMs - this.#freeSinceMs >= FREE_LEASE_MS) {
      this.#othersSinceMs = redisMs;
    }
  }
}
