/** Jobs of older BTU apps: only the site's web server can pickle their call. */
import { isAbort } from "../base/abort.ts";
import type { FrappeEndpoints } from "../frappe/endpoints.ts";
import { FrappeError } from "../frappe/errors.ts";
import type { BtuTaskWork, Schedule } from "../schedule/schedule.ts";
import { newJobId } from "./build-native.ts";
import { BuildError } from "./builder.ts";
import type { Builder } from "./builder.ts";
import type { QueueNames } from "./queue-names.ts";
import { compressData } from "./rq-job.ts";
import type { RqJob } from "./rq-job.ts";

/** What the builder needs. */
export interface PickledOptions {
  readonly endpoints: FrappeEndpoints;
  readonly queueNames: QueueNames;
  /** How far ahead of the due instant the bytes are fetched. */
  readonly aheadSeconds: number;
}

/** As many requests at once as a small gunicorn bears. */
const CONCURRENCY = 4;
/** Frappe's own defaults. */
const RESULT_TTL_SECONDS = 600;
const FAILURE_TTL_SECONDS = 604_800;

/** Opens the builder. */
export function pickledBuilder(options: PickledOptions): Builder {
  return {
    kind: "pickled",
    aheadSeconds: options.aheadSeconds,
    concurrency: CONCURRENCY,
    build: (schedule, signal) => build(options, schedule, signal),
  };
}

async function build(
  { endpoints, queueNames }: PickledOptions,
  schedule: Schedule,
  signal: AbortSignal,
): Promise<RqJob> {
  const { work } = schedule;
  if (work?.kind !== "btu_task") {
    const text = "build a job: only a BTU Task can be pickled by the web server";
    throw new BuildError(text, { transient: false });
  }
  const data = await fetchPickle(endpoints, schedule, work, signal);
  return {
    id: newJobId(),
    queue: await queueNames.fullName(schedule.queue),
    data: compressData(data),
    description: `BTU Task ${work.taskId}: ${schedule.description}`,
    timeoutSeconds: work.timeoutSeconds,
    resultTtlSeconds: RESULT_TTL_SECONDS,
    failureTtlSeconds: FAILURE_TTL_SECONDS,
  };
}

async function fetchPickle(
  endpoints: FrappeEndpoints,
  schedule: Schedule,
  { taskId }: BtuTaskWork,
  signal: AbortSignal,
): Promise<Uint8Array> {
  try {
    return await endpoints.getPickledTask(taskId, schedule.id, signal);
  } catch (error) {
    if (isAbort(error, signal)) throw error;
    const transient = !(error instanceof FrappeError) || error.transient;
    throw new BuildError(`fetch the job of BTU Task "${taskId}"`, { transient, cause: error });
  }
}
