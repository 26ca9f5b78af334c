/** How an occurrence becomes an RQ job. */
import type { Schedule, Work } from "../schedule/schedule.ts";
import type { RqJob } from "./rq-job.ts";

/** `native`: we pickle the call. `pickled`: the site's web server does. `delegated`: the site makes and enqueues the job. */
export type BuilderKind = "native" | "pickled" | "delegated";

/** What a job is made of: a schedule, or a task that is run by hand. */
export interface JobWish {
  /** The schedule; null for a task that is run by hand. */
  readonly id: string | null;
  readonly description: string;
  /** Queue name without a bench prefix. */
  readonly queue: string;
  readonly work: Work | null;
}

/** How long Redis keeps a site's jobs once they ended. */
export interface JobTtls {
  readonly resultTtlSeconds: number;
  readonly failureTtlSeconds: number;
}

/** Makes RQ jobs; may be called again for the same occurrence without harm. */
export interface Builder {
  readonly kind: BuilderKind;
  /** How far ahead of the due instant a job should be built, in seconds. */
  readonly aheadSeconds: number;
  /** How many jobs may be in the making at once. */
  readonly concurrency: number;
  /** @throws BuildError when it cannot be built; transient ones are worth another attempt. */
  build(wish: JobWish, signal: AbortSignal): Promise<RqJob>;
  /** Where the site enqueues the job itself: then nothing can be built. */
  readonly handOver?: HandOver | undefined;
}

/** A request to a site whose fate is not known. */
export interface OpenRequest {
  readonly schedule: Schedule;
  /** No earlier request was made for this occurrence, epoch ms. */
  readonly sinceMs: number;
}

/** Has a site enqueue jobs itself. */
export interface HandOver {
  /** @throws HandOverError */
  post(schedule: Schedule, signal: AbortSignal): Promise<void>;
  /**
   * Looks for what a request may have left behind, and says what it is; null when there is nothing.
   *
   * @throws when that cannot be told at present.
   */
  find(request: OpenRequest, signal: AbortSignal): Promise<string | null>;
}

/** Why a job could not be built. */
export class BuildError extends Error {
  override readonly name: string = "BuildError";
  readonly transient: boolean;

  constructor(message: string, { transient, cause }: { transient: boolean; cause?: unknown }) {
    super(message, { cause });
    this.transient = transient;
  }
}

/** Why a job was not handed over, or why nobody knows whether it was. */
export class HandOverError extends BuildError {
  override readonly name = "HandOverError";
  /** The site may have enqueued the job all the same. */
  readonly mayBeDone: boolean;

  constructor(
    message: string,
    options: { readonly transient: boolean; readonly mayBeDone: boolean; readonly cause: unknown },
  ) {
    super(message, options);
    this.mayBeDone = options.mayBeDone;
  }
}
