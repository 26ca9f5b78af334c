/** A job for a task that is run by hand, without a schedule. */
import { isAbort } from "../base/abort.ts";
import { suggestion } from "../base/suggest.ts";
import type { BtuGeneration } from "../schedule/btu-generation.ts";
import type { BtuTask } from "../schedule/btu-task.ts";
import type { BtuTaskWork } from "../schedule/schedule.ts";
import type { SiteRecords } from "../schedule/source.ts";
import { BuildError } from "./builder.ts";
import type { JobWish } from "./builder.ts";

/** Where tasks are looked up: a source that belongs to a site. */
export interface TaskPlace {
  readonly records?: SiteRecords | undefined;
  /** Null before the first whole read of the source. */
  readonly generation: BtuGeneration | null;
}

/** Why a task cannot be run: it is not there, withdrawn, or wrong. */
export class TaskError extends Error {
  override readonly name = "TaskError";
  /** No task is called so. */
  readonly isUnknown: boolean;

  constructor(message: string, { isUnknown = false } = {}) {
    super(message);
    this.isUnknown = isUnknown;
  }
}

/** Among more names the nearest one takes too long to find. */
const SUGGEST_FROM_MAX = 2_000;

/**
 * As `taskWish`, from the first of these places that belongs to a site.
 *
 * @throws TaskError as there, and when no site is configured; BuildError when the site cannot be asked at present.
 */
export async function siteTaskWish(
  taskId: string,
  places: readonly TaskPlace[],
  signal: AbortSignal,
): Promise<JobWish> {
  const place = places.find(({ records }) => records !== undefined);
  if (place === undefined) {
    throw new TaskError(`run BTU Task "${taskId}": the configuration names no site`);
  }
  if (place.generation === null) {
    const text = `look up BTU Task "${taskId}": the site was not read yet, so its BTU app is not known`;
    throw new BuildError(text, { transient: true });
  }
  try {
    return await taskWish(taskId, place, signal);
  } catch (error) {
    if (error instanceof TaskError || isAbort(error, signal)) throw error;
    throw new BuildError(`read BTU Task "${taskId}"`, { transient: true, cause: error });
  }
}

/**
 * What a builder makes the job of a task from; ask the builder of a wish for it as of a schedule.
 *
 * @throws TaskError when the task is unknown or cannot run; as `Source.read` when the site cannot be asked.
 */
export async function taskWish(
  taskId: string,
  place: TaskPlace,
  signal: AbortSignal,
): Promise<JobWish> {
  const [task] = (await place.records?.readTasks(taskId, signal)) ?? [];
  if (task === undefined) {
    const tasks = (await place.records?.readTasks(null, signal)) ?? [];
    const known = tasks.length > SUGGEST_FROM_MAX ? [] : tasks.map(({ id }) => id);
    const text = `no BTU Task is called "${taskId}"${suggestion(taskId, known)}`;
    throw new TaskError(text, { isUnknown: true });
  }
  return { id: null, description: task.description, queue: task.queue, work: workOf(task, place) };
}

function workOf(
  { id, state, timeoutSeconds }: BtuTask,
  { generation, records }: TaskPlace,
): BtuTaskWork {
  if (state === "cancelled") {
    const text = `run BTU Task "${id}": it is cancelled; run the one that was amended from it`;
    throw new TaskError(text);
  }
  if (timeoutSeconds === null) {
    throw new TaskError(`run BTU Task "${id}": its max_task_duration is not a number of seconds`);
  }
  const runsById = generation?.runsById ?? false;
  const work = { kind: "btu_task", taskId: id, timeoutSeconds, runsById } as const;
  return records?.isRemote === true ? { ...work, isRemote: true } : work;
}
