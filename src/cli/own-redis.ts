/** A look into Redis by the command itself, without a daemon. */
import type { Redis } from "ioredis";
import { withDeadline } from "../base/abort.ts";
import { describeError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import { redisTarget } from "../config/targets.ts";
import { connectRedis, describeTarget } from "../redis/connect.ts";
import type { RedisConnection } from "../redis/connect.ts";
import type { CliContext } from "./context.ts";

/** A Redis that is there answers within milliseconds; one that is not must not keep people waiting. */
const CONNECT_TIMEOUT_MS = 2_000;

/** The Redis of the configuration could not be reached; the message names it and tells the cause. */
export class NoRedisError extends Error {
  override readonly name = "NoRedisError";
}

/** Rejects when the first attempt to connect fails: the connection itself would go on trying. */
function firstFault({ client }: RedisConnection): Promise<never> {
  return new Promise((_, reject) => {
    client.once("error", reject);
  });
}

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
  try {
    const options = { clock, timeoutMs: CONNECT_TIMEOUT_MS, action };
    await withDeadline(options, (signal) => Promise.race([redis.ready(signal), firstFault(redis)]));
    return { redis, problem: null };
  } catch (error) {
    const why = redis.problem ?? describeError(error);
    return { redis, problem: `Redis ${describeTarget(target)} cannot be read: ${why}` };
  }
}

/**
 * Connects, works and disconnects.
 *
 * @throws NoRedisError when Redis cannot be reached; what `work` throws.
 */
export async function withOwnRedis<T>(
  context: CliContext,
  action: string,
  work: (client: Redis) => Promise<T>,
): Promise<T> {
  const { redis, problem } = await openOwnRedis(context, action);
  try {
    if (problem !== null) throw new NoRedisError(problem);
    return await work(redis.client);
  } finally {
    redis.close();
  }
}
