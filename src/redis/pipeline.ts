/** Many commands in one round trip, each answered for itself. */
import type { Redis } from "ioredis";
import type { RedisValue } from "./script.ts";

/** A command of ioredis and its arguments; `hmgetBuffer` and the like give bytes. */
export type RedisCommand = readonly [name: string, ...args: RedisValue[]];

/** What Redis answers to one of them. */
export type RedisAnswer =
  | { readonly error: Error; readonly reply: null }
  | { readonly error: null; readonly reply: unknown };

/** Sent in one go at most: a few milliseconds of Redis, who answers others in between. */
const COMMANDS_MAX = 1_000;

/** Asks them all, in their order. */
export async function askAll(
  client: Redis,
  commands: readonly RedisCommand[],
): Promise<RedisAnswer[]> {
  const answers: RedisAnswer[] = [];
  for (let at = 0; at < commands.length; at += COMMANDS_MAX) {
    const batch = commands.slice(at, at + COMMANDS_MAX).map((command) => [...command]);
    for (const [error, reply] of (await client.pipeline(batch).exec()) ?? []) {
      answers.push(error === null ? { error, reply } : { error, reply: null });
    }
  }
  return answers;
}

/**
 * The reply in an answer.
 *
 * @throws what Redis said in place of one.
 */
export function mustReply(answer: RedisAnswer | undefined): unknown {
  if (answer === undefined) throw new Error("Redis gave fewer answers than it was asked for");
  if (answer.error !== null) throw answer.error;
  return answer.reply;
}
