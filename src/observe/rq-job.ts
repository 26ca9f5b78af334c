/** All about one RQ job; read only. */
import type { Redis } from "ioredis";
import type { Clock } from "../base/clock.ts";
import { rqKeys } from "../redis/keys.ts";
import { askAll, mustReply } from "../redis/pipeline.ts";
import type { RedisAnswer, RedisCommand } from "../redis/pipeline.ts";
import { inflatedText, readCall } from "./rq-call.ts";
import type { RqCall } from "./rq-call.ts";
import { hashOf, numberOf, textOf, timeOf } from "./rq-job-hash.ts";
import type { JobHash } from "./rq-job-hash.ts";
import { JOB_STATES, STATE_KEYS } from "./rq-queues.ts";
import type { JobState } from "./rq-queues.ts";
import { runningJob } from "./rq-jobs.ts";
import { jobResults, returnText, TEXT_MAX_BYTES } from "./rq-results.ts";
import type { JobResult } from "./rq-results.ts";

/** The job as a JSON document; docs/cli-json.md tells what its parts mean. */
export interface JobDocument {
  readonly id: string;
  readonly queue: string | null;
  /** As RQ notes it in the job. */
  readonly status: string | null;
  /** The lists and registries of its queue that hold it, which is what workers go by. */
  readonly places: readonly JobState[];
  /** How many are before it in the queue; null when it does not wait, or Redis is too old to tell. */
  readonly ahead: number | null;
  readonly worker: string | null;
  readonly description: string | null;
  readonly call: RqCall | null;
  /** Why there is no call, or what else is wrong, in words. */
  readonly problems: readonly string[];
  readonly created_at: string | null;
  readonly enqueued_at: string | null;
  readonly started_at: string | null;
  readonly ended_at: string | null;
  readonly last_heartbeat: string | null;
  /** Seconds; -1 for none. */
  readonly timeout_s: number | null;
  readonly result_ttl_s: number | null;
  readonly failure_ttl_s: number | null;
  /** When Redis forgets it; null for never. */
  readonly expires_at: string | null;
  readonly retries_left: number | null;
  readonly depends_on: readonly string[];
  readonly meta: string | null;
  /** Of the last run that failed. */
  readonly traceback: string | null;
  /** The latest first. */
  readonly results: readonly JobResult[];
}

const FIELDS = [
  "origin",
  "status",
  "data",
  "description",
  "worker_name",
  "created_at",
  "enqueued_at",
  "started_at",
  "ended_at",
  "last_heartbeat",
  "timeout",
  "result_ttl",
  "failure_ttl",
  "retries_left",
  "dependency_id",
  "dependency_ids",
  "meta",
  "result",
  "exc_info",
] as const;

const CALL_LIMITS = { maxBytes: 64 * 1024 * 1024, valueLength: 10_000 };
/** RQ keeps about ten. */
const RESULTS_MAX = 20;
/** More jobs than this run on no queue at once. */
const RUNNING_MAX = 10_000;

/** Which states' registries hold the job, and its place in the queue. */
interface Places {
  readonly places: readonly JobState[];
  readonly ahead: number | null;
}

async function findPlaces(client: Redis, id: string, queue: string): Promise<Places> {
  const inRegistry = JOB_STATES.filter((state) => state !== "queued" && state !== "started");
  const commands: RedisCommand[] = [
    ["lpos", rqKeys.queue(queue), id],
    ["zrange", rqKeys.wip(queue), 0, RUNNING_MAX - 1],
    ...inRegistry.map((state): RedisCommand => ["zscore", STATE_KEYS[state](queue), id]),
  ];
  const [position, running, ...scores] = await askAll(client, commands);
  const ahead = typeof position?.reply === "number" ? position.reply : null;
  const places = new Set<JobState>(ahead === null ? [] : ["queued"]);
  const members: readonly unknown[] = Array.isArray(running?.reply) ? running.reply : [];
  if (members.some((member) => runningJob(String(member)) === id)) places.add("started");
  for (const [index, state] of inRegistry.entries()) {
    if (isThere(scores[index])) places.add(state);
  }
  return { places: JOB_STATES.filter((state) => places.has(state)), ahead };
}

function isThere(answer: RedisAnswer | undefined): boolean {
  return (answer?.reply ?? null) !== null;
}

