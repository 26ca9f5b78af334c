/** Waiting for what another process does. */

const LOOK_EVERY_MS = 5;

/** How long to wait, and what for. */
export interface EventuallyOptions {
  /** Default 10 s. */
  readonly timeoutMs?: number;
  /** Ends the error "… did not happen within". */
  readonly what: string;
}

/** Resolves after `delayMs` of real time. */
export function realDelay(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}

/**
 * Asks again until the answer is neither null, undefined nor false, and returns it.
 *
 * @throws Error when the time is over, with what the last look threw as its cause.
 */
export async function eventually<T>(
  look: () => T | Promise<T>,
  { timeoutMs = 10_000, what }: EventuallyOptions,
): Promise<NonNullable<Exclude<T, false>>> {
  const endMs = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== null && found !== undefined && found !== false) {
        return found as NonNullable<Exclude<T, false>>;
      }
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > endMs) {
      throw new Error(`${what}: did not happen within ${timeoutMs} ms`, { cause });
    }
    await realDelay(LOOK_EVERY_MS);
  }
}
