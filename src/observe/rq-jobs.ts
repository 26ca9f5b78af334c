/** RQ's jobs, a few of each state; read only. */
import type { Redis } from "ioredis";
import type { Clock } from "../base/clock.ts";
import { nowSeconds } from "../base/clock.ts";
import { rqKeys } from "../redis/keys.ts";
import { askAll, mustReply } from "../redis/pipeline.ts";
import type { RedisCommand } from "../redis/pipeline.ts";
import { inflatedText, readCall } from "./rq-call.ts";
import { hashOf, textOf, timeOf } from "./rq-job-hash.ts";
import type { JobHash } from "./rq-job-hash.ts";
import { STATE_KEYS } from "./rq-queues.ts";
import type { JobState } from "./rq-queues.ts";
import { jobResults, lastLine } from "./rq-results.ts";

/** One job. */
export interface JobRow {
  readonly id: string;
  readonly queue: string;
  readonly state: JobState;
  /** When it came into that state; of a scheduled one, when it is due. */
  readonly at: string | null;
  /** What it calls, on one line. */
  readonly call: string | null;
  readonly worker: string | null;
  /** Of a failed one: what its last run raised. */
  readonly error: string | null;
  /** What is wrong with it beside that. */
  readonly problem: string | null;
}

/** Which jobs, and how many of them. */
export interface JobsWanted {
  readonly queues: readonly string[];
  readonly states: readonly JobState[];
  readonly limit: number;
}

/** A job's place before its hash is read. */
interface Place {
  readonly id: string;
  readonly queue: string;
  readonly state: JobState;
  /** Score in its registry, or place in the queue. */
  readonly rank: number;
}

const CALL_LIMITS = { maxBytes: 1024 * 1024, valueLength: 200 };
const FIELDS = ["enqueued_at", "started_at", "ended_at", "created_at", "worker_name", "data"];
/** Those to come are shown from the nearest on, those that were from the latest back. */
const ASCENDING: ReadonlySet<JobState> = new Set(["queued", "started", "scheduled"]);
/** Their score tells when RQ forgets them. */
const EXPIRING: ReadonlySet<JobState> = new Set(["finished", "failed"]);
/** `job:execution`, as RQ 2 notes running jobs; ids of Frappe on RQ 1 hold two colons before 32 digits. */
const EXECUTION = /^(.*[^:]):[0-9a-f]{32}$/;

/** The job that a member of `rq:wip:` stands for. */
export function runningJob(member: string): string {
  return EXECUTION.exec(member)?.[1] ?? member;
}

function placeCommand(state: JobState, queue: string, limit: number): RedisCommand {
  const key = STATE_KEYS[state](queue);
  if (state === "queued") return ["lrange", key, 0, limit - 1];
  const name = ASCENDING.has(state) ? "zrange" : "zrevrange";
  return [name, key, 0, limit - 1, "WITHSCORES"];
}

function placesOf(state: JobState, queue: string, reply: unknown): Place[] {
  const texts = (Array.isArray(reply) ? reply : []).map(String);
  if (state === "queued") return texts.map((id, rank) => ({ id, queue, state, rank }));
  return texts.flatMap((member, index) => {
    if (index % 2 === 1) return [];
    const id = state === "started" ? runningJob(member) : member;
    return [{ id, queue, state, rank: Number(texts[index + 1]) }];
  });
}

/** As many as wanted, of each state in turn, so that a long queue does not hide what failed. */
function fairly(byState: ReadonlyArray<readonly Place[]>, limit: number): Place[] {
  const shares = byState.map(() => 0);
  for (let left = limit, took = true; left > 0 && took;) {
    took = false;
    for (const [index, places] of byState.entries()) {
      if (left === 0 || (shares[index] ?? 0) >= places.length) continue;
      shares[index] = (shares[index] ?? 0) + 1;
      left -= 1;
      took = true;
    }
  }
  return byState.flatMap((places, index) => places.slice(0, shares[index]));
}

