/** What happened lately, in memory, so that `btu status` needs no Redis. */
import type { Clock } from "../base/clock.ts";
import type { LedgerEntry } from "./ledger.ts";
import { wentWrong } from "./outcomes.ts";

/** Entries shown by `btu status`. */
const SHOWN_MAX = 20;
/** Firings whose lateness is remembered. */
const LATENESS_MAX = 1_000;
/** A failed occurrence degrades the daemon's health for this long. */
const FAILURE_COUNTS_MS = 3_600_000;
/** Failures kept by name; the rest is only counted as "and more". */
const FAILURES_MAX = 100;
/** What went wrong is worth a look for so long. */
const WRONG_SHOWN_MS = 86_400_000;
const WRONG_MAX = 20;

/** Lateness of recent firings in milliseconds. */
export interface LatenessSummary {
  readonly count: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

/** Memory of recent firings. */
export class RecentFirings {
  readonly #clock: Clock;
  readonly #entries: LedgerEntry[] = [];
  readonly #lateness: number[] = [];
  #failures: LedgerEntry[] = [];
  #wrong: LedgerEntry[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The newest first. */
  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  /** Occurrences that failed within the last hour, the newest first. */
  get failures(): readonly LedgerEntry[] {
    const oldestMs = this.#clock.nowMs() - FAILURE_COUNTS_MS;
    this.#failures = this.#failures.filter(({ firedMs }) => firedMs >= oldestMs);
    return this.#failures;
  }

  /** What went wrong within the last day, the newest first. */
  get wentWrong(): readonly LedgerEntry[] {
    const oldestMs = this.#clock.nowMs() - WRONG_SHOWN_MS;
    this.#wrong = this.#wrong.filter(({ firedMs }) => firedMs >= oldestMs);
    return this.#wrong;
  }

  /** Takes in what the ledger already holds, the newest first, at start. */
  seed(entries: readonly LedgerEntry[]): void {
    for (const entry of entries.toReversed()) this.add(entry, null);
  }

  /** Adds what was just entered; `latenessMs` for placed jobs. */
  add(entry: LedgerEntry, latenessMs: number | null): void {
    this.#entries.unshift(entry);
    this.#entries.splice(SHOWN_MAX);
    if (wentWrong(entry.outcome)) {
      this.#wrong.unshift(entry);
      this.#wrong.splice(WRONG_MAX);
    }
    if (entry.outcome === "failed") {
      this.#failures.unshift(entry);
      this.#failures.splice(FAILURES_MAX);
    }
    if (latenessMs !== null) {
      this.#lateness.unshift(latenessMs);
      this.#lateness.splice(LATENESS_MAX);
    }
  }

  lateness(): LatenessSummary {
    const sorted = this.#lateness.toSorted((a, b) => a - b);
    const at = (share: number): number =>
      Math.round(sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? 0);
    return { count: sorted.length, p50_ms: at(0.5), p99_ms: at(0.99), max_ms: at(1) };
  }
}
