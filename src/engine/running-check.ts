/**
 * Does as the app does when it enqueues for itself: while a log of the task says that it runs, another run is skipped. Where an
 * overlap policy is written down, that counts instead.
 */
import { withDeadline } from "../base/abort.ts";
import { Outage } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { ReadRunning } from "../schedule/source.ts";
import type { Attempt } from "./attempt.ts";

/** What the check needs. */
export interface RunningCheckOptions {
  /** One for each site whose logs can be read. */
  readonly readers: readonly ReadRunning[];
  readonly clock: Clock;
  readonly log: Log;
}

/** The logs are not worth more lateness than this: without them jobs are placed all the same. */
const TIMEOUT_MS = 1_000;
/** After they could not be read they are left alone for so long. */
const PAUSE_MS = 5_000;

/** The task whose logs decide, or null when they do not. */
function taskOf({ schedule, builder, job, isSent }: Attempt): string | null {
  const { work, policy } = schedule;
  // What was sent must be sent again as it was.
  if (isSent || job === null || builder.kind !== "native" || policy.overlap !== null) return null;
  return work?.kind === "btu_task" ? work.taskId : null;
}

/** The check. */
export class RunningCheck {
  readonly #options: RunningCheckOptions;
  readonly #outage: Outage;
  #askAgainMs = -Infinity;

  constructor(options: RunningCheckOptions) {
    this.#options = options;
    this.#outage = new Outage("the look into the site's task logs", options);
  }

  /** Tells those apart whose task's logs decide, each group in its order. */
  split(attempts: readonly Attempt[]): { readonly free: Attempt[]; readonly asking: Attempt[] } {
    const { readers, clock } = this.#options;
    const isAsking = readers.length > 0 && clock.monotonicMs() >= this.#askAgainMs;
    const free: Attempt[] = [];
    const asking: Attempt[] = [];
    for (const attempt of attempts) {
      (isAsking && taskOf(attempt) !== null ? asking : free).push(attempt);
    }
    return { free, asking };
  }

  /** Has those skipped whose task runs. */
  async look(attempts: readonly Attempt[], signal: AbortSignal): Promise<void> {
    const tasks = new Set(attempts.map(taskOf).filter((task) => task !== null));
    if (tasks.size === 0) return;
    const running = await this.#running([...tasks], signal);
    for (const attempt of attempts) {
      const task = taskOf(attempt);
      const log = task === null ? undefined : running.get(task);
      if (log === undefined) continue;
      const reason = `BTU Task "${task}" runs: its log ${log} is In-Progress; set overlap = "allow" to run it all the same`;
      attempt.skip({ outcome: "skipped_overlap", reason });
    }
  }

  async #running(taskIds: readonly string[], signal: AbortSignal): Promise<Map<string, string>> {
    const { readers, clock } = this.#options;
    const action = "look which tasks run";
    const found = new Map<string, string>();
    try {
      for (const read of readers) {
        const deadline = { clock, timeoutMs: TIMEOUT_MS, action, signal };
        const some = await withDeadline(deadline, (both) => read(taskIds, both));
        for (const [task, log] of some) found.set(task, log);
      }
      this.#outage.recovered();
    } catch (error) {
      if (signal.aborted) throw error;
      this.#askAgainMs = clock.monotonicMs() + PAUSE_MS;
      this.#outage.failed(error);
    }
    return found;
  }
}
