/** The RQ workers that live; read only. */
import type { Redis } from "ioredis";
import { rqKeys } from "./keys.ts";
import { askAll, mustReply } from "./pipeline.ts";

const FIELDS = [
  "birth",
  "queues",
  "version",
  "state",
  "hostname",
  "ip_address",
  "pid",
  "python_version",
  "current_job",
  "last_heartbeat",
  "successful_job_count",
  "failed_job_count",
  "total_working_time",
  "shutdown_requested_date",
] as const;

type Field = (typeof FIELDS)[number];

/** One worker. */
export interface RqWorker {
  readonly name: string;
  /** Full queue names it listens on, in its order. */
  readonly queues: readonly string[];
  /** RQ's version, empty where it is not told. */
  readonly version: string;
  /** `started`, `idle`, `busy`, `suspended`, … */
  readonly state: string;
  /** All fields that RQ's version writes, as it writes them. */
  readonly fields: Readonly<Partial<Record<Field, string>>>;
}

/** A site has tens of workers; more than this is a fault somewhere else. */
const WORKERS_MAX = 2_000;

function fieldsOf(reply: unknown): Partial<Record<Field, string>> {
  const values: readonly unknown[] = Array.isArray(reply) ? reply : [];
  const fields: Partial<Record<Field, string>> = {};
  for (const [index, name] of FIELDS.entries()) {
    const value = values[index];
    if (typeof value === "string") fields[name] = value;
  }
  return fields;
}

function workerOf(key: string, fields: RqWorker["fields"]): RqWorker {
  return {
    name: key.slice(rqKeys.worker("").length),
    queues: (fields.queues ?? "").split(",").filter((queue) => queue !== ""),
    version: fields.version ?? "",
    state: fields.state ?? "",
    fields,
  };
}

/** Reads the registered workers; a hash without `birth` is what a dead one left behind. */
export async function readRqWorkers(client: Redis): Promise<RqWorker[]> {
  const keys = (await client.smembers(rqKeys.workers)).slice(0, WORKERS_MAX);
  const answers = await askAll(
    client,
    keys.map((key) => ["hmget", key, ...FIELDS]),
  );
  return keys.flatMap((key, index) => {
    const fields = fieldsOf(mustReply(answers[index]));
    return fields.birth === undefined ? [] : [workerOf(key, fields)];
  });
}
