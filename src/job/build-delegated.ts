/** Jobs that the site's own app makes and enqueues when it is asked to: nothing of the site but its web server is needed. */
import { isAbort } from "../base/abort.ts";
import type { FrappeEndpoints } from "../frappe/endpoints.ts";
import { FrappeError } from "../frappe/errors.ts";
import type { FrappeFault } from "../frappe/errors.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { BuildError, HandOverError } from "./builder.ts";
import type { Builder, OpenRequest } from "./builder.ts";

/** Looks in one place for what a request left behind; null when there is nothing. */
export type FindTrace = (request: OpenRequest, signal: AbortSignal) => Promise<string | null>;

/** What the builder needs. */
export interface DelegatedOptions {
  readonly endpoints: FrappeEndpoints;
  /** The places that can be looked at, the quickest first. */
  readonly traces: readonly FindTrace[];
}

/** As many requests at once as a small gunicorn bears. */
const CONCURRENCY = 4;

/** After these the site has surely not enqueued anything; after all others it may have. */
const NOT_DONE: ReadonlySet<FrappeFault> = new Set([
  "unauthorized",
  "forbidden",
  "not-found",
  "wrong-site",
  "rejected",
  "app-broken",
  "rate-limited",
  "maintenance",
  "redirected",
  "not-enqueued",
]);

/** Opens the builder. */
export function delegatedBuilder({ endpoints, traces }: DelegatedOptions): Builder {
  return {
    kind: "delegated",
    // The site enqueues at once: it must not be asked before the occurrence is due.
    aheadSeconds: 0,
    concurrency: CONCURRENCY,
    build: () => {
      const text =
        "build a job: this site enqueues its jobs itself, and only those of its schedules";
      return Promise.reject(new BuildError(text, { transient: false }));
    },
    handOver: {
      post: (schedule, signal) => post(endpoints, schedule, signal),
      find: (request, signal) => findAnywhere(traces, request, signal),
    },
  };
}

async function post(
  endpoints: FrappeEndpoints,
  schedule: Schedule,
  signal: AbortSignal,
): Promise<void> {
  try {
    await endpoints.enqueueForNextAvailableWorker(schedule.id, signal);
  } catch (error) {
    if (isAbort(error, signal)) throw error;
    const isSorted = error instanceof FrappeError;
    const mayBeDone = !isSorted || (error.wasSent && !NOT_DONE.has(error.kind));
    const hint = mayBeDone ? " (the site may have enqueued it all the same)" : "";
    throw new HandOverError(`hand over schedule "${schedule.id}"${hint}`, {
      // Where it may be done, it is looked up first and then sent again: nothing is final.
      transient: mayBeDone || error.transient,
      mayBeDone,
      cause: error,
    });
  }
}

async function findAnywhere(
  traces: readonly FindTrace[],
  request: OpenRequest,
  signal: AbortSignal,
): Promise<string | null> {
  for (const find of traces) {
    const found = await find(request, signal);
    if (found !== null) return found;
  }
  return null;
}
