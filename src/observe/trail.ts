/** What Redis tells of one schedule: what became of its occurrences, its last job, who listens on its queue. Read only. */
import type { Redis } from "ioredis";
import type { Keys } from "../redis/keys.ts";
import { PAUSED_ALL, rqKeys } from "../redis/keys.ts";
import { readRqWorkers } from "../redis/rq-workers.ts";
import { heldSince, lastChange } from "./definitions.ts";
import type { ChangeEntry } from "./definitions.ts";
import { findEntries, parseLastOutcome } from "./ledger.ts";
import type { LedgerEntry } from "./ledger.ts";

/** Somebody keeps a schedule from running. */
export interface Pause {
  /** Null when it is not told. */
  readonly sinceMs: number | null;
  readonly note: string;
  /** Whether all schedules are paused, not this one. */
  readonly isAll: boolean;
}

/** The last job that was placed for a schedule. */
export interface LastJobState {
  readonly id: string;
  /** Full queue name. */
  readonly queue: string;
  readonly placedMs: number;
  /** RQ's word, such as `queued` or `finished`; null when RQ has no such job any more. */
  readonly status: string | null;
}

/** A queue and who works for it. */
export interface QueueState {
  /** Full name. */
  readonly name: string;
  readonly workers: number;
  readonly waiting: number;
}

/** What was found. */
export interface Trail {
  readonly last: LedgerEntry | null;
  /** The newest first; among the newest of the ledger only. */
  readonly recent: readonly LedgerEntry[];
  readonly change: ChangeEntry | null;
  readonly lastJob: LastJobState | null;
  /** Null when the queue's key holds something else. */
  readonly queue: QueueState | null;
}

/** What is looked for. */
export interface TrailOptions {
  readonly client: Redis;
  readonly keys: Keys;
  readonly scheduleId: string;
  /** Full name of its queue. */
  readonly queue: string;
  readonly entries: number;
}

/** Of a busy ledger only so much is looked through for one schedule; `btu history` looks through all of it. */
const ENTRIES_LOOKED_AT_MAX = 2_000;
const CHANGES_LOOKED_AT_MAX = 1_000;

function objectOf(text: string | null | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** The pause that holds for a schedule, or null; `pauses` is id to JSON. */
export function pauseOf(pauses: ReadonlyMap<string, string>, id: string): Pause | null {
  const own = pauses.get(id);
  const text = own ?? pauses.get(PAUSED_ALL);
  if (text === undefined) return null;
  const { since_ms: since, note } = objectOf(text);
  const sinceMs = Number(since);
  return {
    sinceMs: Number.isFinite(sinceMs) && since !== null ? sinceMs : null,
    note: typeof note === "string" ? note : "",
    isAll: own === undefined,
  };
}

async function lastJobOf({ client, keys, scheduleId }: TrailOptions): Promise<LastJobState | null> {
  const guard = objectOf(await client.hget(keys.lastJob, scheduleId));
  const { job, queue, ms } = guard;
  if (typeof job !== "string" || job === "") return null;
  return {
    id: job,
    queue: typeof queue === "string" ? queue : "",
    placedMs: Number(ms),
    status: await client.hget(rqKeys.job(job), "status"),
  };
}

async function queueState(client: Redis, name: string): Promise<QueueState | null> {
  const key = rqKeys.queue(name);
  if (!["list", "none"].includes(await client.type(key))) return null;
  const [workers, waiting] = await Promise.all([readRqWorkers(client), client.llen(key)]);
  return { name, workers: workers.filter(({ queues }) => queues.includes(name)).length, waiting };
}

/** The last change; where it lies behind those of many others, since when the present definition holds. */
async function changeOf({ client, keys, scheduleId: schedule }: TrailOptions) {
  const wanted = { schedule, lookAtMax: CHANGES_LOOKED_AT_MAX };
  const found = await lastChange(client, keys.changes, wanted);
  return found ?? heldSince(schedule, await client.hget(keys.definitions, schedule));
}

/** Reads it. */
export async function readTrail(options: TrailOptions): Promise<Trail> {
  const { client, keys, scheduleId, queue, entries } = options;
  const [last, recent, change, lastJob, queueFound] = await Promise.all([
    client.hget(keys.lastOutcome, scheduleId),
    findEntries(client, keys.ledger, {
      schedule: scheduleId,
      outcomes: null,
      sinceMs: 0,
      limit: entries,
      lookAtMax: ENTRIES_LOOKED_AT_MAX,
    }),
    changeOf(options),
    lastJobOf(options),
    queueState(client, queue),
  ]);
  return { last: parseLastOutcome(last), recent, change, lastJob, queue: queueFound };
}
