/** A look into Redis by the command itself, without a daemon. */
import type { Redis } from "ioredis";
import { silentLog } from "../base/log.ts";
import { redisTarget } from "../config/targets.ts";
import { connectRedis, describeTarget } from "../redis/connect.ts";
import type { RedisConnection } from "../redis/connect.ts";
import { firstProblem } from "../redis/first-connection.ts";
import type { CliContext } from "./context.ts";

/** A Redis that is there answers within milliseconds; one that is not must not keep people waiting. */
const CONNECT_TIMEOUT_MS = 2_000;

/** A connection of the command's own; to be closed when done. */
export interface OwnRedis {
  readonly redis: RedisConnection;
  /** Why nothing can be read, with the name of the Redis; null when all is well. */
  readonly problem: string | null;
}

/** Connects, or tells why that is not possible. */
export async function openOwnRedis(context: CliContext, action: string): Promise<OwnRedis> {
  const { clock } = context;
  const target = redisTarget(context.config().config);
  const redis = connectRedis({ target, clock, log: silentLog, name: "btu" });
  const why = await firstProblem(redis, { clock, timeoutMs: CONNECT_TIMEOUT_MS, action });
  const problem = why === null ? null : `Redis ${describeTarget(target)} cannot be read: ${why}`;
  return { redis, problem };
}

/**
 * Connects, works and disconnects.
 *
 * @throws Error when Redis cannot be reached; what `work` throws.
 */
export async function withOwnRedis<T>(
  context: CliContext,
  action: string,
  work: (client: Redis) => Promise<T>,
): Promise<T> {
  const { redis, problem } = await openOwnRedis(context, action);
  try {
    if (problem !== null) throw new Error(problem);
    return await work(redis.client);
  } finally {
    redis.close();
  }
}
