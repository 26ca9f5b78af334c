/** What a command is given to work with. */
import { existsSync, lstatSync } from "node:fs";
import type { Clock } from "../base/clock.ts";
import { codeOf, ConfigurationError } from "../base/errors.ts";
import { secretsOf } from "../config/describe.ts";
import type { Environment } from "../config/given.ts";
import { configPath, loadConfig } from "../config/load.ts";
import type { LoadedConfig } from "../config/load.ts";
import { askDaemon, NoDaemonError } from "../control/client.ts";
import type { Question } from "../control/client.ts";
import type { Reply } from "../control/command.ts";
import { NotFoundError } from "./exit.ts";
import type { Output } from "./output.ts";
import { Progress } from "./progress.ts";

/** What a context is made of. */
export interface ContextOptions {
  readonly env: Environment;
  readonly clock: Clock;
  readonly output: Output;
  /** What `--config` names. */
  readonly configFile: string | undefined;
  /** Standard input. */
  readonly input: () => AsyncIterable<Uint8Array>;
  /** Asked for by commands that must leave the terminal in order: aborts on Ctrl-C and the like, which then end nothing themselves. */
  readonly interruption?: () => AbortSignal;
}

/** What is asked besides the request's name. */
export interface Asked {
  /** A schedule's name, or an object with more; default: nothing. */
  readonly content?: unknown;
  /** Default: over the socket. */
  readonly via?: "socket" | "redis";
  readonly timeoutMs?: number;
}

/** A running daemon answers from memory; a larger delay is a fault. */
const ANSWER_TIMEOUT_MS = 5_000;
/** Where packages put the socket, and where it is unless configured: only root can make the first one, so it is tried first. */
const DEFAULT_SOCKETS = ["/run/btu_scheduler/btu_scheduler.sock", "/tmp/btu_scheduler.sock"];
const SOCKET_VARIABLE = "BTU_SCHEDULER_SOCKET_PATH";

/** The file is there for somebody else. */
const FORBIDDEN = new Set(["EACCES", "EPERM"]);

function isSocket(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return false;
  }
}

/** One per call of the program. */
export class CliContext {
  readonly progress: Progress;
  readonly env: Environment;
  readonly clock: Clock;
  readonly output: Output;
  readonly configFile: string | undefined;
  readonly input: () => AsyncIterable<Uint8Array>;
  readonly interruption: () => AbortSignal;
  #loaded: LoadedConfig | null = null;
  #socketPath: string | null = null;

  constructor({ env, clock, output, configFile, input, interruption }: ContextOptions) {
    this.env = env;
    this.progress = new Progress({ output, clock });
    this.clock = clock;
    this.output = output;
    this.configFile = configFile;
    this.input = input;
    this.interruption = interruption ?? (() => new AbortController().signal);
  }

  /** @throws ConfigurationError with all faults of the configuration. */
  config(): LoadedConfig {
    if (this.#loaded !== null) return this.#loaded;
    this.#loaded = loadConfig({ file: this.configFile, env: this.env });
    this.output.hide(secretsOf(this.#loaded.config));
    return this.#loaded;
  }

  /**
   * The socket of the daemon; the default one where the configuration cannot be read.
   *
   * @throws ConfigurationError when the configuration is wrong, or cannot be read though somebody named it.
   * @throws NoDaemonError when no daemon can be asked.
   */
  socketPath(): string {
    this.#socketPath ??= this.#findSocket();
    return this.#socketPath;
  }

  /**
   * What the daemon answers to a request.
   *
   * @throws NoDaemonError when none runs; NotFoundError when it knows no such schedule; Error when it refuses or does not
   * answer in time.
   */
  async ask(type: string, asked: Asked = {}): Promise<unknown> {
    const { content = null, via = "socket", timeoutMs = ANSWER_TIMEOUT_MS } = asked;
    const question = { type, content };
    const reply =
      via === "socket"
        ? await this.#askSocket(question, timeoutMs)
        : await this.#askThroughRedis(question, timeoutMs);
    if (reply.ok) return reply.result;
    if (reply.code === "not_found") throw new NotFoundError(reply.message);
    throw new Error(reply.message);
  }

  #askSocket(question: Question, timeoutMs: number): Promise<Reply> {
    return askDaemon(question, { socketPath: this.socketPath(), clock: this.clock, timeoutMs });
  }

  async #askThroughRedis(question: Question, timeoutMs: number): Promise<Reply> {
    const { config } = this.config();
    // Brings the Redis client with it, which who asks over the socket does not need.
    const { askThroughRedis } = await import("../control/redis-client.ts");
    return askThroughRedis(question, { config, clock: this.clock, timeoutMs });
  }

  #findSocket(): string {
    let loaded: LoadedConfig;
    try {
      loaded = this.config();
    } catch (error) {
      if (!this.#mayDoWithout(error)) throw error;
      return this.#defaultSocket();
    }
    const { disable_unix_socket: isDisabled, socket_path: path } = loaded.config;
    if (!isDisabled) return path;
    throw new NoDaemonError("cannot ask the daemon: disable_unix_socket is set");
  }

  /** Whether the configuration is out of reach, not wrong: what needs only the socket can do without. */
  #mayDoWithout(error: unknown): boolean {
    if (!(error instanceof ConfigurationError)) return false;
    const { path, namedBy } = configPath({ file: this.configFile, env: this.env });
    if (namedBy === "--config") return false;
    const isForbidden = FORBIDDEN.has(codeOf(error.cause));
    return isForbidden || (namedBy === "default" && !existsSync(path));
  }

  #defaultSocket(): string {
    const { path: file } = configPath({ env: this.env });
    const named = this.env[SOCKET_VARIABLE];
    const path =
      named === undefined || named === "" ? DEFAULT_SOCKETS.find((one) => isSocket(one)) : named;
    if (path === undefined) {
      throw new NoDaemonError(
        `no daemon runs: neither ${DEFAULT_SOCKETS.join(" nor ")} is there, and "${file}", which may name another socket, cannot be read`,
      );
    }
    this.output.note(`cannot read "${file}": asking the daemon on "${path}"`);
    return path;
  }
}
