/** Looks in RQ's queues for the job that the site made of a schedule. */
import type { Redis } from "ioredis";
import { decodePickle } from "../pickle/decode.ts";
import { PyDict, PyTuple } from "../pickle/value.ts";
import type { PickleValue } from "../pickle/value.ts";
import { jobsSince } from "../redis/rq-jobs.ts";
import type { FindTrace } from "./build-delegated.ts";
import type { QueueNames } from "./queue-names.ts";

/** What looking needs. */
export interface FindJobOptions {
  readonly client: Redis;
  readonly queueNames: QueueNames;
}

function member(value: PickleValue | undefined, name: string): PickleValue | undefined {
  return value instanceof PyDict ? value.get(name) : undefined;
}

/** The schedule that a job of the app says it is for; null for any other job, and for one of apps that do not say it. */
function scheduleOfCall(pickle: Uint8Array): string | null {
  try {
    const call = decodePickle(pickle);
    const kwargs = call instanceof PyTuple ? call.items[3] : undefined;
    const id = member(member(kwargs, "kwargs"), "schedule_id");
    return typeof id === "string" ? id : null;
  } catch {
    // Whatever it is, it is not what the app makes of a schedule.
    return null;
  }
}

/** Looks among waiting, running and ended jobs. */
export function findJob({ client, queueNames }: FindJobOptions): FindTrace {
  return async ({ schedule, sinceMs }) => {
    const queue = await queueNames.fullName(schedule.queue);
    for await (const { id, pickle } of jobsSince(client, queue, sinceMs)) {
      if (scheduleOfCall(pickle) === schedule.id) return `job ${id}`;
    }
    return null;
  };
}
