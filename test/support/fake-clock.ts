/** Time that goes on when a test says so. */
import type { Clock, Timer } from "../../src/base/clock.ts";

interface FakeTimer {
  readonly atMs: number;
  /** Of two timers due together the one that was set first runs first. */
  readonly number: number;
  readonly action: () => void;
}

/** 2026-01-01 00:00:00 UTC, a Thursday. */
const START_MS = 1_767_225_600_000;
/** A timer that re-arms itself with delay 0 would keep `advance` busy for ever. */
const TIMERS_PER_ADVANCE_MAX = 100_000;

/** Lets everything run that waits only for promises, not for I/O or time. */
function flush(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** A `Clock` whose wall time can also be set, while its monotonic time only goes forward. */
export class FakeClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  #count = 0;
  #timers: FakeTimer[] = [];

  /** `startMs`: wall time in epoch milliseconds. */
  constructor(startMs: number = START_MS) {
    this.#wallMs = startMs;
  }

  nowMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  timer(delayMs: number, action: () => void): Timer {
    this.#count += 1;
    const atMs = this.#monotonicMs + Math.max(0, delayMs || 0);
    const timer = { atMs, number: this.#count, action };
    this.#timers.push(timer);
    this.#timers.sort((a, b) => a.atMs - b.atMs || a.number - b.number);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
      },
    };
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.length;
  }

  /** In how many milliseconds the next timer is due, or null when none waits. */
  get nextTimerMs(): number | null {
    const [first] = this.#timers;
    return first === undefined ? null : first.atMs - this.#monotonicMs;
  }

  /**
   * Lets time go on. Every timer that becomes due runs at its own instant, in order; what its action began is carried
   * on, as far as it waits only for promises, before the next one runs.
   */
  async advance(spanMs: number): Promise<void> {
    const endMs = this.#monotonicMs + spanMs;
    await flush();
    for (let ran = 0; ran <= TIMERS_PER_ADVANCE_MAX; ran += 1) {
      const [timer] = this.#timers;
      if (timer === undefined || timer.atMs > endMs) {
        this.#goTo(endMs);
        return;
      }
      this.#timers.shift();
      this.#goTo(Math.max(timer.atMs, this.#monotonicMs));
      timer.action();
      await flush();
    }
    throw new Error(`more than ${TIMERS_PER_ADVANCE_MAX} timers ran within ${spanMs} ms`);
  }

  /** Is there at once, as a machine that was busy: timers that became due meanwhile run there, in order. */
  async skip(spanMs: number): Promise<void> {
    this.#goTo(this.#monotonicMs + Math.max(0, spanMs));
    await this.advance(0);
  }

  /** Lets time go on until the next timer has run. */
  async advanceToNextTimer(): Promise<void> {
    await flush();
    const spanMs = this.nextTimerMs;
    if (spanMs === null) throw new Error("no timer waits");
    await this.advance(spanMs);
  }

  /** Steps the wall time, as an administrator or NTP does; no timer notices. */
  stepWall(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** Sets the wall time (epoch milliseconds); no timer notices. */
  setWall(wallMs: number): void {
    this.#wallMs = wallMs;
  }

  #goTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}
