/** The composition root: builds every part of the daemon once and runs the services. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { describeError } from "./base/errors.ts";
import { runServices } from "./base/service.ts";
import type { Service } from "./base/service.ts";
import { versionText } from "./base/version.ts";
import { redisTarget } from "./config/targets.ts";
import { makeHandler } from "./control/handle.ts";
import { CommandPoll } from "./control/poll.ts";
import type { CommandPollOptions } from "./control/poll.ts";
import { SocketServer } from "./control/socket-server.ts";
import { clockWatch } from "./engine/clock-watch.ts";
import type { ChangeWatch } from "./engine/change-watch.ts";
import { FireLoop } from "./engine/fire-loop.ts";
import type { FiringReport } from "./engine/firing-report.ts";
import { Leadership } from "./engine/leadership.ts";
import type { ReconcileLoop } from "./engine/reconcile-loop.ts";
import { repairState } from "./engine/repair.ts";
import type { Rereads } from "./engine/rereads.ts";
import { zoneWatch } from "./engine/zone-watch.ts";
import { openEndpoints } from "./frappe/open-endpoints.ts";
import { frappeSite } from "./job/frappe-site.ts";
import { openBuilder } from "./job/open-builder.ts";
import { openInStep } from "./in-step-parts.ts";
import { newestEntries } from "./observe/ledger.ts";
import { currentStatus, entryOf, listRows } from "./observe/status-source.ts";
import { checkRedis } from "./redis/check.ts";
import type { RedisFinding } from "./redis/check.ts";
import { describeTarget } from "./redis/connect.ts";
import { makeKeys } from "./redis/keys.ts";
import { Remembered } from "./redis/remembered.ts";
import { mustConnect, openShared, sourceId } from "./shared-parts.ts";
import type { DaemonOptions, Shared } from "./shared-parts.ts";

/** A daemon that is ready to run. */
export interface Daemon {
  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Reads all schedules again now. */
  reconcile(): void;
}
/** All services together must end within 5 s of a signal; the rest is for the process itself. */
const GRACE_MS = 4_000;
/** Entries of the ledger that are read at start, to know of failures within the last hour. */
const SEED_ENTRIES = 1_000;

/** How the parts that work together reach each other; they are made one after the other. */
interface Links {
  readonly leadership: () => Leadership;
  readonly reconcile: () => ReconcileLoop;
  readonly rereads: () => Rereads;
  readonly changes: () => ChangeWatch;
  readonly fireLoop: () => FireLoop;
}

function openLeadership(shared: Shared, links: Links): Leadership {
  const { config, redis, agenda, book, clock } = shared;
  const log = shared.log.for("leader");
  const id = sourceId(config);
  return new Leadership({
    redis,
    agenda,
    keys: makeKeys(config.redis_key_prefix),
    prefix: config.redis_key_prefix,
    sourceId: id,
    daemonId: `${hostname()}:${process.pid}:${randomUUID().slice(0, 4)}`,
    clock,
    log,
    onChange: (isLeader, { isFirst }) => {
      if (isLeader) {
        links.reconcile().lead({ isFirst });
        links.changes().look();
      }
      links.fireLoop().refresh();
    },
    repair: (isFirst) => repairState({ agenda, book, sourceId: id, log, isFirst }),
  });
}

function openFireLoop(shared: Shared, links: Links): FireLoop {
  const { config, log, recent } = shared;
  const endpoints = openEndpoints({ ...shared, watch: shared.serverWatch });
  const builderFor = openBuilder({
    choice: config.job_builder,
    queueNames: shared.queueNames,
    endpoints,
    frappe: frappeSite({
      site: config.site,
      user: config.frappe_user,
      endpoints,
      remembered: new Remembered({
        client: shared.redis.client,
        key: makeKeys(config.redis_key_prefix).remembered,
      }),
    }),
    prefetchSeconds: config.prefetch_secs,
    log: log.for("jobs"),
  });
  const onDone = (report: FiringReport): void => {
    const { attempt, verdict, firedMs } = report;
    const isPlaced = verdict === "placed" || verdict === "already";
    recent.add(entryOf(report), isPlaced ? firedMs - attempt.scoreMs : null);
  };
  return new FireLoop({
    ...shared,
    log: log.for("fire"),
    builderFor,
    mayFire: () => links.leadership().isLeader,
    onDone,
    onChanged: (id) => links.rereads().readOnce([id]),
    isInDoubt: (id, sinceMs) => links.rereads().isInDoubt(id, sinceMs),
    onOldState: () => links.leadership().check(),
  });
}

/** What commands act on. */
interface ControlledParts {
  readonly leadership: Leadership;
  readonly reconcile: ReconcileLoop;
  readonly rereads: Rereads;
  readonly fireLoop: FireLoop;
}

