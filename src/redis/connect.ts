/** The only place that opens connections to Redis, with options under which a command is never sent twice. */
import { readFileSync } from "node:fs";
import { Redis } from "ioredis";
import type { RedisOptions } from "ioredis";
import { Outage } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { asError, ConfigurationError, describeError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import { withAdvice, WRONG_DB } from "./advice.ts";

/** Where Redis is and who we are there. */
export interface RedisTarget {
  readonly host?: string;
  readonly port?: number;
  /** A Unix socket, in place of host and port. */
  readonly path?: string;
  /** Sentinels that know the server called `master`, in place of all these. */
  readonly sentinels?: ReadonlyArray<{ readonly host: string; readonly port: number }>;
  readonly master?: string;
  readonly sentinelPassword?: string;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  /** TLS with verified names when present. */
  readonly tls?: Record<string, never>;
  /** File with the certificate authority; asks for TLS too. */
  readonly caPath?: string | null;
}

/** One connection that comes back by itself. */
export interface RedisConnection {
  /** For commands; rejects at once while the connection is down. */
  readonly client: Redis;
  /** Why it is down, or null while it works. */
  readonly problem: string | null;
  readonly isReady: boolean;
  /** Resolves when the connection is usable. Rejects with the signal's reason when that aborts first. */
  ready(signal: AbortSignal): Promise<void>;
  /** Calls back each time the connection becomes usable, also the first time. */
  onReady(listener: () => void): void;
  /** To be told of errors of commands: after a command without an answer the connection is made anew. */
  distrust(error: unknown): void;
  close(): void;
}

/** What a connection needs besides its target. */
export interface ConnectOptions {
  readonly target: RedisTarget;
  readonly clock: Clock;
  readonly log: Log;
  /** Shown by CLIENT LIST, for administrators. */
  readonly name: string;
  /** A connection for blocking reads has no deadline of its own; its commands bring theirs. */
  readonly blocking?: boolean;
}

/** A frozen server must not hold a command longer. */
const COMMAND_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Attempts never pause longer: the daemon is to be back within 2 s of Redis. */
const RETRY_MAX_MS = 1_000;
const RETRY_FIRST_MS = 50;
const RETRY_JITTER_MS = 100;
/** What ioredis says when COMMAND_TIMEOUT_MS is over. */
const NO_ANSWER = "Command timed out";

function retryDelayMs(attempt: number): number {
  return Math.min(RETRY_FIRST_MS * 2 ** attempt, RETRY_MAX_MS) + Math.random() * RETRY_JITTER_MS;
}

function readCa(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const text = `rq_tls_ca "${path}": cannot read it: ${describeError(cause)}`;
    throw new ConfigurationError("rq_tls_ca", [text], { cause });
  }
}

function tlsOptions({ tls, caPath }: RedisTarget): { ca?: string } | null {
  if (caPath !== undefined && caPath !== null) return { ca: readCa(caPath) };
  return tls === undefined ? null : {};
}

