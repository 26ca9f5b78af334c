/** How many occurrences go into one script call: as many as Redis does in a few milliseconds. */

/** At first; the size then follows the time that a call takes. */
const FIRST = 64;
const MIN = 8;
const MAX = 512;
/** One call is to hold Redis no longer. */
const TARGET_MS = 4;

/** The size, as the last calls suggest it. */
export class BatchSize {
  #size = FIRST;
  #answeredMs = -Infinity;

  get current(): number {
    return this.#size;
  }

  /** To be told of each answer: how many it was about, and when it was asked for and came, by the monotonic clock. */
  learn(
    count: number,
    { sentMs, nowMs }: { readonly sentMs: number; readonly nowMs: number },
  ): void {
    // Behind another batch the time runs from that one's answer.
    const tookMs = nowMs - Math.max(sentMs, this.#answeredMs);
    this.#answeredMs = nowMs;
    if (tookMs > TARGET_MS) this.#size = Math.max(Math.floor(count / 2), MIN);
    else if (count === this.#size) this.#size = Math.min(count * 2, MAX);
  }
}