/** The services that people and programs talk to. */
function openControl(shared: Shared, parts: ControlledParts): Service[] {
  const { config, clock, configPath, zones } = shared;
  const log = shared.log.for("control");
  const statusOptions = {
    ...shared,
    ...parts,
    daemon: {
      name: config.name,
      environment: config.environment_name,
      version: versionText,
      pid: process.pid,
      started_at: new Date(clock.nowMs()).toISOString(),
      config: configPath,
      zone_data: `${zones.origin} ${zones.version}`,
    },
    redisName: `Redis ${describeTarget(redisTarget(config))}`,
    refreshMs: config.full_refresh_internal_secs * 1000,
  };
  const handle = makeHandler({
    log,
    status: () => Promise.resolve(currentStatus(statusOptions)),
    list: () => listRows(shared),
    reread: (id) => void parts.rereads.request([id]),
  });
  const { socket_path: path, socket_mode: mode, socket_file_group_owner: group } = config;
  const socket = new SocketServer({ file: { path, mode, group }, handle, clock, log });
  return [...(config.disable_unix_socket ? [] : [socket]), ...openPoll(shared, parts, handle)];
}

/** Fetches the app's commands where it cannot bring them to us. */
function openPoll(
  shared: Shared,
  { leadership, reconcile, rereads }: ControlledParts,
  handle: CommandPollOptions["handle"],
): Service[] {
  const { config, clock } = shared;
  const isRemote = config.connectivity_mode === "webserver";
  const endpoints = isRemote ? openEndpoints({ ...shared, watch: shared.serverWatch }) : null;
  if (endpoints === null) return [];
  const poll = new CommandPoll({
    endpoints,
    handle,
    reread: (ids) => rereads.request(ids),
    readAll: () => reconcile.request(),
    mayAsk: () => leadership.isLeader,
    everyMs: config.command_poll_secs * 1000,
    clock,
    log: shared.log.for("control"),
  });
  return [poll];
}

/** Once Redis is there, what the ledger holds of the last hour counts for our health. */
function seedRecent({ redis, recent, config, log }: Shared): void {
  let isSeeded = false;
  const ledger = makeKeys(config.redis_key_prefix).ledger;
  const seed = async (): Promise<void> => {
    const entries = await newestEntries(redis.client, ledger, SEED_ENTRIES);
    if (!isSeeded) recent.seed(entries);
    isSeeded = true;
  };
  redis.onReady(() => {
    if (isSeeded) return;
    seed().catch((error: unknown) => {
      // When the connection broke meanwhile, the ledger is read with the next one.
      if (redis.isReady) log.warn(`read the ledger: ${describeError(error)}`);
    });
  });
}

/** Tells at the first connection what of this Redis stands in the way of the promise. */
function tellFindings({ redis, config, log }: Shared): void {
  let isTold = false;
  const keys = makeKeys(config.redis_key_prefix);
  const tell = (findings: readonly RedisFinding[]): void => {
    for (const { level, subject, text } of findings) {
      if (level === "error") log.error(text, { subject });
      else if (level === "warning") log.warn(text, { subject });
      else log.debug(text, { subject });
    }
  };
  redis.onReady(() => {
    if (isTold) return;
    isTold = true;
    checkRedis({ client: redis.client, keys, queues: [] }).then(tell, (error: unknown) =>
      log.warn(`look at Redis: ${describeError(error)}`),
    );
  });
}

/** Builds the parts; nothing runs yet but the connection to Redis. */
export function openDaemon(options: DaemonOptions): Daemon {
  const { config, clock, log } = options;
  const shared = openShared(options);
  const { redis, zones, sources } = shared;
  const links: Links = {
    leadership: () => leadership,
    reconcile: () => reconcile,
    rereads: () => rereads,
    changes: () => changes,
    fireLoop: () => fireLoop,
  };
  const leadership = openLeadership(shared, links);
  const { reconcile, rereads, changes } = openInStep(shared, {
    isLeader: () => leadership.isLeader,
    fireLoop: () => fireLoop,
  });
  const fireLoop = openFireLoop(shared, links);
  const reread = (): void => void reconcile.request();
  const services: Service[] = [
    leadership,
    reconcile,
    rereads,
    changes,
    fireLoop,
    zoneWatch({ zones, clock, log: log.for("zones"), onChange: reread }),
    clockWatch({
      clock,
      log: log.for("clock"),
      onJump: () => {
        leadership.check();
        reread();
      },
    }),
    ...openControl(shared, { leadership, reconcile, rereads, fireLoop }),
  ];
  return {
    reconcile: reread,
    run: async (signal) => {
      try {
        if (!config.startup_without_database_connections) await mustConnect(shared, signal);
        seedRecent(shared);
        tellFindings(shared);
        await runServices(services, { clock, log, signal, graceMs: GRACE_MS });
      } finally {
        redis.close();
        await Promise.allSettled(sources.map((source) => source.close()));
      }
    },
  };
}
