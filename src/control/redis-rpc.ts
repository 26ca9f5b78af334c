/** The control protocol through Redis: commands on a list, the oldest first; a receipt before anything is done. */
import { DeadlineError, settledWithin, withDeadline } from "../base/abort.ts";
import { Outage } from "../base/backoff.ts";
import { sleep } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { RedisConnection } from "../redis/connect.ts";
import { rpcKeys } from "../redis/keys.ts";
import { defineScript, runScript } from "../redis/script.ts";
import type { Asker, Reply } from "./command.ts";
import drainLua from "./drain.lua" with { type: "text" };
import type { Handle } from "./handle.ts";
import { readHandedOver, REGISTER_EVERY_MS } from "./neighbours.ts";
import type { Neighbours } from "./neighbours.ts";
import { readMessage, receiptText } from "./redis-message.ts";
import type { RedisMessage } from "./redis-message.ts";
import { writeReply } from "./wire.ts";

const DRAIN = defineScript("drain", drainLua);

/** What the service needs. */
export interface RedisRpcOptions {
  /** For commands that do not block. */
  readonly redis: RedisConnection;
  /** For the one that waits; used by nobody else. */
  readonly blocking: RedisConnection;
  /** Requests in our own form for the daemons of this prefix alone. */
  readonly ownList: string;
  readonly neighbours: Neighbours;
  readonly handle: Handle;
  /** Reads schedules again, in this daemon only. */
  readonly reread: (scheduleIds: readonly string[]) => Promise<void>;
  /** Told when another daemon paused or resumed something. */
  readonly onPauses: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Redis holds the wait for so long, so that an idle daemon costs it next to nothing. */
const WAIT_SECONDS = 10;
/** A server that does not even end the wait is gone. */
const WAIT_MARGIN_MS = 5_000;
const UNBLOCK_TIMEOUT_MS = 500;
const UNBLOCK_EVERY_MS = 20;
/** What a request waits for may never come once the daemon ends. */
const END_TIMEOUT_MS = 1_000;
/** A Redis that does not answer must not keep the daemon from ending. */
const LEAVE_TIMEOUT_MS = 500;
const TROUBLE_PAUSE_MS = 500;
/** Commands taken and receipted in one step. */
const BATCH_MAX = 1_000;
const MESSAGE_BYTES_MAX = 64 * 1024;
const BATCH_BYTES_MAX = 4 * 1024 * 1024;
const ANSWER_SECONDS = 60;
/** Longer answers would fill a Redis that holds the site's queues. */
const ANSWER_BYTES_MAX = 256 * 1024;
/** Requests that are being carried out at once. */
const RUNNING_MAX = 100;

const ASKER: Asker = { via: "redis", peer: null };

/** A user that may not use the app's keys is no fault where the app uses the socket. */
function withAdvice(error: unknown): unknown {
  const text = describeError(error);
  if (!text.includes("NOPERM")) return error;
  return new Error(
    `${text}; give this Redis user btu:scheduler:*, or set disable_redis_rpc = true`,
  );
}

/** The service; one per daemon. */
export class RedisRpc implements Service {
  readonly name = "Redis commands";
  readonly #options: RedisRpcOptions;
  readonly #outage: Outage;
  readonly #running = new Set<Promise<void>>();
  #registeredAtMs = -Infinity;
  /** What Redis calls the connection that waits. */
  #clientId: number | null = null;
  #isWaiting = false;

  constructor(options: RedisRpcOptions) {
    this.#options = options;
    this.#outage = new Outage("taking commands from Redis", options);
  }

