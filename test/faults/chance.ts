/** Randomness that can be repeated: every run tells its seed, and `BTU_FAULTS_SEED` brings a run back. */
import { test } from "bun:test";

/** Whether the long forms are asked for. */
export const IS_FULL = process.env["BTU_TEST_FULL"] === "1";

const SEED_MAX = 2 ** 32;

/** A stream of random numbers, the same for the same seed. */
export class Chance {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed;
  }

  /** In [0, 1); the generator is mulberry32. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / SEED_MAX;
  }

  /** In [low, high). */
  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** One of them. */
  pick<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.next() * choices.length)] as T;
  }

  /** All of them, in another order. */
  shuffled<T>(items: readonly T[]): T[] {
    const placed = items.map((item) => ({ item, place: this.next() }));
    return placed.toSorted((a, b) => a.place - b.place).map(({ item }) => item);
  }

  /** True in this share of cases. */
  isLikely(share: number): boolean {
    return this.next() < share;
  }
}

function newSeed(): number {
  const wanted = process.env["BTU_FAULTS_SEED"];
  return wanted === undefined ? Math.floor(Math.random() * SEED_MAX) : Number(wanted);
}

/** What a scenario has to tell at its end, as one line of the report. */
export type Told = string;

function tell(title: string, text: Told): void {
  process.stdout.write(`  ${title}: ${text}\n`);
}

/** A test with chance in it; its failure names the seed. */
export function faultTest(title: string, scenario: (chance: Chance) => Promise<Told>): void {
  test(title, async () => {
    const chance = new Chance(newSeed());
    tell(title, `BTU_FAULTS_SEED=${chance.seed}`);
    try {
      tell(title, await scenario(chance));
    } catch (cause) {
      throw new Error(`BTU_FAULTS_SEED=${chance.seed}: ${String(cause)}`, { cause });
    }
  });
}
