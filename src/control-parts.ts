/** Composes what people and programs talk to: commands, their handler and their transports. */
import { describeError } from "./base/errors.ts";
import { silentLog } from "./base/log.ts";
import type { Service } from "./base/service.ts";
import { versionText } from "./base/version.ts";
import { redisTarget } from "./config/targets.ts";
import { RefusedError } from "./control/command.ts";
import { makeHandler } from "./control/handle.ts";
import type { Handle, HandlerOptions } from "./control/handle.ts";
import { CommandPoll } from "./control/poll.ts";
import { Neighbours } from "./control/neighbours.ts";
import { operate } from "./control/operate.ts";
import type { PlacedByHand } from "./control/operate.ts";
import { RedisRpc } from "./control/redis-rpc.ts";
import { answerSee } from "./control/see-answers.ts";
import { SocketServer } from "./control/socket-server.ts";
import type { FireLoop } from "./engine/fire-loop.ts";
import type { Leadership } from "./engine/leadership.ts";
import type { ReconcileLoop } from "./engine/reconcile-loop.ts";
import { openEndpoints } from "./frappe/open-endpoints.ts";
import { configuredChoice } from "./job/choose-builder.ts";
import type { BuilderFor } from "./job/open-builder.ts";
import { siteTaskWish } from "./job/task-wish.ts";
import { scheduleEffect, staleText } from "./observe/effect.ts";
import type { StatusDocument } from "./observe/status.ts";
import { circumstancesOf, currentStatus, listRows } from "./observe/status-source.ts";
import { connectRedis, describeTarget } from "./redis/connect.ts";
import { makeKeys } from "./redis/keys.ts";
import type { Shared } from "./shared-parts.ts";

/** Reads schedules again; resolves when the first read was written to the agenda. */
export type Reread = (scheduleIds: readonly string[]) => Promise<void>;

/** The parts that commands act on. */
export interface ControlledParts {
  readonly shared: Shared;
  readonly leadership: Leadership;
  readonly reconcile: ReconcileLoop;
  readonly fireLoop: FireLoop;
  readonly builderFor: BuilderFor;
  /** In this daemon only. */
  readonly reread: Reread;
  readonly daemonId: string;
}

