/** How many occurrences go into one script call: as many as Redis does in a short while. */

const FIRST = 64;
const MIN = 8;
const MAX = 512;
/** One call is to hold Redis no longer. */
const TARGET_MS = 4;

/** The size; it follows the time that calls take. */
export class BatchSize {
  #size = FIRST;

  /** How many the next call may hold. */
  get size(): number {
    return this.#size;
  }

  /** Learns from a call of so many occurrences. */
  learn(count: number, tookMs: number): void {
    if (tookMs > TARGET_MS) this.#size = Math.max(Math.floor(count / 2), MIN);
    else if (count === this.#size) this.#size = Math.min(count * 2, MAX);
  }
}
