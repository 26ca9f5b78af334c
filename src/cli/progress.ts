/** Tells on a terminal what a command is at, when that takes longer than a moment. */
import type { Clock, Timer } from "../base/clock.ts";
import type { Output } from "./output.ts";

/** Less than this nobody wonders about. */
const FIRST_AFTER_MS = 1_000;
const EVERY_MS = 1_000;
const MS_PER_SECOND = 1_000;

/** What a progress is made of. */
export interface ProgressOptions {
  readonly output: Output;
  readonly clock: Clock;
}

/** One line at the foot of the terminal, with the seconds it has taken; it is gone before anything else is printed. */
export class Progress {
  readonly #output: Output;
  readonly #clock: Clock;
  #timer: Timer | null = null;
  #what = "";
  #endsWithResult = false;
  #startedMs = 0;

  constructor({ output, clock }: ProgressOptions) {
    this.#output = output;
    this.#clock = clock;
  }

  /** From now on the command is at this, such as "reading the schedules"; `stop` or the next step ends it. */
  step(what: string): void {
    this.#start(what, false);
  }

  /** As `step`, and the first result ends it too: whoever sees results come needs no more. */
  begin(what: string): void {
    this.#start(what, true);
  }

  #start(what: string, endsWithResult: boolean): void {
    this.stop();
    this.#endsWithResult = endsWithResult;
    if (!this.#output.canShowProgress) return;
    this.#what = what;
    this.#startedMs = this.#clock.monotonicMs();
    this.#arm(FIRST_AFTER_MS);
  }

  /** Nothing is told any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#output.clearProgress();
  }

  /** As `step`, until the work has ended in whatever way. */
  async during<T>(what: string, work: () => Promise<T>): Promise<T> {
    this.step(what);
    try {
      return await work();
    } finally {
      this.stop();
    }
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.timer(delayMs, () => {
      if (this.#endsWithResult && this.#output.hasResults) return;
      const seconds = Math.round((this.#clock.monotonicMs() - this.#startedMs) / MS_PER_SECOND);
      this.#output.showProgress(`${this.#what} … ${seconds} s`);
      this.#arm(EVERY_MS);
    });
  }
}
