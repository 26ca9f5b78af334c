/** How an occurrence becomes an RQ job. */
import type { Schedule } from "../schedule/schedule.ts";
import type { RqJob } from "./rq-job.ts";

/** `native`: we pickle the call. `pickled`: the site's web server does. */
export type BuilderKind = "native" | "pickled";

/** Makes RQ jobs; may be called again for the same occurrence without harm. */
export interface Builder {
  readonly kind: BuilderKind;
  /** How far ahead of the due instant a job should be built, in seconds. */
  readonly aheadSeconds: number;
  /** How many jobs may be in the making at once. */
  readonly concurrency: number;
  /** @throws BuildError when it cannot be built; transient ones are worth another attempt. */
  build(schedule: Schedule, signal: AbortSignal): Promise<RqJob>;
}

/** Why a job could not be built. */
export class BuildError extends Error {
  override readonly name = "BuildError";
  readonly transient: boolean;

  constructor(message: string, { transient, cause }: { transient: boolean; cause?: unknown }) {
    super(message, { cause });
    this.transient = transient;
  }
}
