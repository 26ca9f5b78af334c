/** Deadlines and cancellation on `AbortSignal`. */
import type { Clock, Timer } from "./clock.ts";
import { asError } from "./errors.ts";

/** An operation took longer than it was given. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

/** Tells whether `error` only says that somebody cancelled, which is no fault. */
export function isAbort(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && (error === signal.reason || isAbortError(error));
}

function isAbortError(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/**
 * Settles as `work` does, but no later than the abort of `signal`.
 *
 * @throws the signal's reason when it aborts first; what `work` does afterwards is ignored.
 */
export function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined);
    return Promise.reject(asError(signal.reason));
  }
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = (): void => reject(asError(signal.reason));
  signal.addEventListener("abort", abort, { once: true });
  work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  return promise;
}

/** Waits for the end of what is under way, and no longer than `timeoutMs`; how it ended is for others to tell. */
export async function settledWithin(
  work: ReadonlyArray<Promise<unknown>>,
  { clock, timeoutMs }: { readonly clock: Clock; readonly timeoutMs: number },
): Promise<void> {
  const options = { clock, timeoutMs, action: "wait" };
  await withDeadline(options, () => Promise.allSettled(work)).catch(() => undefined);
}

/** What `withDeadline` needs. */
export interface DeadlineOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Names the operation in the error: "read schedules". */
  readonly action: string;
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` with a signal that aborts after `timeoutMs` or with the caller's signal.
 *
 * @throws DeadlineError when the time is over, also if `work` ignores its signal.
 */
export async function withDeadline<T>(
  { clock, timeoutMs, action, signal }: DeadlineOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const timer = clock.timer(timeoutMs, () =>
    controller.abort(new DeadlineError(`${action}: no answer within ${timeoutMs} ms`)),
  );
  const both = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
  try {
    return await abortable(work(both), both);
  } finally {
    timer.cancel();
  }
}

/** What `withGrace` needs. */
export interface GraceOptions {
  readonly clock: Clock;
  readonly graceMs: number;
  readonly signal: AbortSignal;
}

/** Runs `work` with a signal that aborts `graceMs` after the caller's: what was begun before that may still end well. */
export async function withGrace<T>(
  { clock, graceMs, signal }: GraceOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const timers: Timer[] = [];
  const abort = (): void => {
    timers.push(clock.timer(graceMs, () => controller.abort(signal.reason)));
  };
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    signal.removeEventListener("abort", abort);
    for (const timer of timers) timer.cancel();
  }
}
