/** The daemons of one Redis know each other: the app's commands name no site, so whoever takes one tells the others. */
import { describeError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { RedisConnection } from "../redis/connect.ts";
import { rpcKeys } from "../redis/keys.ts";
import { defineScript, runScript } from "../redis/script.ts";
import { parseObject } from "./wire.ts";
import registerLua from "./register.lua" with { type: "text" };

const REGISTER = defineScript("register", registerLua);

/** How often a daemon says that it lives. */
export const REGISTER_EVERY_MS = 30_000;
const GONE_AFTER_MS = 95_000;
/** What was handed over to a daemon that does not take it. */
const INBOX_SECONDS = 60;
const INBOX_MAX = 1_000;
/** Schedules in one message. */
const BATCH_SIZE = 500;

/** What knowing them needs. */
export interface NeighboursOptions {
  readonly redis: RedisConnection;
  readonly daemonId: string;
  readonly log: Log;
}

/** What another daemon left word of. */
export interface HandedOver {
  /** To be read again. */
  readonly schedules: readonly string[];
  /** Whether somebody paused or resumed something. */
  readonly pauses: boolean;
}

/** Takes some messages of other daemons together. */
export function readHandedOver(messages: readonly string[]): HandedOver {
  const objects = messages.map((message) => parseObject(message) ?? {});
  const schedules = objects.flatMap(({ schedules: ids }) => (Array.isArray(ids) ? ids : []));
  return {
    schedules: [...new Set(schedules.filter((id) => typeof id === "string"))],
    pauses: objects.some(({ pauses }) => pauses === true),
  };
}

/** The other daemons of this Redis. */
export class Neighbours {
  readonly #options: NeighboursOptions;
  readonly #waiting = new Set<string>();
  #hasPauses = false;
  #isSending = false;

  constructor(options: NeighboursOptions) {
    this.#options = options;
  }

  /** Where they leave word for this daemon. */
  get inbox(): string {
    return rpcKeys.inbox(this.#options.daemonId);
  }

  /** Says that this daemon lives (or ends), and tells which others do. */
  async register(isHere = true): Promise<string[]> {
    const { redis, daemonId } = this.#options;
    const args = [daemonId, GONE_AFTER_MS, isHere ? "1" : "0"];
    const others = await runScript(redis.client, REGISTER, [rpcKeys.daemons], args);
    return Array.isArray(others) ? others.map(String) : [];
  }

  /** Tells the others that these schedules are to be read again, many in one message; never waits. */
  handOver(scheduleIds: Iterable<string>): void {
    for (const id of scheduleIds) this.#waiting.add(id);
    this.#start();
  }

  /** Tells the others that somebody paused or resumed something; never waits. */
  tellPauses(): void {
    this.#hasPauses = true;
    this.#start();
  }

  get #hasNews(): boolean {
    return this.#hasPauses || this.#waiting.size > 0;
  }

  #start(): void {
    if (this.#isSending || !this.#hasNews) return;
    this.#isSending = true;
    void this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    const { redis, log } = this.#options;
    try {
      while (this.#hasNews) {
        const news = { schedules: [...this.#waiting], pauses: this.#hasPauses };
        this.#waiting.clear();
        this.#hasPauses = false;
        if (redis.isReady) await this.#send(news);
      }
    } catch (error) {
      // They read everything again before long.
      log.warn(`tell the other daemons what to read again: ${describeError(error)}`);
    } finally {
      this.#isSending = false;
    }
  }

  async #send({ schedules, pauses }: HandedOver): Promise<void> {
    const { client } = this.#options.redis;
    const others = await this.register();
    if (others.length === 0) return;
    const pipeline = client.pipeline();
    for (let start = 0; start === 0 || start < schedules.length; start += BATCH_SIZE) {
      const some = { schedules: schedules.slice(start, start + BATCH_SIZE), pauses };
      const message = JSON.stringify(some);
      for (const inbox of others.map(rpcKeys.inbox)) {
        pipeline.lpush(inbox, message);
        pipeline.ltrim(inbox, 0, INBOX_MAX - 1);
        pipeline.expire(inbox, INBOX_SECONDS);
      }
    }
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
  }
}
