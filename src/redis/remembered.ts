/** Small facts about the site that outlive a restart, for the time when whoever could tell them is down. */
import type { Redis } from "ioredis";

/** What may be remembered. */
export type RememberedFact = "queue_prefix" | "frappe_user" | "job_id_style";

/** Facts in Redis. */
export class Remembered {
  readonly #client: Redis;
  readonly #key: string;

  constructor({ client, key }: { readonly client: Redis; readonly key: string }) {
    this.#client = client;
    this.#key = key;
  }

  /** The remembered value, or null. */
  recall(fact: RememberedFact): Promise<string | null> {
    return this.#client.hget(this.#key, fact);
  }

  async remember(fact: RememberedFact, value: string): Promise<void> {
    await this.#client.hset(this.#key, fact, value);
  }
}
