/** Occurrences that were refused: asking again at once would only be refused again. */
import type { Clock } from "../base/clock.ts";
import type { Schedule } from "../schedule/schedule.ts";

/** A refused occurrence is not asked for again before this, unless its schedule was read anew. */
export const ASIDE_MS = 1_000;

/** What lies aside. */
export class Aside {
  readonly #clock: Clock;
  /** Members of the agenda, with the definition they were refused for. */
  readonly #members = new Map<string, { readonly schedule: Schedule; readonly untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Not ours as we know it, until we know better. */
  put(member: string, schedule: Schedule): void {
    this.#members.set(member, { schedule, untilMs: this.#clock.monotonicMs() + ASIDE_MS });
  }

  /** Whether it is to be left alone still. */
  holds(member: string, schedule: Schedule): boolean {
    const aside = this.#members.get(member);
    if (aside === undefined) return false;
    const isStill = aside.schedule === schedule && this.#clock.monotonicMs() < aside.untilMs;
    if (!isStill) this.#members.delete(member);
    return isStill;
  }
}
