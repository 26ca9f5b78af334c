/** The composition root: builds every part of the daemon once and runs the services. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { describeError } from "./base/errors.ts";
import { runServices } from "./base/service.ts";
import type { Service } from "./base/service.ts";
import { versionText } from "./base/version.ts";
import { redisTarget } from "./config/targets.ts";
import { makeHandler } from "./control/handle.ts";
import { LifeSigns } from "./control/life-signs.ts";
import { SocketServer } from "./control/socket-server.ts";
import { ExpressionCache } from "./cron/expression-cache.ts";
import type { Book } from "./engine/book.ts";
import { clockWatch } from "./engine/clock-watch.ts";
import { FireLoop } from "./engine/fire-loop.ts";
import type { FiringReport } from "./engine/firing-report.ts";
import { Leadership } from "./engine/leadership.ts";
import { ReconcileLoop } from "./engine/reconcile-loop.ts";
import { repairState } from "./engine/repair.ts";
import { zoneWatch } from "./engine/zone-watch.ts";
import { openEndpoints } from "./frappe/open-endpoints.ts";
import { frappeSite } from "./job/frappe-site.ts";
import { openBuilder } from "./job/open-builder.ts";
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
    onChange: (isLeader) => {
      if (isLeader) links.reconcile().lead();
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
    onChanged: () => void links.reconcile().request(),
    onOldState: () => links.leadership().check(),
  });
}

/** The queues that active schedules use. */
function queuesInUse(book: Book): Set<string> {
  const queues = new Set<string>();
  for (const { schedule } of book.entries()) {
    if (schedule.enabled && schedule.problem === null) queues.add(schedule.queue);
  }
  return queues;
}

function openReconcile(shared: Shared, links: Links): ReconcileLoop {
  const { config, redis, book, queueNames, zones, log } = shared;
  return new ReconcileLoop({
    ...shared,
    tools: { expressions: new ExpressionCache(), zones },
    log: log.for("reconcile"),
    refreshMs: config.full_refresh_internal_secs * 1000,
    mayWrite: () => links.leadership().isLeader,
    onReconciled: async () => {
      links.fireLoop().refresh();
      if (redis.isReady) await queueNames.refresh(queuesInUse(book));
    },
  });
}

/** The services that people and programs talk to. */
function openControl(
  shared: Shared,
  parts: {
    readonly leadership: Leadership;
    readonly reconcile: ReconcileLoop;
    readonly fireLoop: FireLoop;
  },
): Service[] {
  const { config, clock, configPath, zones } = shared;
  if (config.disable_unix_socket) return [];
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
  const { socket_path: path, socket_mode: mode, socket_file_group_owner: group } = config;
  const handle = makeHandler({
    log,
    status: () => Promise.resolve(currentStatus(statusOptions)),
    list: () => listRows(shared),
    reread: () => void parts.reconcile.request(),
  });
  return [new SocketServer({ file: { path, mode, group }, handle, clock, log })];
}

/** What `systemctl status` shows. */
function summary({ redis, book }: Shared, reconcile: ReconcileLoop, fireLoop: FireLoop): string {
  const down = [{ name: "Redis", problem: redis.problem }, ...reconcile.sources].find(
    ({ problem }) => problem !== null,
  );
  if (down !== undefined) return `${down.name} is not available: ${down.problem}`;
  if (fireLoop.problem !== null) return `nothing is fired: ${fireLoop.problem}`;
  return book.size === 1 ? "1 schedule" : `${book.size} schedules`;
}

function openLifeSigns(
  shared: Shared,
  { reconcile, fireLoop }: { readonly reconcile: ReconcileLoop; readonly fireLoop: FireLoop },
): Service[] {
  const { manager, config, clock, log } = shared;
  if (manager === null) return [];
  const signs = new LifeSigns({
    manager,
    rounds: () => fireLoop.rounds,
    socketPath: config.disable_unix_socket ? null : config.socket_path,
    summary: () => summary(shared, reconcile, fireLoop),
    clock,
    log: log.for("systemd"),
  });
  return [signs];
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
    fireLoop: () => fireLoop,
  };
  const leadership = openLeadership(shared, links);
  const reconcile = openReconcile(shared, links);
  const fireLoop = openFireLoop(shared, links);
  const reread = (): void => void reconcile.request();
  const services: Service[] = [
    leadership,
    reconcile,
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
    ...openControl(shared, { leadership, reconcile, fireLoop }),
    ...openLifeSigns(shared, { reconcile, fireLoop }),
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
