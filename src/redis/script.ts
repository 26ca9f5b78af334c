/** Lua scripts: called by their hash, loaded by themselves, their refusals told apart from lost replies. */
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";

/** One Lua script. */
export interface Script {
  readonly name: string;
  readonly source: string;
  readonly sha: string;
}

/** What Redis may be given as a key or an argument. */
export type RedisValue = string | Buffer | number;

/** Prepares a script for `runScript`. */
export function defineScript(name: string, source: string): Script {
  return { name, source, sha: createHash("sha1").update(source).digest("hex") };
}

/**
 * Runs a script. Sends its text only when Redis does not know it yet (first call, restart, SCRIPT FLUSH): in that case
 * Redis has run nothing.
 *
 * @throws RedisRefusal when Redis answered with an error; any other error means that the outcome is unknown.
 */
export async function runScript(
  client: Redis,
  script: Script,
  keys: readonly string[],
  args: readonly RedisValue[],
): Promise<unknown> {
  const rest: RedisValue[] = [keys.length, ...keys, ...args];
  try {
    return await client.call("EVALSHA", script.sha, ...rest);
  } catch (error) {
    if (!isNoScript(error)) throw asRefusal(script, error);
  }
  try {
    return await client.call("EVAL", script.source, ...rest);
  } catch (error) {
    throw asRefusal(script, error);
  }
}

/** Redis answered with an error: nothing was written, because our scripts check before they write. */
export class RedisRefusal extends Error {
  override readonly name = "RedisRefusal";
  /** First word of the answer: NOPERM, OOM, READONLY, BUSY, … */
  readonly code: string;

  constructor(action: string, cause: Error) {
    super(`${action}: Redis refused: ${cause.message}`, { cause });
    this.code = cause.message.slice(0, cause.message.indexOf(" "));
  }
}

function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

function isNoScript(error: unknown): boolean {
  return isReplyError(error) && error.message.startsWith("NOSCRIPT");
}

function asRefusal(script: Script, error: unknown): unknown {
  return isReplyError(error) ? new RedisRefusal(`script ${script.name}`, error) : error;
}
