/** RQ's jobs of one queue, whatever their state; read only. */
import { inflateSync } from "node:zlib";
import type { Redis } from "ioredis";
import { rqKeys } from "./keys.ts";

/** One job. */
export interface RqJobTrace {
  readonly id: string;
  /** The pickled call. */
  readonly pickle: Uint8Array;
}

/** Of each list or set the newest; a site has queued fewer jobs since a request was sent. */
const IDS_MAX = 500;
const OLDEST = String(-IDS_MAX);
/** A call is some kilobytes; more than this is not one of ours. */
const PICKLE_BYTES_MAX = 4 * 1024 * 1024;

/** Running jobs are listed by their id (1.x) or with their execution behind a colon (2.x): both forms are asked for. */
function runningIds(members: readonly string[]): string[] {
  return members.flatMap((member) => {
    const colon = member.lastIndexOf(":");
    return colon < 0 ? [member] : [member, member.slice(0, colon)];
  });
}

async function idsOf(client: Redis, queue: string): Promise<string[]> {
  const key = rqKeys.queue(queue);
  const [waiting, taken, running, finished, failed] = await Promise.all([
    client.lrange(key, -IDS_MAX, -1),
    client.lrange(rqKeys.intermediate(queue), -IDS_MAX, -1),
    client.zrange(rqKeys.wip(queue), OLDEST, "-1"),
    // Scores are when a job is forgotten: the newest come last.
    client.zrange(rqKeys.finished(queue), OLDEST, "-1"),
    client.zrange(rqKeys.failed(queue), OLDEST, "-1"),
  ]);
  return [...new Set([...waiting, ...taken, ...runningIds(running), ...finished, ...failed])];
}

/** RQ decompresses where it can, and takes the bytes as they are where it cannot. */
function inflate(data: Buffer): Uint8Array {
  try {
    return inflateSync(data, { maxOutputLength: PICKLE_BYTES_MAX });
  } catch {
    return data;
  }
}

async function createdSince(
  client: Redis,
  ids: readonly string[],
  sinceMs: number,
): Promise<string[]> {
  const pipeline = client.pipeline();
  for (const id of ids) pipeline.hget(rqKeys.job(id), "created_at");
  const replies = (await pipeline.exec()) ?? [];
  return ids.filter((_, index) => {
    const [error, created] = replies[index] ?? [];
    if (error) throw error;
    return typeof created === "string" && Date.parse(created) >= sinceMs;
  });
}

/** The jobs of a queue that were made since an instant (epoch ms), by the clock of whoever made them. */
export async function* jobsSince(
  client: Redis,
  queue: string,
  sinceMs: number,
): AsyncGenerator<RqJobTrace> {
  const ids = await createdSince(client, await idsOf(client, queue), sinceMs);
  for (const id of ids) {
    const data = await client.hgetBuffer(rqKeys.job(id), "data");
    if (data !== null) yield { id, pickle: inflate(data) };
  }
}
