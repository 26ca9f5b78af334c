/** Puts failed jobs back on their queue. */
import { deflateSync } from "node:zlib";
import type { Redis } from "ioredis";
import type { Clock } from "../base/clock.ts";
import { rqKeys } from "../redis/keys.ts";
import { defineScript, runScript } from "../redis/script.ts";
import requeueLua from "./requeue.lua" with { type: "text" };
import { formatRqTime } from "./rq-job.ts";

const REQUEUE = defineScript("requeue", requeueLua);

/** What became of a job; `reason` tells why nothing was done. */
export type RequeueVerdict =
  | { readonly id: string; readonly requeued: true; readonly reason: null }
  | { readonly id: string; readonly requeued: false; readonly reason: string };

/** What requeueing needs. */
export interface RequeueOptions {
  readonly client: Redis;
  readonly clock: Clock;
  /** Full name of the queue that the jobs failed on. */
  readonly queue: string;
}

/** One script call: about a millisecond of Redis. */
const BATCH = 100;
const NOTHING = deflateSync("");

const REASONS: Readonly<Record<string, string>> = {
  gone: "there is no such job any more",
  not_failed: "it is not among the failed jobs of its queue",
  moved: "it belongs to another queue",
  no_call: "it holds no call: workers would drop it",
};

function verdictOf(id: string, word: unknown): RequeueVerdict {
  const text = String(word);
  if (text === "requeued") return { id, requeued: true, reason: null };
  const status = text.startsWith("status ") ? text.slice("status ".length) : null;
  const reason = status === null ? REASONS[text] : `its status is ${status}, not failed`;
  if (reason === undefined) throw new Error(`script requeue: unexpected reply "${text}"`);
  return { id, requeued: false, reason };
}

async function requeueBatch(
  ids: readonly string[],
  { client, clock, queue }: RequeueOptions,
): Promise<RequeueVerdict[]> {
  const { job, dependents, dependencies } = rqKeys;
  const keys = [rqKeys.queues, rqKeys.queue(queue), rqKeys.failed(queue)];
  const jobKeys = ids.flatMap((id) => [job(id), dependents(id), dependencies(id)]);
  const args = [queue, formatRqTime(clock.nowMs()), NOTHING, ...ids];
  const reply = await runScript(client, REQUEUE, [...keys, ...jobKeys], args);
  if (!Array.isArray(reply) || reply.length !== ids.length) {
    throw new Error("script requeue: unexpected reply");
  }
  return ids.map((id, index) => verdictOf(id, reply[index]));
}

/**
 * Puts failed jobs back at the end of their queue, each in one step; those that cannot be are told with the reason.
 *
 * @throws RedisRefusal when Redis answers with an error; jobs of earlier batches are queued then.
 */
export async function requeueJobs(
  ids: readonly string[],
  options: RequeueOptions,
): Promise<RequeueVerdict[]> {
  const verdicts: RequeueVerdict[] = [];
  for (let at = 0; at < ids.length; at += BATCH) {
    verdicts.push(...(await requeueBatch(ids.slice(at, at + BATCH), options)));
  }
  return verdicts;
}

/** Ids of the jobs that failed on a queue, those that expire first before the others; at most `limit`. */
export function failedJobs(client: Redis, queue: string, limit: number): Promise<string[]> {
  return client.zrange(rqKeys.failed(queue), 0, String(limit - 1));
}
