/** The one home of time: everything that waits or asks for the hour receives a `Clock`. */
import { asError } from "./errors.ts";

/** A running timer. */
export interface Timer {
  /** Stops it; harmless when it has fired. */
  cancel(): void;
}

/** Time as the program sees it: wall time can be stepped, monotonic time cannot. */
export interface Clock {
  /** Wall time in epoch milliseconds. */
  nowMs(): number;
  /** Milliseconds since an arbitrary origin; never steps, stands still while the machine is suspended. */
  monotonicMs(): number;
  /** Calls `action` once, `delayMs` from now and never earlier. */
  timer(delayMs: number, action: () => void): Timer;
}

/** `setTimeout` fires at once when asked for more than 2^31-1 ms; an hour is far below and costs nothing to re-arm. */
const TIMER_MAX_MS = 3_600_000;

function startTimer(delayMs: number, action: () => void): Timer {
  let handle: ReturnType<typeof setTimeout>;
  const arm = (leftMs: number): void => {
    // Fractions are cut off by the runtime, which would fire early.
    const stepMs = Math.min(Math.ceil(Math.max(leftMs, 0)), TIMER_MAX_MS);
    handle = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : action()), stepMs);
  };
  arm(Number.isNaN(delayMs) ? 0 : delayMs);
  return { cancel: () => clearTimeout(handle) };
}

/** The machine's own time. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  timer: startTimer,
};

/** Whole epoch seconds at this moment, rounded down. */
export function nowSeconds(clock: Clock): number {
  return Math.floor(clock.nowMs() / 1000);
}

/**
 * Waits `delayMs`, or less when `signal` aborts.
 *
 * @throws the signal's reason when it aborts.
 */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(asError(signal.reason));
    const abort = (): void => {
      timer.cancel();
      reject(asError(signal.reason));
    };
    const timer = clock.timer(delayMs, () => {
      signal.removeEventListener("abort", abort);
      resolve();
    });
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** Lets timers and connections have their turn in the midst of long work. */
export function yieldToEvents(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.timer(0, resolve));
}

/** A sleep that anybody can cut short; a call while nobody sleeps counts for the next sleep. */
export class Wakeup {
  readonly #clock: Clock;
  #isPending = false;
  #wakeSleeper: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Ends the present sleep, or the next one at once. */
  wake(): void {
    this.#isPending = true;
    this.#wakeSleeper?.();
  }

  /** Sleeps until `wake`, for `delayMs` at most; ends early, without an error, when the signal aborts. */
  sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel();
        signal.removeEventListener("abort", end);
        this.#wakeSleeper = null;
        this.#isPending = false;
        resolve();
      };
      const timer = this.#clock.timer(this.#isPending ? 0 : delayMs, end);
      this.#wakeSleeper = end;
      signal.addEventListener("abort", end, { once: true });
    });
  }
}
