/** The ground of a scenario: a real Redis, a file of schedules, and as many compiled daemons as it likes. */
import { writeFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon, DaemonOptions } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer, RedisServerOptions } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";
import { makeKeys } from "../../src/redis/keys.ts";
import { tomlOf } from "./periodic.ts";
import type { Periodic } from "./periodic.ts";

const KEYS = makeKeys("btu_scheduler:");
/** Nothing may be cut off that is to be counted. */
const LEDGER_MAX = 10_000_000;

/** How a daemon is started on the field. */
export interface FieldDaemonOptions extends Pick<DaemonOptions, "wallMs" | "waitForPing" | "dir"> {
  /** Where Redis is, when not at its own port. */
  readonly port?: number;
  /** More lines of configuration. */
  readonly more?: string;
}

/** The ground. */
export interface Field extends AsyncDisposable {
  readonly redis: RedisServer;
  readonly client: Redis;
  readonly dir: TempDir;
  readonly schedules: readonly Periodic[];
  /** Writes the file anew; default: the schedules as they were given. */
  writeFile(text?: string): void;
  start(options?: FieldDaemonOptions): Promise<Daemon>;
  /** Waits until nothing is due that is not placed, `behindSeconds` behind now at most. */
  caughtUp(options?: CaughtUpOptions): Promise<void>;
}

/** How far behind, and how long to wait. */
export interface CaughtUpOptions {
  readonly behindSeconds?: number;
  readonly timeoutMs?: number;
}

/** Waits until nothing is due that is not placed, `behindSeconds` behind now at most. */
export async function caughtUp(
  client: Redis,
  { behindSeconds = 1, timeoutMs = 20_000 }: CaughtUpOptions = {},
): Promise<void> {
  const look = async (): Promise<boolean> => {
    const [, score] = await client.zrange(KEYS.agenda, 0, "0", "WITHSCORES");
    return score !== undefined && Number(score) > Date.now() / 1000 - behindSeconds;
  };
  await eventually(look, { timeoutMs, what: "everything that is due is placed" });
}

/** Opens a field. */
export async function openField(
  schedules: readonly Periodic[],
  redisOptions: RedisServerOptions = {},
): Promise<Field> {
  const redis = await startRedis(redisOptions);
  const client = await redis.client();
  const dir = tempDir();
  const path = dir.file("schedules.toml");
  const writeFile = (text = schedules.map((one) => tomlOf(one)).join("\n")): void =>
    writeFileSync(path, text);
  writeFile();
  const config = (port: number, more: string): string =>
    [
      `rq_port = ${port}`,
      `schedules_file = "${path}"`,
      `ledger_max_entries = ${LEDGER_MAX}`,
      ...(more.includes("log_level") ? [] : ['log_level = "warning"']),
      more,
    ].join("\n");
  return {
    redis,
    client,
    dir,
    schedules,
    writeFile,
    start: ({ port = redis.port, more = "", ...options } = {}) =>
      startDaemon({ ...options, config: config(port, more) }),
    caughtUp: (options) => caughtUp(client, options),
    [Symbol.asyncDispose]: async () => {
      await redis[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}
