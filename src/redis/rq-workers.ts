/** The RQ workers that live; read only. */
import type { Redis } from "ioredis";
import { rqKeys } from "./keys.ts";

/** One worker. */
export interface RqWorker {
  readonly name: string;
  /** Full queue names it listens on. */
  readonly queues: readonly string[];
  /** RQ's version, empty where it is not told. */
  readonly version: string;
  /** `idle`, `busy`, `suspended`, … */
  readonly state: string;
}

/** A site has tens of workers; more than this is a fault somewhere else. */
const WORKERS_MAX = 2_000;
const FIELDS = ["birth", "queues", "version", "state"] as const;

/** Reads the registered workers; a hash without `birth` is what a dead one left behind. */
export async function readRqWorkers(client: Redis): Promise<RqWorker[]> {
  const keys = (await client.smembers(rqKeys.workers)).slice(0, WORKERS_MAX);
  if (keys.length === 0) return [];
  const pipeline = client.pipeline();
  for (const key of keys) pipeline.hmget(key, ...FIELDS);
  const replies = (await pipeline.exec()) ?? [];
  return replies.flatMap(([error, reply], index) => {
    if (error !== null) throw error;
    const [birth, queues, version, state] = Array.isArray(reply) ? reply : [];
    if (typeof birth !== "string") return [];
    const name = (keys[index] ?? "").slice(rqKeys.worker("").length);
    const names =
      typeof queues === "string" ? queues.split(",").filter((queue) => queue !== "") : [];
    return [{ name, queues: names, version: String(version ?? ""), state: String(state ?? "") }];
  });
}
