/** The lease by which one of several daemons does the work. */
import type { Redis } from "ioredis";
import type { Keys } from "../redis/keys.ts";
import { defineScript, runScript } from "../redis/script.ts";
import leaseLua from "./lease.lua" with { type: "text" };
import { movedError, newerFormatError, STATE_FORMAT } from "./state.ts";

const LEASE = defineScript("lease", leaseLua);

/** What a daemon wants of the lease; see the head of lease.lua. */
export type LeaseWish = "lead" | "yield" | "look" | "leave";

/** Whose lease it is. */
export interface LeaseOptions {
  readonly client: Redis;
  readonly keys: Keys;
  /** Id of the daemon that asks. */
  readonly me: string;
  /** How long it lives without being renewed. */
  readonly ttlMs: number;
  /** A daemon that was not seen for so long is gone. */
  readonly goneAfterMs: number;
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
}

function parseView(leader: string, rest: readonly string[]): LeaseView {
  const number = (index: number): number => Number(rest[index]);
  return {
    leader: leader === "" ? null : leader,
    term: number(0),
    leftMs: number(1),
    redisMs: number(2),
    generation: number(3),
    repairs: number(4),
    others: number(5),
  };
}

/** The lease as one daemon uses it. */
export class Lease {
  readonly #options: LeaseOptions;
  #canRenewBriefly = true;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Whether `renew` and `leftMs` are enough; Redis before 6.2 lacks the command that renews and tells in one. */
  get canRenewBriefly(): boolean {
    return this.#canRenewBriefly;
  }

  /**
   * Asks for it, renews it, gives it up, or just looks. Who yields counts only daemons seen since `sinceMs` of Redis's clock.
   *
   * @throws ConfigurationError when a newer version has taken the state over meanwhile, or it was moved away.
   */
  async ask(wish: LeaseWish, sinceMs: number): Promise<LeaseView> {
    const { client, keys, me, ttlMs, goneAfterMs } = this.#options;
    const { leader, term, daemons, state, generation } = keys;
    const wanted = [leader, term, daemons, state, generation];
    const args = [me, ttlMs, goneAfterMs, wish, sinceMs, STATE_FORMAT];
    const reply = await runScript(client, LEASE, wanted, args);
    if (!Array.isArray(reply)) throw new Error("script lease: unexpected reply");
    const [first = "", ...rest] = reply.map(String);
    if (rest.length === 0) throw newerFormatError(keys, first);
    const movedTo = rest.at(-1) ?? "";
    if (movedTo !== "") throw movedError(keys, movedTo);
    return parseView(first, rest);
  }

  /** Renews it for whoever has it, in one command, and tells who that is; null when nobody, or when Redis cannot. */
  async renew(): Promise<string | null> {
    const { client, keys, ttlMs } = this.#options;
    try {
      return await client.getex(keys.leader, "PX", ttlMs);
    } catch (error) {
      if (!/unknown command/i.test(String(error))) throw error;
      this.#canRenewBriefly = false;
      return null;
    }
  }

  /** Milliseconds until it ends, in one command; negative when nobody leads. */
  leftMs(): Promise<number> {
    const { client, keys } = this.#options;
    return client.pttl(keys.leader);
  }
}
