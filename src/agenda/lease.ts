/** The lease by which one of several daemons does the work. */
import type { Redis } from "ioredis";
import type { Keys } from "../redis/keys.ts";
import { defineScript, runScript } from "../redis/script.ts";
import leaseLua from "./lease.lua" with { type: "text" };

const LEASE = defineScript("lease", leaseLua);

/** What a daemon wants of the lease; see the head of lease.lua. */
export type LeaseWish = "lead" | "yield" | "look" | "leave";

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
  /** Lowest score on the agenda in epoch seconds, or null when it is empty. */
  readonly headSeconds: number | null;
  readonly repairs: number;
  /** Other daemons that are fit to lead. */
  readonly others: number;
  /** The prefix that the state was moved to, or null. */
  readonly movedTo: string | null;
}

/** Asks for the lease, renews it, gives it up, or just looks. */
export async function askLease(
  client: Redis,
  keys: Keys,
  wish: { readonly me: string; readonly ttlMs: number; readonly wish: LeaseWish },
): Promise<LeaseView> {
  const { leader, term, daemons, state, generation, agenda } = keys;
  const reply = await runScript(
    client,
    LEASE,
    [leader, term, daemons, state, generation, agenda],
    [wish.me, wish.ttlMs, wish.wish],
  );
  if (!Array.isArray(reply)) throw new Error("script lease: unexpected reply");
  const texts = reply.map(String);
  const number = (index: number): number => Number(texts[index]);
  const textOrNull = (index: number): string | null => texts[index] || null;
  const head = textOrNull(5);
  return {
    leader: textOrNull(0),
    term: number(1),
    leftMs: number(2),
    redisMs: number(3),
    generation: number(4),
    headSeconds: head === null ? null : Number(head),
    repairs: number(6),
    others: number(7),
    movedTo: textOrNull(8),
  };
}