/** What a reload of the configuration did. */
interface ReloadReport {
  readonly path: string | null;
  /** Keys whose new values hold from now on. */
  readonly applied: readonly string[];
  /** Keys whose new values hold after a restart. */
  readonly needs_restart: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Reads the configuration again and takes over what can be; a broken one changes nothing.
 *
 * @throws RefusedError telling what is wrong with it.
 */
export function reloadConfiguration({ shared, reconcile }: ControlledParts): ReloadReport {
  const { live, log, loadAgain, onConfig } = shared;
  let loaded: ReturnType<typeof loadAgain>;
  try {
    loaded = loadAgain();
  } catch (error) {
    throw new RefusedError("invalid", `the old configuration stays: ${describeError(error)}`);
  }
  const { live: applied, needRestart: needs_restart } = live.adopt(loaded.config);
  onConfig(live.current);
  for (const warning of loaded.warnings) log.warn(warning);
  if (applied.length > 0) log.info("configuration taken over", { keys: applied.join(", ") });
  if (needs_restart.length > 0) {
    log.warn("some changes of the configuration need a restart", {
      keys: needs_restart.join(", "),
    });
  }
  void reconcile.request();
  return { path: loaded.path, applied, needs_restart, warnings: loaded.warnings };
}

function daemonStatus(
  { live, configPath, zones }: Shared,
  startedMs: number,
): StatusDocument["daemon"] {
  const { name, environment_name: environment } = live.current;
  return {
    name,
    environment,
    version: versionText,
    pid: process.pid,
    started_at: new Date(startedMs).toISOString(),
    config: configPath,
    zone_data: `${zones.origin} ${zones.version}`,
  };
}

function statusOf(parts: ControlledParts): () => StatusDocument {
  const { shared } = parts;
  const startedMs = shared.clock.nowMs();
  const redisName = `Redis ${describeTarget(redisTarget(shared.config))}`;
  const chooseBuilder = configuredChoice(shared.config);
  return () =>
    currentStatus({
      ...shared,
      ...parts,
      daemon: daemonStatus(shared, startedMs),
      redisName,
      chooseBuilder,
      refreshMs: shared.live.current.full_refresh_internal_secs * 1000,
    });
}

/** Answers what is asked about schedules beyond their list. */
function seeThrough(parts: ControlledParts): HandlerOptions["see"] {
  const { shared } = parts;
  const { config, redis, book, clock, queueNames } = shared;
  const redisProblem = (): string | null =>
    redis.isReady ? null : `Redis is not available: ${redis.problem}`;
  return (command) =>
    answerSee(command, {
      client: redis.client,
      keys: makeKeys(config.redis_key_prefix),
      book,
      clock,
      fullQueue: (queue) => queueNames.fullName(queue),
      redisProblem,
      circumstances: (schedule) => circumstancesOf(schedule, { ...shared, ...parts }),
    });
}

/** A job placed by hand stands among the last firings, though it is no occurrence. */
function noteByHand({ recent, clock }: Shared, placed: PlacedByHand): void {
  const { scheduleId: schedule, queue, jobId: job, reason } = placed;
  const firedMs = clock.nowMs();
  const dueSeconds = Math.floor(firedMs / 1000);
  const rest = { outcome: "manual", untilSeconds: null, count: 1 };
  recent.add({ id: "", schedule, dueSeconds, firedMs, queue, job, reason, ...rest }, null);
}

function openHandler(parts: ControlledParts, neighbours: Neighbours | null): Handle {
  const { shared, reconcile, builderFor } = parts;
  const { book, clock } = shared;
  const log = shared.log.for("control");
  const effect = (id: string): ReturnType<typeof scheduleEffect> =>
    scheduleEffect(id, { book, clock, sources: () => reconcile.sources });
  const byHand = {
    ...shared,
    log,
    builderFor,
    effect,
    taskWish: (taskId: string, signal: AbortSignal) => siteTaskWish(taskId, shared.sources, signal),
    onPauses: () => neighbours?.tellPauses(),
    onPlaced: (placed: PlacedByHand) => noteByHand(shared, placed),
  };
  return makeHandler({
    log,
    clock,
    status: statusOf(parts),
    list: () => listRows(shared),
    see: seeThrough(parts),
    reread: parts.reread,
    effect,
    reconcile: async () => {
      await reconcile.request();
      const { tookMs } = reconcile.state;
      return { schedules: book.size, took_ms: tookMs, stale: staleText(reconcile.sources) };
    },
    operate: (command, asker) => operate(command, asker, byHand),
    reload: () => Promise.resolve(reloadConfiguration(parts)),
  });
}

function openRedisRpc(
  { shared, reread }: ControlledParts,
  { neighbours, handle }: { readonly neighbours: Neighbours; readonly handle: Handle },
): RedisRpc {
  const { config, clock, redis } = shared;
  const log = shared.log.for("control");
  const blocking = connectRedis({
    target: redisTarget(config),
    clock,
    log: silentLog,
    name: "btu-daemon-commands",
    blocking: true,
  });
  const ownList = makeKeys(config.redis_key_prefix).commands;
  const onPauses = async (): Promise<void> => {
    shared.book.setPauses(await shared.agenda.paused());
  };
  const transport = { redis, blocking, ownList, neighbours };
  return new RedisRpc({ ...transport, handle, reread, onPauses, clock, log });
}

/** Fetches the app's commands where it cannot bring them to us; null where it can. */
function openPoll(
  { shared, leadership, reconcile }: ControlledParts,
  { reread, handle }: { readonly reread: Reread; readonly handle: Handle },
): CommandPoll | null {
  const { config, clock } = shared;
  const isRemote = config.connectivity_mode === "webserver";
  const endpoints = isRemote ? openEndpoints({ ...shared, watch: shared.serverWatch }) : null;
  if (endpoints === null) return null;
  return new CommandPoll({
    endpoints,
    handle,
    reread,
    readAll: () => reconcile.request(),
    mayAsk: () => leadership.isLeader,
    everyMs: config.command_poll_secs * 1000,
    clock,
    log: shared.log.for("control"),
  });
}

/** The services that people and programs talk to. */
export function openControl(parts: ControlledParts): Service[] {
  const { config, clock, redis, log: rootLog } = parts.shared;
  const log = rootLog.for("control");
  const { daemonId } = parts;
  const neighbours = config.disable_redis_rpc ? null : new Neighbours({ redis, daemonId, log });
  const reread: Reread = (ids) => {
    neighbours?.handOver(ids);
    return parts.reread(ids);
  };
  const handle = openHandler({ ...parts, reread }, neighbours);
  const services: Service[] = [];
  if (neighbours !== null) services.push(openRedisRpc(parts, { neighbours, handle }));
  const poll = openPoll(parts, { reread, handle });
  if (poll !== null) services.push(poll);
  if (!config.disable_unix_socket) {
    const { socket_path: path, socket_mode: mode, socket_file_group_owner: group } = config;
    services.push(new SocketServer({ file: { path, mode, group }, handle, clock, log }));
  }
  return services;
}
