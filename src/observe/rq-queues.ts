/** RQ's queues and how many jobs they hold in which state; read only, where RQ's own counting moves jobs about. */
import type { Redis } from "ioredis";
import type { Clock } from "../base/clock.ts";
import { nowSeconds } from "../base/clock.ts";
import { rqKeys } from "../redis/keys.ts";
import { askAll } from "../redis/pipeline.ts";
import type { RedisAnswer, RedisCommand } from "../redis/pipeline.ts";
import type { RqWorker } from "../redis/rq-workers.ts";

/** What jobs are counted by. */
export const JOB_STATES = [
  "started",
  "queued",
  "failed",
  "scheduled",
  "deferred",
  "finished",
  "canceled",
] as const;

/** Where a job stands. */
export type JobState = (typeof JOB_STATES)[number];

/** How many jobs are in each state. */
export type JobCounts = Readonly<Record<JobState, number>>;

/** One queue. */
export interface QueueRow extends JobCounts {
  /** In full, with a bench prefix if any. */
  readonly name: string;
  /** Taken off the queue by a worker that has not started them yet. */
  readonly taken: number;
  /** Started by a worker that is gone; RQ calls them failed when a worker next cleans up. */
  readonly abandoned: number;
  /** Workers that listen on it, and those of them that are busy. */
  readonly workers: number;
  readonly busy: number;
}

/** All queues. */
export interface QueueReading {
  /** By name. */
  readonly queues: readonly QueueRow[];
  /** Names of queues that this Redis user may not read: other benches', as a rule. */
  readonly forbidden: readonly string[];
  /** How many queues there are beyond those that were read. */
  readonly more: number;
}

/** Ten commands each; a bench has tens of queues. */
const QUEUES_MAX = 1_000;

/** The key of the jobs of a state by their queue's name; a queue's waiting jobs are a list, the others sorted sets. */
export const STATE_KEYS: Readonly<Record<JobState, (queue: string) => string>> = {
  started: rqKeys.wip,
  queued: rqKeys.queue,
  failed: rqKeys.failed,
  scheduled: rqKeys.scheduled,
  deferred: rqKeys.deferred,
  finished: rqKeys.finished,
  canceled: rqKeys.canceled,
};

/** The names of all queues that RQ or a worker knows, in order. */
export async function queueNames(
  client: Redis,
  workers: readonly RqWorker[] = [],
): Promise<string[]> {
  const keys = await client.smembers(rqKeys.queues);
  const known = keys.map((key) => key.slice(rqKeys.queue("").length));
  return [...new Set([...known, ...workers.flatMap(({ queues }) => queues)])].toSorted();
}

/** Their order is that of `rowOf`. */
function commandsOf(name: string, now: number): RedisCommand[] {
  const expired = (key: string): RedisCommand => ["zcount", key, 0, now];
  const { wip, finished, failed } = rqKeys;
  return [
    ["llen", rqKeys.queue(name)],
    ["llen", rqKeys.intermediate(name)],
    ["zcard", wip(name)],
    expired(wip(name)),
    ["zcard", finished(name)],
    expired(finished(name)),
    ["zcard", failed(name)],
    expired(failed(name)),
    ["zcard", rqKeys.deferred(name)],
    ["zcard", rqKeys.scheduled(name)],
    ["zcard", rqKeys.canceled(name)],
  ];
}

function rowOf(name: string, counts: readonly number[], workers: readonly RqWorker[]): QueueRow {
  const [queued = 0, taken = 0, wip = 0, abandoned = 0, finished = 0, forgotten = 0] = counts;
  const [failed = 0, expired = 0, deferred = 0, scheduled = 0, canceled = 0] = counts.slice(6);
  const listening = workers.filter(({ queues }) => queues.includes(name));
  return {
    name,
    queued,
    started: wip - abandoned,
    // RQ takes out what its time is over for before it counts.
    finished: finished - forgotten,
    failed: failed - expired,
    deferred,
    scheduled,
    canceled,
    taken,
    abandoned,
    workers: listening.length,
    busy: listening.filter(({ state }) => state === "busy").length,
  };
}

function isForbidden({ error }: RedisAnswer): boolean {
  return error !== null && error.message.startsWith("NOPERM");
}

function countOf({ error, reply }: RedisAnswer): number {
  if (error !== null) throw error;
  return Number(reply);
}

/** Counts the jobs of all queues in one round trip; those of registries that RQ's version lacks are 0. */
export async function readQueues(
  client: Redis,
  { clock, workers }: { readonly clock: Clock; readonly workers: readonly RqWorker[] },
): Promise<QueueReading> {
  const all = await queueNames(client, workers);
  const names = all.slice(0, QUEUES_MAX);
  const perQueue = names.map((name) => commandsOf(name, nowSeconds(clock)));
  const answers = await askAll(client, perQueue.flat());
  const forbidden: string[] = [];
  const queues: QueueRow[] = [];
  let at = 0;
  for (const [index, name] of names.entries()) {
    const count = perQueue[index]?.length ?? 0;
    const own = answers.slice(at, at + count);
    at += count;
    if (own.some(isForbidden)) forbidden.push(name);
    else queues.push(rowOf(name, own.map(countOf), workers));
  }
  return { queues, forbidden, more: all.length - names.length };
}

/** A queue by its full name, or by its name without a bench prefix; several when that fits several. */
export function matchQueues(wanted: string, names: readonly string[]): string[] {
  if (names.includes(wanted)) return [wanted];
  return names.filter((name) => name.endsWith(`:${wanted}`));
}