function dependenciesOf(hash: JobHash): string[] {
  const first = textOf(hash, "dependency_id");
  try {
    const ids: unknown = JSON.parse(textOf(hash, "dependency_ids") ?? "[]");
    if (Array.isArray(ids) && ids.length > 0) return ids.map(String);
  } catch {
    // What RQ cannot read either is not shown.
  }
  return first === null ? [] : [first];
}

/** What versions before 1.12 note in the hash itself, in the form of a result. */
function resultInHash(hash: JobHash): JobResult | null {
  const value = hash.get("result");
  const at = timeOf(hash, "ended_at");
  if (value === undefined || value.length === 0 || at === null) return null;
  return {
    at,
    type: "ok",
    return_value: returnText(value),
    traceback: null,
    worker: textOf(hash, "worker_name"),
    started_at: timeOf(hash, "started_at"),
    ended_at: at,
  };
}

/** The latest run's; else what versions before 1.12 left in the hash, which later ones empty. */
function tracebackOf(hash: JobHash, results: readonly JobResult[]): string | null {
  const latest = results.find(({ traceback }) => traceback !== null)?.traceback;
  if (latest !== undefined) return latest;
  const inHash = hash.get("exc_info");
  const text = inHash === undefined ? null : inflatedText(inHash, TEXT_MAX_BYTES);
  return text === "" ? null : text;
}

/** States that workers do not get a job from unless its id is where they look. */
const PLACED_STATES: ReadonlySet<string> = new Set(JOB_STATES);

function problemsOf(hash: JobHash, { places }: Places, callProblem: string | null): string[] {
  const status = textOf(hash, "status");
  const isLost = status !== null && PLACED_STATES.has(status) && places.length === 0;
  const lost = {
    queued: "it is on no queue: no worker will take it",
    started: "no worker has it any more: it was abandoned",
  }[status ?? ""];
  return [callProblem, isLost ? (lost ?? null) : null].filter((text) => text !== null);
}

function documentOf(
  id: string,
  hash: JobHash,
  parts: { readonly found: Places; readonly results: readonly JobResult[]; expiresMs: number },
): JobDocument {
  const { found, results, expiresMs } = parts;
  const { call, problem } = readCall(hash.get("data") ?? null, CALL_LIMITS);
  const meta = hash.get("meta");
  const old = results.length === 0 ? resultInHash(hash) : null;
  return {
    id,
    queue: textOf(hash, "origin"),
    status: textOf(hash, "status"),
    ...found,
    worker: textOf(hash, "worker_name"),
    description: textOf(hash, "description"),
    call,
    problems: problemsOf(hash, found, problem),
    created_at: timeOf(hash, "created_at"),
    enqueued_at: timeOf(hash, "enqueued_at"),
    started_at: timeOf(hash, "started_at"),
    ended_at: timeOf(hash, "ended_at"),
    last_heartbeat: timeOf(hash, "last_heartbeat"),
    timeout_s: numberOf(hash, "timeout"),
    result_ttl_s: numberOf(hash, "result_ttl"),
    failure_ttl_s: numberOf(hash, "failure_ttl"),
    expires_at: expiresMs < 0 ? null : new Date(expiresMs).toISOString(),
    retries_left: numberOf(hash, "retries_left"),
    depends_on: dependenciesOf(hash),
    meta: meta === undefined ? null : returnText(meta),
    traceback: tracebackOf(hash, results),
    results: old === null ? results : [old],
  };
}

/** Reads a job; null when there is none of this id. */
export async function readJob(
  client: Redis,
  id: string,
  { clock }: { readonly clock: Clock },
): Promise<JobDocument | null> {
  const [fields, left, stream] = await askAll(client, [
    ["hmgetBuffer", rqKeys.job(id), ...FIELDS],
    ["pttl", rqKeys.job(id)],
    ["xrevrange", rqKeys.results(id), "+", "-", "COUNT", RESULTS_MAX],
  ]);
  const hash = hashOf(FIELDS, mustReply(fields));
  if (hash.size === 0) return null;
  const queue = textOf(hash, "origin");
  const found = queue === null ? { places: [], ahead: null } : await findPlaces(client, id, queue);
  const leftMs = Number(mustReply(left));
  const expiresMs = leftMs < 0 ? -1 : clock.nowMs() + leftMs;
  // A Redis before 5 knows no streams; RQ then keeps the result in the hash.
  return documentOf(id, hash, { found, results: jobResults(stream?.reply), expiresMs });
}
