/** The control plane in this process: both transports, one handler, a real Redis. */
import type { Redis } from "ioredis";
import { Agenda } from "../../src/agenda/agenda.ts";
import { reconcileAgenda } from "../../src/agenda/reconcile.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import type { Log } from "../../src/base/log.ts";
import { askDaemon } from "../../src/control/client.ts";
import type { Reply } from "../../src/control/command.ts";
import { makeHandler } from "../../src/control/handle.ts";
import { Neighbours } from "../../src/control/neighbours.ts";
import { operate } from "../../src/control/operate.ts";
import { askThroughRedis } from "../../src/control/redis-client.ts";
import { RedisRpc } from "../../src/control/redis-rpc.ts";
import { SocketServer } from "../../src/control/socket-server.ts";
import { Book } from "../../src/engine/book.ts";
import { nativeBuilder } from "../../src/job/build-native.ts";
import { QueueNames } from "../../src/job/queue-names.ts";
import { scheduleEffect } from "../../src/observe/effect.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import type { RedisConnection } from "../../src/redis/connect.ts";
import { makeKeys } from "../../src/redis/keys.ts";
import { Remembered } from "../../src/redis/remembered.ts";
import type { Schedule } from "../../src/schedule/schedule.ts";
import type { Builder } from "../../src/job/builder.ts";
import { siteTaskWish } from "../../src/job/task-wish.ts";
import type { TaskPlace } from "../../src/job/task-wish.ts";
import { loadText, SOURCE } from "../config/load-text.ts";
import { eventually } from "./eventually.ts";
import type { RedisServer } from "./redis-server.ts";
import { scheduleMap, TOOLS } from "./schedules.ts";
import { tempDir } from "./temp-dir.ts";
import { existsSync } from "node:fs";

/** The two ways to ask. */
export const WAYS = ["socket", "redis"] as const;

/** One of them. */
export type Way = (typeof WAYS)[number];

/** What is started. */
export interface ControlOptions {
  readonly server: RedisServer;
  readonly schedules?: readonly Schedule[];
  readonly prefix?: string;
  readonly log?: Log;
  /** Who the daemon is to Redis, without a password. */
  readonly user?: string;
  /** Makes the jobs; default: the native builder of calls. */
  readonly builder?: Builder;
  /** The site that has tasks. */
  readonly places?: readonly TaskPlace[];
  /** What `list` answers. */
  readonly list?: readonly unknown[];
}

/** A running control plane. */
export interface Control extends AsyncDisposable {
  readonly socketPath: string;
  readonly client: Redis;
  readonly agenda: Agenda;
  readonly book: Book;
  readonly keys: ReturnType<typeof makeKeys>;
  /** Every call of `reread`, by its ids. */
  readonly rereads: Array<readonly string[]>;
  ask(way: Way, type: string, content?: unknown): Promise<Reply>;
}

function connect({ server, user }: ControlOptions, blocking: boolean): RedisConnection {
  const as = user === undefined ? {} : { username: user, password: "any" };
  const target = { host: "127.0.0.1", port: server.port, db: 0, ...as };
  return connectRedis({ target, clock: systemClock, log: silentLog, name: "test", blocking });
}

/** Starts it; its daemon is called by a name of its own. */
export async function startControl(options: ControlOptions): Promise<Control> {
  const { server, schedules = [], prefix = "btu_scheduler:", log = silentLog } = options;
  const [clock, dir, stop] = [systemClock, tempDir(), new AbortController()];
  const [redis, blocking] = [connect(options, false), connect(options, true)];
  const client = await server.client();
  await Promise.all([redis.ready(stop.signal), blocking.ready(stop.signal)]);
  const keys = makeKeys(prefix);
  const agenda = new Agenda({ client: redis.client, keys, clock, ledgerMax: 1_000 });
  const book = new Book();
  const map = scheduleMap(...schedules);
  book.replace(map, []);
  const onPlanned = (id: string, due: number | null): void => book.setDue(id, due);
  const about = { tools: TOOLS, schedules: map, isDeleted: () => true, onPlanned };
  await reconcileAgenda({ agenda, clock, ...about });
  const remembered = new Remembered({ client, key: keys.remembered });
  const queueNames = new QueueNames({ client, remembered, log, prefix: "" });
  const builder = options.builder ?? nativeBuilder({ queueNames, frappe: null });
  const neighbours = new Neighbours({ redis, daemonId: crypto.randomUUID(), log });
  const rereads: Array<readonly string[]> = [];
  const reread = (ids: readonly string[]): Promise<void> => {
    rereads.push(ids);
    return Promise.resolve();
  };
  const effect = (id: string) => scheduleEffect(id, { book, clock, sources: () => [] });
  const parts = { agenda, book, redis, clock, log, effect, builderFor: () => builder };
  const taskWish = (taskId: string, signal: AbortSignal) =>
    siteTaskWish(taskId, options.places ?? [], signal);
  const handle = makeHandler({
    log,
    clock,
    status: () => ({ health: "healthy" }),
    list: () => options.list ?? [],
    see: (command) => Promise.resolve(command),
    reread: (ids) => {
      neighbours.handOver(ids);
      return reread(ids);
    },
    effect,
    reconcile: () => Promise.resolve({ schedules: book.size }),
    operate: (command, asker) =>
      operate(command, asker, {
        ...parts,
        taskWish,
        onPauses: () => neighbours.tellPauses(),
        onPlaced: () => undefined,
      }),
    reload: () => Promise.resolve({ applied: [] }),
  });
  const socketPath = dir.file("btu.sock");
  const file = { path: socketPath, mode: 0o660, group: null };
  const ownList = keys.commands;
  const running = [
    new SocketServer({ file, handle, clock, log }),
    new RedisRpc({
      redis,
      blocking,
      ownList,
      neighbours,
      handle,
      reread,
      clock,
      log,
      onPauses: async () => book.setPauses(await agenda.paused()),
    }),
  ].map((service) => service.run(stop.signal));
  await eventually(() => existsSync(socketPath), { what: "the socket is there" });
  const config = loadText(
    `rq_port = ${server.port}\nredis_key_prefix = "${prefix}"\n${SOURCE}`,
  ).config;
  return {
    socketPath,
    client,
    agenda,
    book,
    keys,
    rereads,
    ask: (way, type, content = null) =>
      way === "socket"
        ? askDaemon({ type, content }, { socketPath, clock, timeoutMs: 5_000 })
        : askThroughRedis({ type, content }, { config, clock, timeoutMs: 5_000 }),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await Promise.all(running);
      redis.close();
      dir[Symbol.dispose]();
    },
  };
}
