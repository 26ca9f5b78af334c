/**
 * Has the site enqueue what is due, at least once: claims the occurrence, asks the site, and leaves it to be settled. When nobody
 * knows whether an earlier request was heard, looks for its traces before the site is asked again.
 */
import { randomUUID } from "node:crypto";
import type { HandOverClaim, HandOvers, HandOverVerdict } from "../agenda/hand-overs.ts";
import { withGrace } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { unreachable } from "../base/errors.ts";
import { HandOverError } from "../job/builder.ts";
import type { HandOver } from "../job/builder.ts";
import type { Attempt } from "./attempt.ts";

/** What handing over needs. */
export interface HandOverDeskOptions {
  readonly handOvers: HandOvers;
  readonly clock: Clock;
  /** Told of an occurrence that is not ours to hand over as we know it. */
  readonly onLost: (attempt: Attempt, verdict: "moved" | "changed") => void;
}

/** A request is over after this: its own deadline (15 s), and time for the site to end what it began. */
const IN_FLIGHT_MS = 20_000;
/** When the daemon ends, a request that is under way may take this long: the daemon itself has 4 s. */
const LAST_ANSWER_MS = 2_500;
/** While one may be in flight, its traces are looked for this often. */
const LOOK_EVERY_MS = 2_000;

/** The desk. */
export class HandOverDesk {
  readonly #options: HandOverDeskOptions;
  readonly #asking = new Set<Promise<void>>();

  constructor(options: HandOverDeskOptions) {
    this.#options = options;
  }

  /**
   * Does for an attempt whatever can be done now.
   *
   * @throws as `HandOver.post`, and when Redis cannot be asked: the attempt is to be tried again.
   */
  async attend(attempt: Attempt, handOver: HandOver, signal: AbortSignal): Promise<void> {
    const { handOvers } = this.#options;
    const claim = (attempt.claim ??= { key: handOvers.key, token: randomUUID() });
    const known = await handOvers.find(attempt.schedule.id);
    const isOpen = known !== null && known.dueSeconds >= attempt.firing.plannedSeconds;
    const isUnknown = isOpen && (known.token !== claim.token || attempt.isUnknown);
    if (isUnknown && !(await this.#isUnheard(known, { attempt, handOver, signal }))) return;
    if (!attempt.firing.isPlaced) {
      attempt.isHandled = true;
      return;
    }
    signal.throwIfAborted();
    const over = isUnknown ? known.token : "";
    const { clock } = this.#options;
    const asking = withGrace({ clock, graceMs: LAST_ANSWER_MS, signal }, (later) =>
      this.#ask(attempt, handOver, { token: claim.token, over, signal: later }),
    );
    this.#asking.add(asking);
    await asking.finally(() => this.#asking.delete(asking));
  }

  /** Waits, for a moment, for answers that are on their way; to be called when all signals are aborted. */
  async finish(): Promise<void> {
    await Promise.allSettled(this.#asking);
  }

  async #ask(
    attempt: Attempt,
    handOver: HandOver,
    how: { readonly token: string; readonly over: string; readonly signal: AbortSignal },
  ): Promise<void> {
    const verdict = await this.#claim(attempt, how.token, how.over);
    if (verdict === "claimed") await this.#post(attempt, handOver, how.signal);
    else this.#turnAway(attempt, verdict);
  }

  /** Whether an earlier request left no trace, and can leave none any more; otherwise the attempt has what it needs. */
  async #isUnheard(
    known: HandOverClaim,
    {
      attempt,
      handOver,
      signal,
    }: { readonly attempt: Attempt; readonly handOver: HandOver; readonly signal: AbortSignal },
  ): Promise<boolean> {
    const { schedule } = attempt;
    const trace = await handOver.find({ schedule, sinceMs: known.sinceMs }, signal);
    if (trace !== null) {
      attempt.adopt(known.dueSeconds, `the answer was lost, and ${trace} was found`);
      return false;
    }
    const nowMs = this.#options.clock.nowMs();
    const overMs = known.atMs + IN_FLIGHT_MS;
    // A claim from the far future is one of before the clock was set back; two machines differ by less.
    if (nowMs >= overMs || nowMs < known.atMs - IN_FLIGHT_MS) return true;
    const trouble =
      "an earlier request was not answered, and nothing shows yet whether the site enqueued it";
    attempt.waitUntil(Math.min(nowMs + LOOK_EVERY_MS, overMs), trouble);
    return false;
  }

  #claim(attempt: Attempt, token: string, over: string): Promise<HandOverVerdict> {
    const { schedule, firing } = attempt;
    return this.#options.handOvers.claim({
      scheduleId: schedule.id,
      plannedSeconds: firing.plannedSeconds,
      definition: attempt.definition,
      dueSeconds: firing.dueSeconds,
      token,
      over,
    });
  }

  async #post(attempt: Attempt, handOver: HandOver, signal: AbortSignal): Promise<void> {
    try {
      await handOver.post(attempt.schedule, signal);
      attempt.isHandled = true;
    } catch (error) {
      attempt.isUnknown = !(error instanceof HandOverError) || error.mayBeDone;
      throw error;
    }
  }

  #turnAway(attempt: Attempt, verdict: Exclude<HandOverVerdict, "claimed">): void {
    switch (verdict) {
      case "held":
        attempt.waitUntil(
          this.#options.clock.nowMs() + LOOK_EVERY_MS,
          "another daemon asks the site for it",
        );
        return;
      case "paused":
        attempt.skip({ outcome: "skipped_paused", reason: "the schedule is paused" });
        return;
      case "moved":
      case "changed":
        this.#options.onLost(attempt, verdict);
        return;
      default:
        unreachable(verdict);
    }
  }
}
