/** A job for a task that is run by hand, without a schedule. */
import type { BtuGeneration } from "../schedule/btu-generation.ts";
import type { BtuTask } from "../schedule/btu-task.ts";
import type { BtuTaskWork } from "../schedule/schedule.ts";
import type { SiteRecords } from "../schedule/source.ts";
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
  if (task === undefined)
    throw new TaskError(`run BTU Task "${taskId}": the site has no such task`);
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
