/** Has all schedules read at start, every N seconds and when asked to. */
import { isAbort } from "../base/abort.ts";
import { Outage } from "../base/backoff.ts";
import { Wakeup } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { RedisConnection } from "../redis/connect.ts";
import type { Source } from "../schedule/source.ts";
import type { ReconcileState, Reconciler } from "./reconciler.ts";
import type { SourceReader } from "./source-reader.ts";

/** What the loop needs. */
export interface ReconcileLoopOptions {
  readonly reconciler: Reconciler;
  readonly redis: RedisConnection;
  readonly sources: readonly Source[];
  readonly clock: Clock;
  readonly log: Log;
  /** Time between full reads, in milliseconds. */
  readonly refreshMs: number;
}

/** A source or Redis that failed is tried again after this: the daemon is to be back within 2 s of it. */
const RETRY_MS = 1_000;

/** The loop; one per daemon. */
export class ReconcileLoop implements Service {
  readonly name = "reconcile loop";
  readonly #options: ReconcileLoopOptions;
  readonly #wakeup: Wakeup;
  readonly #outage: Outage;
  #mayReuse = false;
  #waiting: Array<() => void> = [];

  constructor(options: ReconcileLoopOptions) {
    this.#options = options;
    const { clock, log } = options;
    this.#wakeup = new Wakeup(clock);
    this.#outage = new Outage("reconcile", { clock, log });
  }

  /** When and how long the last pass was. */
  get state(): ReconcileState {
    return this.#options.reconciler.state;
  }

  /** Name, problem (null while it can be read) and the site's app (null where none is known) of each source. */
  get sources(): ReadonlyArray<Pick<SourceReader, "name" | "problem" | "app">> {
    const { readers } = this.#options.reconciler;
    return readers.map(({ name, problem, app }) => ({ name, problem, app }));
  }

  /** Asks for a pass now; resolves when one that began after this call has ended. */
  request(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.#wakeup.wake();
    return promise;
  }

  /**
   * This daemon begins to lead. When it is the first to do so, what was just read is written without reading it again; what
   * was read while another led may be older than what that one planned.
   */
  lead({ isFirst }: { readonly isFirst: boolean }): void {
    this.#mayReuse = isFirst;
    this.#wakeup.wake();
  }

  /** @inheritdoc */
  async run(signal: AbortSignal): Promise<void> {
    const { reconciler, redis, sources } = this.#options;
    redis.onReady(() => {
      if (!reconciler.isReading) this.#wakeup.wake();
    });
    const watches = sources.map((source) => source.watch(() => this.#wakeup.wake(), signal));
    while (!signal.aborted) {
      const waiting = this.#waiting.splice(0);
      let isWhole = false;
      const mayReuse = this.#mayReuse;
      this.#mayReuse = false;
      try {
        isWhole = await reconciler.whole(signal, mayReuse);
        this.#outage.recovered();
      } catch (error) {
        if (isAbort(error, signal)) break;
        redis.distrust(error);
        if (redis.isReady) this.#outage.failed(error);
      }
      for (const resolve of waiting) resolve();
      await this.#wakeup.sleep(isWhole ? this.#options.refreshMs : RETRY_MS, signal);
    }
    await Promise.all(watches);
  }
}
