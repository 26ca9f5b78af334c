/** How long to wait before the next attempt, and how loudly an outage is told. */
import type { Clock } from "./clock.ts";
import { describeError } from "./errors.ts";
import type { Log } from "./log.ts";

/** Bounds of a growing delay, in milliseconds. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Delays that double from `firstMs` to `maxMs`; up to a tenth is cut off at random so that peers do not march in step. */
export class Backoff {
  readonly #bounds: BackoffBounds;
  #attempts = 0;

  constructor(bounds: BackoffBounds) {
    this.#bounds = bounds;
  }

  /** The next delay in milliseconds. */
  nextMs(): number {
    const { firstMs, maxMs } = this.#bounds;
    const fullMs = Math.min(firstMs * 2 ** Math.min(this.#attempts, 30), maxMs);
    this.#attempts += 1;
    return fullMs * (1 - Math.random() / 10);
  }

  /** To be called after a success. */
  reset(): void {
    this.#attempts = 0;
  }
}

/** The first repeat of a complaint comes after this; the distance then doubles. */
const REPEAT_FIRST_MS = 1_000;
/** An outage that lasts is told at least this often. */
const REPEAT_MAX_MS = 300_000;
/** A shorter outage is a hiccup: a warning. */
const ERROR_AFTER_MS = 30_000;

/** Tells of an outage at growing distances, however often it is tried again, and of its end. */
export class Outage {
  readonly #what: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #sinceMs: number | null = null;
  #tellAtMs = 0;
  #distanceMs = REPEAT_FIRST_MS;
  #reason = "";

  constructor(what: string, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#what = what;
    this.#clock = clock;
    this.#log = log;
  }

  /** Why it is down, or null while it works. */
  get reason(): string | null {
    return this.#sinceMs === null ? null : this.#reason;
  }

  /** To be called after each failed attempt. */
  failed(error: unknown): void {
    const nowMs = this.#clock.monotonicMs();
    this.#reason = describeError(error);
    if (this.#sinceMs === null) {
      this.#sinceMs = nowMs;
      this.#tellAtMs = nowMs;
      this.#distanceMs = REPEAT_FIRST_MS;
    }
    if (nowMs < this.#tellAtMs) return;
    const lastedMs = nowMs - this.#sinceMs;
    const text = `${this.#what} is not available, trying again: ${this.#reason}`;
    const fields = { down_for_s: Math.round(lastedMs / 1000) };
    if (lastedMs >= ERROR_AFTER_MS) this.#log.error(text, fields);
    else this.#log.warn(text, fields);
    this.#tellAtMs = nowMs + this.#distanceMs;
    this.#distanceMs = Math.min(this.#distanceMs * 2, REPEAT_MAX_MS);
  }

  /** To be called after each success; tells the end of an outage once. */
  recovered(): void {
    if (this.#sinceMs === null) return;
    const lastedMs = this.#clock.monotonicMs() - this.#sinceMs;
    this.#sinceMs = null;
    this.#log.info(`${this.#what} is back`, { down_for_s: Math.round(lastedMs / 1000) });
  }
}