  /** @inheritdoc */
  async run(signal: AbortSignal): Promise<void> {
    const { redis, blocking, clock, neighbours } = this.#options;
    signal.addEventListener("abort", () => void this.#endWait(), { once: true });
    while (!signal.aborted) {
      try {
        await redis.ready(signal);
        await blocking.ready(signal);
        this.#clientId ??= await blocking.client.client("ID");
        await this.#register();
        if (!signal.aborted) await this.#takeSome();
        this.#outage.recovered();
      } catch (error) {
        if (signal.aborted) break;
        this.#clientId = null;
        redis.distrust(error);
        if (redis.isReady) this.#outage.failed(withAdvice(error));
        await sleep(clock, TROUBLE_PAUSE_MS, signal).catch(() => undefined);
      }
    }
    await settledWithin([...this.#running], { clock, timeoutMs: END_TIMEOUT_MS });
    const leaving = redis.isReady ? [neighbours.register(false)] : [];
    await settledWithin(leaving, { clock, timeoutMs: LEAVE_TIMEOUT_MS });
    blocking.close();
  }

  async #register(): Promise<void> {
    const { clock, neighbours } = this.#options;
    if (clock.monotonicMs() < this.#registeredAtMs + REGISTER_EVERY_MS) return;
    await neighbours.register();
    this.#registeredAtMs = clock.monotonicMs();
  }

  async #takeSome(): Promise<void> {
    const { neighbours } = this.#options;
    const found = await this.#wait();
    if (found === null) return;
    const { list, texts } = found;
    texts.push(...(await this.#drain(list)));
    if (list === neighbours.inbox) this.#takeHandedOver(texts);
    else await this.#takeCommands(texts);
  }

  #takeHandedOver(texts: readonly string[]): void {
    const { onPauses, log } = this.#options;
    const { schedules, pauses } = readHandedOver(texts);
    this.#rereadHere(schedules);
    if (!pauses) return;
    onPauses().catch((error: unknown) => log.warn(`read the pauses: ${describeError(error)}`));
  }

  /** The next command of any list, and which list that was; null when none came. */
  async #wait(): Promise<{ list: string; texts: string[] } | null> {
    const { blocking, neighbours, ownList, clock } = this.#options;
    const timeoutMs = WAIT_SECONDS * 1000 + WAIT_MARGIN_MS;
    const options = { clock, timeoutMs, action: "wait for commands" };
    this.#isWaiting = true;
    try {
      const found = await withDeadline(options, () =>
        blocking.client.brpop(neighbours.inbox, ownList, rpcKeys.commands, WAIT_SECONDS),
      );
      if (found === null) return null;
      const [list, text] = found;
      return { list, texts: this.#fits(text) ? [text] : [] };
    } catch (error) {
      // Behind a broken connection nobody would ever answer.
      if (error instanceof DeadlineError) blocking.client.disconnect(true);
      throw error;
    } finally {
      this.#isWaiting = false;
    }
  }

  #fits(text: string): boolean {
    const fits = Buffer.byteLength(text) <= MESSAGE_BYTES_MAX;
    if (!fits) this.#options.log.warn("dropped a command: it is too long");
    return fits;
  }

  async #drain(list: string): Promise<string[]> {
    const { redis, log } = this.#options;
    const args = [BATCH_MAX, MESSAGE_BYTES_MAX, BATCH_BYTES_MAX];
    const reply = await runScript(redis.client, DRAIN, [list], args);
    const [dropped = 0, ...texts] = Array.isArray(reply) ? reply : [];
    if (Number(dropped) > 0) log.warn("dropped commands: they are too long", { count: dropped });
    return texts.map(String);
  }

  /** Receipts first, for all; then creates and cancels folded into one read, and the others each by itself. */
  async #takeCommands(texts: readonly string[]): Promise<void> {
    const { log, neighbours } = this.#options;
    const messages: RedisMessage[] = [];
    let dropped = "";
    for (const text of texts) {
      const message = readMessage(text);
      if (typeof message === "string") dropped = message;
      else messages.push(message);
    }
    if (dropped !== "") {
      log.warn(`dropped a command: ${dropped}`, { count: texts.length - messages.length });
    }
    await this.#sendReceipts(messages);
    const ids = new Set<string>();
    for (const message of messages) {
      const { command, id } = message.request;
      if (command?.kind === "reread" && id === null) ids.add(command.scheduleId);
      else this.#start(message);
    }
    if (ids.size === 0) return;
    const schedule = [...ids].slice(0, 3).join(", ");
    log.info("told to read schedules again", { via: "redis", count: ids.size, schedule });
    neighbours.handOver(ids);
    this.#rereadHere([...ids]);
  }

  #rereadHere(ids: readonly string[]): void {
    const { reread, log } = this.#options;
    if (ids.length === 0) return;
    log.debug("reading schedules again", { count: ids.length });
    reread(ids).catch((error: unknown) => log.warn(`read again: ${describeError(error)}`));
  }

  async #sendReceipts(messages: readonly RedisMessage[]): Promise<void> {
    const { redis, log } = this.#options;
    const pipeline = redis.client.pipeline();
    for (const { request, responseKey } of messages) {
      if (responseKey === null) continue;
      pipeline.lpush(responseKey, receiptText(request));
      pipeline.expire(responseKey, ANSWER_SECONDS);
    }
    for (const [error] of (await pipeline.exec()) ?? []) {
      if (error !== null) log.debug(`send a receipt: ${describeError(error)}`);
    }
  }

  #start(message: RedisMessage): void {
    const isBusy = this.#running.size >= RUNNING_MAX;
    const work = (isBusy ? this.#refuse(message) : this.#carryOut(message)).catch(
      (error: unknown) => {
        this.#options.log.warn(`answer a command: ${describeError(error)}`);
      },
    );
    this.#running.add(work);
    void work.finally(() => this.#running.delete(work));
  }

  #refuse(message: RedisMessage): Promise<void> {
    const text = `more than ${RUNNING_MAX} requests are being carried out; ask again later`;
    return this.#answer(message, { ok: false, code: "busy", message: text });
  }

  async #carryOut(message: RedisMessage): Promise<void> {
    await this.#answer(message, await this.#options.handle(message.request, ASKER));
  }

  /** Only our own form is answered after the receipt: the app would take a second answer for that of its next command. */
  async #answer({ request, responseKey }: RedisMessage, reply: Reply): Promise<void> {
    if (request.id === null || responseKey === null) return;
    const { client } = this.#options.redis;
    let text = writeReply(request, reply) ?? "";
    if (Buffer.byteLength(text) > ANSWER_BYTES_MAX) {
      const why = "the answer is too long for Redis; ask over the socket";
      text = writeReply(request, { ok: false, code: "too_large", message: why }) ?? "";
    }
    const pipeline = client.pipeline();
    pipeline.rpush(responseKey, text);
    pipeline.expire(responseKey, ANSWER_SECONDS);
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
  }

  /** Ends the wait without losing a command that is just on its way. */
  async #endWait(): Promise<void> {
    const { redis, blocking, clock } = this.#options;
    const options = { clock, timeoutMs: UNBLOCK_TIMEOUT_MS, action: "end the wait" };
    try {
      await withDeadline(options, async (signal) => {
        // Again and again: the wait may have been asked for and not begun.
        while (this.#isWaiting && this.#clientId !== null) {
          await redis.client.client("UNBLOCK", this.#clientId);
          await sleep(clock, UNBLOCK_EVERY_MS, signal);
        }
      });
    } catch {
      // Redis does not answer, or does not allow it.
    }
    if (this.#isWaiting) blocking.close();
  }
}
