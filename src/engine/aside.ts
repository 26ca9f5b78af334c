/** Occurrences that were refused: asking again at once would only be refused again, until we know better. */
import type { Clock } from "../base/clock.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Attempt } from "./attempt.ts";

/** One is not asked for again before this, unless its schedule was read anew. */
export const ASIDE_MS = 1_000;

/** The refused ones, with the definition that each was refused for. */
export class Aside {
  readonly #clock: Clock;
  readonly #members = new Map<string, { readonly schedule: Schedule; readonly untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put({ member, schedule }: Attempt): void {
    this.#members.set(member, { schedule, untilMs: this.#clock.monotonicMs() + ASIDE_MS });
  }

  /** Whether it is to be left alone for now. */
  has(member: string, schedule: Schedule): boolean {
    const aside = this.#members.get(member);
    if (aside === undefined) return false;
    const isStill = aside.schedule === schedule && this.#clock.monotonicMs() < aside.untilMs;
    if (!isStill) this.#members.delete(member);
    return isStill;
  }
}
