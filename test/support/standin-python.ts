/** What the stand-in site lets real Python do. */
import { runPython } from "./python.ts";
import type { RqVersion } from "./python.ts";

/** The user whose token the site knows. */
export const STANDIN_USER = "btu@example.com";

/** Which task of which site, and for which schedule. */
export interface TaskWish {
  readonly site: string;
  readonly taskId: string;
  readonly scheduleId: string | null;
}

interface PickleStyle {
  readonly byId: boolean;
}

/** For `pickledTask`: pickles a bound method, or (`byId`, since 15.1) the function's path and the task's id. */
export function pickleByPython({ byId }: PickleStyle): (wish: TaskWish) => Promise<Uint8Array> {
  return async ({ site, taskId, scheduleId }) => {
    const names = { site, user: STANDIN_USER, task_id: taskId, schedule_id: scheduleId };
    const wish = { ...names, description: `Task ${taskId}`, by_id: byId };
    const printed = await runPython({ script: "make_pickle.py", args: [JSON.stringify(wish)] });
    return Buffer.from(printed.trim(), "base64");
  };
}

/** Where `enqueueByPython` puts its jobs, and how. */
export interface EnqueueOptions {
  readonly redisUrl: string;
  readonly rq: RqVersion;
  readonly queue: string;
  /** Stands before the queue's name; empty for none. */
  readonly benchId: string;
  readonly idStyle: "||" | "::" | "plain";
  readonly taskOf: (scheduleId: string) => string;
  /** Default 600. */
  readonly timeoutSecs?: number;
  /** Without its site; default a random one. */
  readonly jobId?: string;
}

/** For `enqueue`: puts the task on its queue through RQ itself, as Frappe 15 and 16 do. */
export function enqueueByPython(
  options: EnqueueOptions,
): (scheduleId: string, site: string) => Promise<string> {
  return async (scheduleId, site) => {
    const wish = {
      redis_url: options.redisUrl,
      queue: options.queue,
      site,
      user: STANDIN_USER,
      bench_id: options.benchId,
      id_style: options.idStyle,
      timeout_secs: options.timeoutSecs ?? 600,
      job_id: options.jobId,
      task_id: options.taskOf(scheduleId),
      schedule_id: scheduleId,
    };
    const args = [JSON.stringify(wish)];
    return (await runPython({ script: "enqueue_task.py", args, rq: options.rq })).trim();
  };
}
