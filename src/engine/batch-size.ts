/** How many occurrences go into one script call: as many as Redis can do in a few milliseconds. */

const FIRST = 64;
const MIN = 8;
const MAX = 512;
/** One call is to hold Redis no longer; 5 ms are promised. */
const TARGET_MS = 4;

/** The size; it follows the time that calls take. */
export class BatchSize {
  #size = FIRST;
  #answeredMs = -Infinity;

  get current(): number {
    return this.#size;
  }

  /** To be told of each call: how many it held, when it was sent and when answered, by the monotonic clock. */
  adapt(count: number, sentMs: number, answeredMs: number): void {
    // Behind another batch the time runs from that one's answer.
    const tookMs = answeredMs - Math.max(sentMs, this.#answeredMs);
    this.#answeredMs = answeredMs;
    if (tookMs > TARGET_MS) this.#size = Math.max(Math.floor(count / 2), MIN);
    // Twice as many take twice as long.
    else if (count === this.#size && tookMs <= TARGET_MS / 2) this.#size = Math.min(count * 2, MAX);
  }
}