function placeOptions(target: RedisTarget): Partial<RedisOptions> {
  const { host, port, path, sentinels, master, sentinelPassword } = target;
  const tls = tlsOptions(target);
  if (sentinels !== undefined) {
    return {
      sentinels: sentinels.map((sentinel) => ({ ...sentinel })),
      name: master ?? "mymaster",
      sentinelRetryStrategy: retryDelayMs,
      ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
      ...(tls === null ? {} : { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
    };
  }
  return {
    ...(path === undefined ? { host: host ?? "127.0.0.1", port: port ?? 6379 } : { path }),
    ...(tls === null ? {} : { tls }),
  };
}

/** What ioredis is told. Its defaults send a command again after a cut connection, which would place a job twice. */
function clientOptions({
  target,
  name,
  blocking,
}: ConnectOptions): Omit<RedisOptions, "replyMapping"> {
  const { username, password } = target;
  return {
    ...placeOptions(target),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    db: target.db,
    protocol: 2,
    connectionName: name,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    connectTimeout: CONNECT_TIMEOUT_MS,
    ...(blocking === true ? {} : { commandTimeout: COMMAND_TIMEOUT_MS }),
    retryStrategy: retryDelayMs,
    // A fail-over leaves us connected to what is a replica now: the next refusal sends us to the new master.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
    lazyConnect: true,
  };
}

/** Names the place without any secret. */
export function describeTarget(target: RedisTarget): string {
  const { host, port, path, db, sentinels, master } = target;
  if (path !== undefined) return `unix:${path} db ${db}`;
  if (sentinels !== undefined) {
    const places = sentinels.map((sentinel) => `${sentinel.host}:${sentinel.port}`);
    return `${master ?? "mymaster"} of ${places.join(", ")} db ${db}`;
  }
  const isTls = target.tls !== undefined || (target.caPath ?? null) !== null;
  return `${isTls ? "tls:" : ""}${host ?? "127.0.0.1"}:${port ?? 6379} db ${db}`;
}

/**
 * Starts connecting and returns at once.
 *
 * @throws ConfigurationError when the file with the certificate authority cannot be read.
 */
export function connectRedis(options: ConnectOptions): RedisConnection {
  const connection = new Connection(options);
  connection.start();
  return connection;
}

class Connection implements RedisConnection {
  readonly client: Redis;
  readonly #outage: Outage;
  readonly #listeners: Array<() => void> = [];
  #usable = false;
  #wrongDb = false;

  constructor(options: ConnectOptions) {
    const { clock, log, target } = options;
    this.#outage = new Outage(`Redis at ${describeTarget(target)}`, { clock, log });
    this.client = new Redis(clientOptions(options));
    this.client.on("connect", () => (this.#wrongDb = false));
    this.client.on("error", (error: Error) => this.#failed(error));
    this.client.on("close", () => this.#closed());
    this.client.on("ready", () => this.#becameReady());
  }

  start(): void {
    // The 'error' event tells the same fault; without this the promise would count as unhandled.
    this.client.connect().catch(() => undefined);
  }

  get problem(): string | null {
    if (this.#usable) return null;
    return this.#outage.reason ?? "not connected yet";
  }

  get isReady(): boolean {
    return this.#usable;
  }

  onReady(listener: () => void): void {
    this.#listeners.push(listener);
    if (this.#usable) listener();
  }

  ready(signal: AbortSignal): Promise<void> {
    if (this.#usable) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(asError(signal.reason));
      if (signal.aborted) return abort();
      signal.addEventListener("abort", abort, { once: true });
      const listener = (): void => {
        signal.removeEventListener("abort", abort);
        const at = this.#listeners.indexOf(listener);
        if (at >= 0) this.#listeners.splice(at, 1);
        resolve();
      };
      this.#listeners.push(listener);
    });
  }

  distrust(error: unknown): void {
    if (!(error instanceof Error) || error.message !== NO_ANSWER) return;
    // Behind a firewall that forgot us the kernel would go on for a quarter of an hour.
    this.#outage.failed(new Error(`no answer within ${COMMAND_TIMEOUT_MS} ms`));
    this.#usable = false;
    this.client.disconnect(true);
  }

  close(): void {
    this.#usable = false;
    this.client.disconnect();
  }

  #failed(error: Error): void {
    if (WRONG_DB.test(error.message)) this.#wrongDb = true;
    this.#outage.failed(withAdvice(error));
  }

  #closed(): void {
    if (this.#usable) this.#outage.failed(new Error("the connection was closed"));
    this.#usable = false;
  }

  #becameReady(): void {
    if (this.#wrongDb) {
      this.client.disconnect(true);
      return;
    }
    this.#usable = true;
    this.#outage.recovered();
    // A copy: `ready` takes its listener off the list while we walk.
    for (const listener of this.#listeners.slice()) listener();
  }
}
