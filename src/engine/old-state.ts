/** Who goes first when Redis came back, perhaps with an older state: the daemon that led, since its memory is the newest. */
import type { Clock } from "../base/clock.ts";

/**
 * A standby does not lead for so long after a break: only the daemon that led can tell whether Redis is older. Longer than
 * that daemon may take to connect again, on a slow machine too.
 */
const LEADER_FIRST_MS = 4_000;
/** For so long nobody must hold the lease of a Redis that is older before a standby repairs it. */
const REPAIR_BY_OTHERS_MS = 4_000;

/** What a daemon knows of breaks and of an older state that was not repaired yet. */
export class OldState {
  readonly #clock: Clock;
  #sinceMs: number | null = null;
  #mayLeadFromMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether Redis was seen older, and is not repaired yet as far as this daemon knows. */
  get isOpen(): boolean {
    return this.#sinceMs !== null;
  }

  /** Whether a daemon that did not lead keeps off the lease because of a break. */
  get isLeaderFirst(): boolean {
    return this.#clock.monotonicMs() < this.#mayLeadFromMs;
  }

  /** Notes a break: Redis may be another one now, or the same with an older state. */
  letLeaderGoFirst(): void {
    this.#mayLeadFromMs = this.#clock.monotonicMs() + LEADER_FIRST_MS;
  }

  /** Notes that Redis is older; whether that is news. */
  begin(): boolean {
    const isNews = this.#sinceMs === null;
    this.#sinceMs ??= this.#clock.monotonicMs();
    return isNews;
  }

  /** Notes that Redis is repaired, or is not older any more. */
  end(): void {
    this.#sinceMs = null;
  }

  /** Whether a daemon that did not lead must wait; one that holds the lease lives, and repairs. */
  mustWait(leader: string | null): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (leader !== null) this.#sinceMs = nowMs;
    return nowMs < (this.#sinceMs ?? nowMs) + REPAIR_BY_OTHERS_MS;
  }
}
