/** The lease by which one of several daemons does the work. */
import type { Redis } from "ioredis";
import type { Keys } from "../redis/keys.ts";
import { defineScript, runScript } from "../redis/script.ts";
import leaseLua from "./lease.lua" with { type: "text" };
import { newerFormatError, STATE_FORMAT } from "./state.ts";

const LEASE = defineScript("lease", leaseLua);

/** What a daemon wants of the lease; see the head of lease.lua. */
export type LeaseWish = "lead" | "yield" | "look" | "leave";

/** Who asks, and how. */
export interface LeaseRequest {
  readonly me: string;
  readonly ttlMs: number;
  readonly goneAfterMs: number;
  readonly wish: LeaseWish;
  /** Who yields counts only daemons seen since this instant of Redis's clock, epoch ms. */
  readonly sinceMs: number;
}

/** How things stand. */
export interface LeaseView {
  /** Id of the leading daemon, or null. */
  readonly leader: string | null;
  readonly term: number;
  /** Milliseconds until the leader's lease ends unless it is renewed; -1 when nobody leads. */
  readonly leftMs: number;
  /** Redis's own clock, epoch ms. */
  readonly redisMs: number;
  readonly generation: number;
  readonly repairs: number;
  /** Other daemons that are fit to lead. */
  readonly others: number;
  /** The prefix that the state was moved to, or null. */
  readonly movedTo: string | null;
}

/**
 * Asks for the lease, renews it, gives it up, or just looks.
 *
 * @throws ConfigurationError when a newer version has taken the state over meanwhile.
 */
export async function askLease(
  client: Redis,
  keys: Keys,
  { me, ttlMs, goneAfterMs, wish, sinceMs }: LeaseRequest,
): Promise<LeaseView> {
  const { leader, term, daemons, state, generation } = keys;
  const wanted = [leader, term, daemons, state, generation];
  const args = [me, ttlMs, goneAfterMs, wish, sinceMs, STATE_FORMAT];
  const reply = await runScript(client, LEASE, wanted, args);
  if (!Array.isArray(reply)) throw new Error("script lease: unexpected reply");
  const texts = reply.map(String);
  const [newerFormat = "", ...rest] = texts;
  if (rest.length === 0) throw newerFormatError(keys, newerFormat);
  const number = (index: number): number => Number(texts[index]);
  const textOrNull = (index: number): string | null => texts[index] || null;
  return {
    leader: textOrNull(0),
    term: number(1),
    leftMs: number(2),
    redisMs: number(3),
    generation: number(4),
    repairs: number(5),
    others: number(6),
    movedTo: textOrNull(7),
  };
}

/** Renews the lease of whoever has it, in one command, and tells who that is; null when nobody leads. */
export function renewLease(client: Redis, keys: Keys, ttlMs: number): Promise<string | null> {
  return client.getex(keys.leader, "PX", ttlMs);
}

/** Milliseconds until the lease ends, in one command; negative when nobody leads. */
export function leaseLeftMs(client: Redis, keys: Keys): Promise<number> {
  return client.pttl(keys.leader);
}
