/** Whose state it is: one prefix in Redis belongs to one source of schedules. */
import type { Redis } from "ioredis";
import { ConfigurationError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { makeKeys } from "../redis/keys.ts";
import type { Keys } from "../redis/keys.ts";
import { defineScript, runScript } from "../redis/script.ts";
import claimLua from "./claim-state.lua" with { type: "text" };
import moveLua from "./move-state.lua" with { type: "text" };

const CLAIM = defineScript("claim-state", claimLua);
const MOVE = defineScript("move-state", moveLua);

/** The form in which this version keeps its state; raised when an older version could not work with it. */
export const STATE_FORMAT = 1;
/** Keys that a scan looks at in one step. */
const SCAN_COUNT = 1_000;

/** What claiming needs. */
export interface StateOptions {
  readonly client: Redis;
  readonly prefix: string;
  /** Names the source: a database's name, or `source_id`. */
  readonly sourceId: string;
  readonly log: Log;
}

/** `waiting`: a daemon still lives under this source's former prefix, and must not be doubled. */
export type ClaimResult = "ours" | { readonly waitingFor: string };

/**
 * Claims the state under the prefix; moves it there when the prefix was changed.
 *
 * @throws ConfigurationError when it belongs to another source or to a newer version.
 */
export async function claimState(options: StateOptions): Promise<ClaimResult> {
  const { client, prefix, sourceId } = options;
  const state = makeKeys(prefix).state;
  const reply = await runScript(client, CLAIM, [state], [STATE_FORMAT, sourceId]);
  const [verdict = "", found] = Array.isArray(reply) ? reply.map(String) : [];
  switch (verdict) {
    case "ok":
      return "ours";
    case "moved":
      return moveFrom(options, found ?? "");
    case "new":
      return findFormer(options);
    case "format":
      throw newerFormatError(makeKeys(prefix), found ?? "");
    default:
      throw new ConfigurationError("redis_key_prefix", [
        `redis_key_prefix "${prefix}": the state there belongs to the schedules of "${found}", and this daemon reads ` +
          `"${sourceId}": give it another redis_key_prefix, or set source_id = "${found}" if it is to take them over`,
      ]);
  }
}

function prefixOf({ state }: Keys): string {
  return state.slice(0, -makeKeys("").state.length);
}

/** Says that another daemon has taken the state elsewhere meanwhile. */
export function movedError(keys: Keys, movedTo: string): ConfigurationError {
  const prefix = prefixOf(keys);
  return new ConfigurationError("redis_key_prefix", [
    `redis_key_prefix "${prefix}": another daemon moved the state to "${movedTo}": set redis_key_prefix to that`,
  ]);
}

/** Says that the state is of a version to come. */
export function newerFormatError(keys: Keys, format: string): ConfigurationError {
  const prefix = prefixOf(keys);
  return new ConfigurationError("redis_key_prefix", [
    `redis_key_prefix "${prefix}": the state there has format ${format}, written by a newer version; this one knows ` +
      `format ${STATE_FORMAT}: install the newer version, or choose another redis_key_prefix`,
  ]);
}

/** A new prefix may be a changed one: the source's former state is looked for, once. */
async function findFormer(options: StateOptions): Promise<ClaimResult> {
  const { client, prefix, sourceId } = options;
  const suffix = makeKeys("").state;
  let cursor = "0";
  do {
    const [next, keys] = await client.scan(cursor, "MATCH", `*${suffix}`, "COUNT", SCAN_COUNT);
    cursor = next;
    for (const key of keys) {
      const other = key.slice(0, -suffix.length);
      if (other === prefix) continue;
      const found = await client.hmget(key, "source", "moved_to");
      if (found[0] === sourceId && found[1] === null) return moveFrom(options, other);
    }
  } while (cursor !== "0");
  return "ours";
}

async function moveFrom(options: StateOptions, former: string): Promise<ClaimResult> {
  const { client, prefix, sourceId, log } = options;
  const [from, to] = [makeKeys(former), makeKeys(prefix)];
  const moved = movedKeys(from).flatMap((key, index) => [key, movedKeys(to)[index] ?? ""]);
  const keys = [from.state, to.state, from.leader, ...moved];
  const verdict = String(await runScript(client, MOVE, keys, [prefix, sourceId]));
  if (verdict === "lives") {
    // Our claim of the new place must not look like a settled one.
    await client.hset(to.state, "moved_to", former);
    return { waitingFor: former };
  }
  if (verdict === "moved") {
    log.warn("moved the state to another redis_key_prefix", { from: former, to: prefix });
  } else {
    await client.hdel(to.state, "moved_to");
  }
  return "ours";
}

/** Everything but what only a living daemon writes. */
function movedKeys(keys: Keys): string[] {
  const stays = new Set([keys.leader, keys.term, keys.daemons, keys.state, keys.requests]);
  return Object.values(keys).filter((key) => !stays.has(key));
}