async function findPlaces(client: Redis, wanted: JobsWanted, now: number): Promise<Place[]> {
  const { queues, states, limit } = wanted;
  const pairs = states.flatMap((state) => queues.map((queue) => ({ state, queue })));
  const answers = await askAll(
    client,
    pairs.map(({ state, queue }) => placeCommand(state, queue, limit)),
  );
  const all = pairs.flatMap(({ state, queue }, index) =>
    placesOf(state, queue, mustReply(answers[index])),
  );
  const isForgotten = ({ state, rank }: Place): boolean =>
    EXPIRING.has(state) && rank >= 0 && rank <= now;
  const byState = states.map((state) => {
    const sign = ASCENDING.has(state) ? 1 : -1;
    const own = all.filter((place) => place.state === state && !isForgotten(place));
    return own.toSorted((a, b) => sign * (a.rank - b.rank));
  });
  return fairly(byState, limit);
}

/** A date holds no more. */
const SECONDS_MAX = 8.64e12;

function scoreTime(seconds: number): string | null {
  return Math.abs(seconds) <= SECONDS_MAX ? new Date(seconds * 1000).toISOString() : null;
}

/** The field that tells when a job came into a state; the others are scored by a time. */
const TIME_FIELDS: Readonly<Partial<Record<JobState, string>>> = {
  queued: "enqueued_at",
  started: "started_at",
  failed: "ended_at",
  finished: "ended_at",
  deferred: "created_at",
};

function placeTime({ state, rank }: Place, hash: JobHash): string | null {
  const field = TIME_FIELDS[state];
  return field === undefined ? scoreTime(rank) : timeOf(hash, field);
}

function problemOf({ state, rank }: Place, now: number): string | null {
  if (state !== "started" || rank > now) return null;
  return "abandoned: its worker is gone";
}

function rowOf(place: Place, hash: JobHash, now: number): JobRow {
  const { id, queue, state } = place;
  if (hash.size === 0) {
    const problem = "its hash is gone: workers drop it";
    return { id, queue, state, at: null, call: null, worker: null, error: null, problem };
  }
  const { call, problem } = readCall(hash.get("data") ?? null, CALL_LIMITS);
  return {
    id,
    queue,
    state,
    at: placeTime(place, hash),
    call: call?.summary ?? null,
    worker: state === "started" ? textOf(hash, "worker_name") : null,
    error: null,
    problem: problemOf(place, now) ?? problem,
  };
}

const ERROR_BYTES_MAX = 256 * 1024;

/** What the failed ones raised: the latest result, or the hash's field that older versions write. */
async function withErrors(client: Redis, rows: readonly JobRow[]): Promise<JobRow[]> {
  const failed = rows.filter(({ state }) => state === "failed");
  const answers = await askAll(
    client,
    failed.flatMap(({ id }): RedisCommand[] => [
      ["xrevrange", rqKeys.results(id), "+", "-", "COUNT", 1],
      ["hgetBuffer", rqKeys.job(id), "exc_info"],
    ]),
  );
  const errors = failed.map((_, index) => {
    // A Redis before 5 knows no streams, and a rare job may have something else there.
    const [latest] = jobResults(answers[2 * index]?.reply);
    const old = answers[2 * index + 1]?.reply;
    const inHash = old instanceof Buffer ? inflatedText(old, ERROR_BYTES_MAX) : null;
    return lastLine(latest?.traceback ?? null) ?? lastLine(inHash);
  });
  return rows.map((row) => {
    const at = failed.indexOf(row);
    return at < 0 ? row : { ...row, error: errors[at] ?? null };
  });
}

/** Reads jobs in the order of the states asked for; the number of commands depends on queues and limit alone. */
export async function readJobs(
  client: Redis,
  wanted: JobsWanted,
  { clock }: { readonly clock: Clock },
): Promise<JobRow[]> {
  const now = nowSeconds(clock);
  const places = await findPlaces(client, wanted, now);
  const answers = await askAll(
    client,
    places.map(({ id }) => ["hmgetBuffer", rqKeys.job(id), ...FIELDS]),
  );
  const rows = places.map((place, index) =>
    rowOf(place, hashOf(FIELDS, mustReply(answers[index])), now),
  );
  return withErrors(client, rows);
}

/** Ids of jobs that are there, to tell which one was meant; not all of them where there are many. */
export async function knownJobIds(
  client: Redis,
  wanted: JobsWanted,
  { clock }: { readonly clock: Clock },
): Promise<string[]> {
  const places = await findPlaces(client, wanted, nowSeconds(clock));
  return places.map(({ id }) => id);
}
