/** Asks a running daemon through Redis, from any machine that reaches it. */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { withDeadline } from "../base/abort.ts";
import type { Clock } from "../base/clock.ts";
import { silentLog } from "../base/log.ts";
import type { Config } from "../config/schema.ts";
import { redisTarget } from "../config/targets.ts";
import { connectRedis, describeTarget } from "../redis/connect.ts";
import type { RedisConnection } from "../redis/connect.ts";
import { firstProblem } from "../redis/first-connection.ts";
import { makeKeys, rpcKeys } from "../redis/keys.ts";
import { redisTimeMs } from "../redis/time.ts";
import { LostAnswerError, NoDaemonError, readReply, sentQuestion } from "./client.ts";
import type { Question } from "./client.ts";
import type { Reply } from "./command.ts";

/** What asking needs. */
export interface AskThroughRedisOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

const CONNECT_TIMEOUT_MS = 3_000;
/** A daemon that lives takes a command at once. */
const RECEIPT_SECONDS = 5;
/** Beyond what Redis was asked to wait. */
const MARGIN_MS = 3_000;

async function connect(
  redis: RedisConnection,
  { clock, config }: AskThroughRedisOptions,
): Promise<void> {
  const options = { clock, timeoutMs: CONNECT_TIMEOUT_MS, action: "connect to Redis" };
  const why = await firstProblem(redis, options);
  if (why === null) return;
  throw new Error(`ask the daemon through Redis ${describeTarget(redisTarget(config))}: ${why}`);
}

async function exchange(
  redis: RedisConnection,
  question: Question,
  { config, timeoutMs }: AskThroughRedisOptions,
): Promise<Reply> {
  const { client } = redis;
  const responseKey = `${rpcKeys.responsePrefix}${randomUUID().replaceAll("-", "")}`;
  // The daemon's clock is near to that of Redis, ours may be anywhere.
  const sent = sentQuestion(question, await redisTimeMs(client));
  const message = JSON.stringify({ ...sent, response_key: responseKey });
  const { commands } = makeKeys(config.redis_key_prefix);
  await client.lpush(commands, message);
  return answerTo({ client, commands, message, responseKey, timeoutMs }).catch((error: unknown) => {
    if (error instanceof NoDaemonError || error instanceof LostAnswerError) throw error;
    throw new LostAnswerError("ask the daemon through Redis", { cause: error });
  });
}

/** What was put on the list of commands, and where its answer comes. */
interface Sent {
  readonly client: Redis;
  readonly commands: string;
  readonly message: string;
  readonly responseKey: string;
  readonly timeoutMs: number;
}

async function answerTo(sent: Sent): Promise<Reply> {
  const { client, commands, message, responseKey, timeoutMs } = sent;
  const receipt = await client.blpop(responseKey, RECEIPT_SECONDS);
  if (receipt === null && (await client.lrem(commands, 1, message)) > 0) {
    const text = "no daemon takes commands from this Redis under this redis_key_prefix";
    throw new NoDaemonError(`${text} (or disable_redis_rpc is set); the request was withdrawn`);
  }
  const answer = await client.blpop(responseKey, Math.ceil(timeoutMs / 1000));
  if (answer === null) {
    throw new LostAnswerError(
      "ask the daemon through Redis: it took the request and did not answer in time",
    );
  }
  return readReply(answer[1]);
}

/**
 * Sends one request and waits for its answer.
 *
 * @throws NoDaemonError when nobody takes it; LostAnswerError when it was sent and no answer came in time; Error when
 * Redis cannot be used.
 */
export async function askThroughRedis(
  question: Question,
  options: AskThroughRedisOptions,
): Promise<Reply> {
  const { config, clock, timeoutMs } = options;
  const target = redisTarget(config);
  const redis = connectRedis({ target, clock, log: silentLog, name: "btu", blocking: true });
  try {
    await connect(redis, options);
    const allMs = RECEIPT_SECONDS * 1000 + timeoutMs + MARGIN_MS;
    const limits = { clock, timeoutMs: allMs, action: "ask the daemon through Redis" };
    return await withDeadline(limits, () => exchange(redis, question, options));
  } finally {
    redis.close();
  }
}
