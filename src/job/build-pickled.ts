/** Jobs of older BTU apps: only the site's web server can pickle their call. */
import { isAbort, withDeadline } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { FrappeEndpoints } from "../frappe/endpoints.ts";
import { FrappeError } from "../frappe/errors.ts";
import type { BtuTaskWork } from "../schedule/schedule.ts";
import { BuildError } from "./builder.ts";
import type { Builder, JobTtls, JobWish } from "./builder.ts";
import type { JobIds } from "./job-ids.ts";
import { PickleCache } from "./pickle-cache.ts";
import type { QueueNames } from "./queue-names.ts";
import { compressData } from "./rq-job.ts";
import type { RqJob } from "./rq-job.ts";

/** What the builder needs. */
export interface PickledOptions {
  readonly endpoints: FrappeEndpoints;
  readonly queueNames: QueueNames;
  readonly ids: Pick<JobIds, "next">;
  readonly ttls: JobTtls;
  /** How far ahead of the due instant the bytes are fetched. */
  readonly aheadSeconds: number;
  /** Whether a job that cannot be fetched is late, or placed as it was fetched last. */
  readonly fallback: "wait" | "cached";
  readonly clock: Clock;
  readonly log: Log;
}

/** As many requests at once as a small gunicorn bears. */
const CONCURRENCY = 4;
/** Of the time ahead this much is kept for placing the job. */
const RESERVE_MS = 500;
/** A fetch that has something to fall back on gets at least so long. */
const PATIENCE_MIN_MS = 500;

/** Opens the builder. */
export function pickledBuilder(options: PickledOptions): Builder {
  return new PickledBuilder(options);
}

class PickledBuilder implements Builder {
  readonly kind = "pickled";
  readonly aheadSeconds: number;
  readonly concurrency = CONCURRENCY;
  readonly #options: PickledOptions;
  readonly #cache: PickleCache | null;

  constructor(options: PickledOptions) {
    this.#options = options;
    this.aheadSeconds = options.aheadSeconds;
    this.#cache = options.fallback === "cached" ? new PickleCache() : null;
  }

  async build(wish: JobWish, signal: AbortSignal): Promise<RqJob> {
    const { queueNames, ids, ttls } = this.#options;
    const { work } = wish;
    if (work?.kind !== "btu_task") {
      const text = "build a job: only a BTU Task can be pickled by the web server";
      throw new BuildError(text, { transient: false });
    }
    const data = await this.#data(wish, work, signal);
    return {
      id: await ids.next(),
      queue: await queueNames.fullName(wish.queue),
      data,
      description: `BTU Task ${work.taskId}: ${wish.description}`,
      timeoutSeconds: work.timeoutSeconds,
      ...ttls,
    };
  }

  async #data(wish: JobWish, work: BtuTaskWork, signal: AbortSignal): Promise<Uint8Array> {
    const known = this.#cache?.get(wish.id, work) ?? null;
    try {
      const fetched = compressData(
        await this.#fetch(wish, work, { signal, mayFail: known !== null }),
      );
      this.#cache?.put(wish.id, work, fetched);
      return fetched;
    } catch (error) {
      if (isAbort(error, signal)) throw error;
      const transient = !(error instanceof FrappeError) || error.transient;
      if (transient && known !== null) {
        const fields = { schedule: wish.id ?? undefined, reason: describeError(error) };
        this.#options.log.warn("placed as it was fetched last", fields);
        return known;
      }
      throw new BuildError(`fetch the job of BTU Task "${work.taskId}"`, {
        transient,
        cause: error,
      });
    }
  }

  /** With something to fall back on, only as long as the job would still be in time. */
  #fetch(
    { id }: JobWish,
    { taskId }: BtuTaskWork,
    { signal, mayFail }: { readonly signal: AbortSignal; readonly mayFail: boolean },
  ): Promise<Uint8Array> {
    const { endpoints, clock } = this.#options;
    if (!mayFail) return endpoints.getPickledTask(taskId, id, signal);
    const timeoutMs = Math.max(this.aheadSeconds * 1000 - RESERVE_MS, PATIENCE_MIN_MS);
    const action = `get task "${taskId}" pickled`;
    return withDeadline({ clock, timeoutMs, action, signal }, (deadline) =>
      endpoints.getPickledTask(taskId, id, deadline),
    );
  }
}
