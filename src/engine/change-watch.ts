/**
 * Asks the databases every other second what changed of late: edits of tasks, of which nobody tells us, commits that came
 * long after their command, commands that were lost.
 *
 * Only the daemon that leads asks. One that takes over reads everything anew, and asks at once; until then it fires nothing
 * from what it knew before, as each firing is compared with the plan that the other one wrote.
 */
import { isAbort } from "../base/abort.ts";
import { Backoff } from "../base/backoff.ts";
import { Wakeup } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import type { Service } from "../base/service.ts";
import { ChangeTracker } from "../schedule/recent-changes.ts";
import type { Reconciler } from "./reconciler.ts";
import type { SourceReader } from "./source-reader.ts";

/** What the watch needs. */
export interface ChangeWatchOptions {
  readonly reconciler: Pick<Reconciler, "readers">;
  readonly clock: Clock;
  /** Whether this daemon leads. */
  readonly mayAsk: () => boolean;
  /** Told of schedules whose change is committed. */
  readonly onChanged: (ids: readonly string[]) => void;
  /** Has everything read. */
  readonly readAll: () => Promise<void>;
}

/** A change acts within this and a read: three statements over an index on `modified` cost the database nothing to speak of. */
const LOOK_EVERY_MS = 2_000;
/** A database that answers whole reads and not these looks is not to be read as a whole for each of them. */
const AFTER_FAULT = { firstMs: 4_000, maxMs: 300_000 } as const;

/** What is known of one source. */
interface Watched {
  readonly tracker: ChangeTracker;
  readonly backoff: Backoff;
  /** Monotonic. */
  notBeforeMs: number;
}

/** The service; one per daemon. */
export class ChangeWatch implements Service {
  readonly name = "change watch";
  readonly #options: ChangeWatchOptions;
  readonly #wakeup: Wakeup;
  readonly #watched = new Map<SourceReader, Watched>();

  constructor(options: ChangeWatchOptions) {
    this.#options = options;
    this.#wakeup = new Wakeup(options.clock);
    for (const reader of options.reconciler.readers) {
      const tracker = new ChangeTracker();
      this.#watched.set(reader, { tracker, backoff: new Backoff(AFTER_FAULT), notBeforeMs: 0 });
    }
  }

  /** Looks at once. */
  look(): void {
    this.#wakeup.wake();
  }

  /** @inheritdoc */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, mayAsk } = this.#options;
    while (!signal.aborted) {
      try {
        for (const [reader, watched] of this.#watched) {
          const isTime = clock.monotonicMs() >= watched.notBeforeMs;
          if (isTime && mayAsk() && reader.canReadChanges) {
            await this.#lookAt(reader, watched, signal);
          }
        }
      } catch (error) {
        if (!isAbort(error, signal)) throw error;
      }
      await this.#wakeup.sleep(LOOK_EVERY_MS, signal);
    }
  }

  async #lookAt(reader: SourceReader, watched: Watched, signal: AbortSignal): Promise<void> {
    const { clock, onChanged, readAll } = this.#options;
    const changes = await reader.readChanges(signal);
    if (changes === null) {
      // The source failed: a whole pass tries again until it is back, and then misses nothing.
      void readAll();
      watched.notBeforeMs = clock.monotonicMs() + watched.backoff.nextMs();
      return;
    }
    watched.backoff.reset();
    const { ids, needsWholeRead } = watched.tracker.news(changes);
    if (needsWholeRead) void readAll();
    else if (ids.length > 0) onChanged(ids);
  }
}
