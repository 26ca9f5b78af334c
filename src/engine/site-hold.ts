/** Whether the site wants nothing to be fired for now: it is in maintenance, or its scheduler is paused. */
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { SiteState } from "../config/site-state.ts";

/** What the hold needs. */
export interface SiteHoldOptions {
  /** Null where the site's files are not at hand: then nothing is ever held. */
  readonly site: { current(): SiteState } | null;
  readonly clock: Clock;
  readonly log: Log;
}

interface Span {
  readonly reason: string;
  readonly sinceMs: number;
  /** Infinity while it lasts. */
  untilMs: number;
}

const FILES = "in its site_config.json or in common_site_config.json";

function reasonOf({ maintenance, schedulerPaused }: SiteState): string | null {
  if (maintenance) return `the site is in maintenance (maintenance_mode is set ${FILES})`;
  if (schedulerPaused) return `the site's scheduler is paused (pause_scheduler is set ${FILES})`;
  return null;
}

/** The hold; told in the log when it begins and ends. */
export class SiteHold {
  readonly #options: SiteHoldOptions;
  #span: Span | null = null;
  #problem: string | null = null;

  constructor(options: SiteHoldOptions) {
    this.#options = options;
  }

  /** Why nothing may be fired at this moment, or null; asks the site's files once a second at most. */
  get reason(): string | null {
    const { site, clock, log } = this.#options;
    if (site === null) return null;
    const state = site.current();
    this.#tellProblem(state.problem);
    const reason = reasonOf(state);
    const before = this.#span?.untilMs === Infinity ? this.#span : null;
    if (reason === (before?.reason ?? null)) return reason;
    if (before !== null) before.untilMs = clock.nowMs();
    if (reason === null) log.info("fires again: the site is ready");
    else {
      // One reason may follow the other: to those that wait it is one hold.
      this.#span = { reason, sinceMs: before?.sinceMs ?? clock.nowMs(), untilMs: Infinity };
      log.warn(`nothing is fired for now: ${reason}`);
    }
    return reason;
  }

  /** Why an occurrence that was due then (epoch ms) was not fired, or null when no hold was the cause. */
  reasonAt(dueMs: number): string | null {
    if (this.#span === null) return null;
    const { reason, sinceMs, untilMs } = this.#span;
    return dueMs >= sinceMs && dueMs <= untilMs ? reason : null;
  }

  #tellProblem(problem: string | null): void {
    if (problem !== null && problem !== this.#problem) {
      const text = "cannot read whether the site is in maintenance; what it said before counts";
      this.#options.log.warn(`${text}: ${problem}`);
    }
    this.#problem = problem;
  }
}
