/** The composition root: builds every part of the daemon once and runs the services. */
import { Agenda } from "./agenda/agenda.ts";
import { withDeadline } from "./base/abort.ts";
import type { Clock } from "./base/clock.ts";
import { describeError } from "./base/errors.ts";
import type { Log } from "./base/log.ts";
import { runServices } from "./base/service.ts";
import type { Service } from "./base/service.ts";
import { versionText } from "./base/version.ts";
import type { Config } from "./config/schema.ts";
import { redisTarget } from "./config/targets.ts";
import { makeHandler } from "./control/handle.ts";
import { SocketServer } from "./control/socket-server.ts";
import { ExpressionCache } from "./cron/expression-cache.ts";
import { openZoneData } from "./cron/zone-data.ts";
import type { ZoneData } from "./cron/zone-data.ts";
import { Book } from "./engine/book.ts";
import { clockWatch } from "./engine/clock-watch.ts";
import { FireLoop } from "./engine/fire-loop.ts";
import type { FiringReport } from "./engine/firing-report.ts";
import { ReconcileLoop } from "./engine/reconcile-loop.ts";
import { zoneWatch } from "./engine/zone-watch.ts";
import { openEndpoints } from "./frappe/open-endpoints.ts";
import { frappeSite } from "./job/frappe-site.ts";
import { openBuilder } from "./job/open-builder.ts";
import { QueueNames } from "./job/queue-names.ts";
import { newestEntries } from "./observe/ledger.ts";
import { RecentFirings } from "./observe/recent.ts";
import { currentStatus, entryOf, listRows } from "./observe/status-source.ts";
import { connectRedis, describeTarget } from "./redis/connect.ts";
import type { RedisConnection } from "./redis/connect.ts";
import { makeKeys } from "./redis/keys.ts";
import { Remembered } from "./redis/remembered.ts";
import { openSources } from "./schedule/open-source.ts";
import type { Source } from "./schedule/source.ts";

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly config: Config;
  /** Where the configuration came from; null when from the environment alone. */
  readonly configPath: string | null;
  /** TZDIR of the environment. */
  readonly zoneDirectory: string | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** A daemon that is ready to run. */
export interface Daemon {
  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Reads all schedules again now. */
  reconcile(): void;
}

/** A connection that is missing at start, where the configuration does not allow that. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** All services together must end within 5 s of a signal; the rest is for the process itself. */
const GRACE_MS = 4_000;
/** How long a connection may take where it must be there at start. */
const START_TIMEOUT_MS = 10_000;
/** Entries of the ledger that are read at start, to know of failures within the last hour. */
const SEED_ENTRIES = 1_000;

function queuePrefix({ queue_prefix: prefix, bench_id: bench }: Config): string | null {
  return prefix ?? (bench === null ? null : `${bench}:`);
}

/** What the parts of one daemon share. */
interface Shared extends DaemonOptions {
  readonly redis: RedisConnection;
  readonly agenda: Agenda;
  readonly book: Book;
  readonly zones: ZoneData;
  readonly recent: RecentFirings;
  readonly queueNames: QueueNames;
  readonly sources: readonly Source[];
}

function openShared(options: DaemonOptions): Shared {
  const { config, clock, log } = options;
  const zones = openZoneData({
    choice: config.zone_data,
    ...(options.zoneDirectory === undefined ? {} : { directory: options.zoneDirectory }),
  });
  log.info("time zone rules", { origin: zones.origin, version: zones.version });
  const redis = connectRedis({
    target: redisTarget(config),
    clock,
    log: log.for("redis"),
    name: "btu-daemon",
  });
  const keys = makeKeys(config.redis_key_prefix);
  const { client } = redis;
  return {
    ...options,
    redis,
    zones,
    book: new Book(),
    recent: new RecentFirings(clock),
    agenda: new Agenda({ client, keys, clock, ledgerMax: config.ledger_max_entries }),
    queueNames: new QueueNames({
      client,
      remembered: new Remembered({ client, key: keys.remembered }),
      log: log.for("queues"),
      prefix: queuePrefix(config),
    }),
    sources: openSources({
      config,
      clock,
      zones,
      onGeneration: ({ label }) => log.info("the site's BTU app", { generation: label }),
    }),
  };
}

function openFireLoop(shared: Shared, onChanged: () => void): FireLoop {
  const { config, clock, log, book, recent } = shared;
  const endpoints = openEndpoints(config, clock);
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
    const { attempt, request, verdict, firedMs } = report;
    book.setDue(attempt.schedule.id, request.next?.plan.dueSeconds ?? null);
    const isPlaced = verdict === "placed" || verdict === "already";
    recent.add(entryOf(report), isPlaced ? firedMs - attempt.scoreMs : null);
  };
  return new FireLoop({ ...shared, log: log.for("fire"), builderFor, onDone, onChanged });
}

/** The queues that active schedules use. */
function queuesInUse(book: Book): Set<string> {
  const queues = new Set<string>();
  for (const { schedule } of book.entries()) {
    if (schedule.enabled && schedule.problem === null) queues.add(schedule.queue);
  }
  return queues;
}

function openReconcile(shared: Shared, fireLoop: () => FireLoop): ReconcileLoop {
  const { config, redis, book, queueNames, zones, log } = shared;
  return new ReconcileLoop({
    ...shared,
    tools: { expressions: new ExpressionCache(), zones },
    log: log.for("reconcile"),
    refreshMs: config.full_refresh_internal_secs * 1000,
    onReconciled: async () => {
      fireLoop().refresh();
      if (redis.isReady) await queueNames.refresh(queuesInUse(book));
    },
  });
}

/** The services that people and programs talk to. */
function openControl(
  shared: Shared,
  parts: { readonly reconcile: ReconcileLoop; readonly fireLoop: FireLoop },
): Service[] {
  const { config, clock, configPath, zones } = shared;
  if (config.disable_unix_socket) return [];
  const log = shared.log.for("control");
  const statusOptions = {
    ...shared,
    ...parts,
    daemon: {
      name: config.name,
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

/** Once Redis is there, what the ledger holds of the last hour counts for our health. */
function seedRecent({ redis, recent, config, log }: Shared): void {
  let isSeeded = false;
  const ledger = makeKeys(config.redis_key_prefix).ledger;
  redis.onReady(() => {
    if (isSeeded) return;
    isSeeded = true;
    newestEntries(redis.client, ledger, SEED_ENTRIES).then(
      (entries) => recent.seed(entries),
      (error: unknown) => log.warn(`read the ledger: ${describeError(error)}`),
    );
  });
}

/** Builds the parts; nothing runs yet but the connection to Redis. */
export function openDaemon(options: DaemonOptions): Daemon {
  const { config, clock, log } = options;
  const shared = openShared(options);
  const { redis, zones, sources } = shared;
  const reconcile: ReconcileLoop = openReconcile(shared, () => fireLoop);
  const reread = (): void => void reconcile.request();
  const fireLoop = openFireLoop(shared, reread);
  const services: Service[] = [
    reconcile,
    fireLoop,
    zoneWatch({ zones, clock, log: log.for("zones"), onChange: reread }),
    clockWatch({ clock, log: log.for("clock"), onJump: reread }),
    ...openControl(shared, { reconcile, fireLoop }),
  ];
  return {
    reconcile: reread,
    run: async (signal) => {
      try {
        if (!config.startup_without_database_connections) await mustConnect(shared, signal);
        seedRecent(shared);
        await runServices(services, { clock, log, signal, graceMs: GRACE_MS });
      } finally {
        redis.close();
        await Promise.allSettled(sources.map((source) => source.close()));
      }
    },
  };
}

/** @throws StartError naming what is not there. */
async function mustConnect({ redis, sources, clock }: Shared, signal: AbortSignal): Promise<void> {
  const options = { clock, timeoutMs: START_TIMEOUT_MS, signal };
  try {
    await withDeadline({ ...options, action: "connect to Redis" }, (deadline) =>
      redis.ready(deadline),
    );
    for (const source of sources) {
      await withDeadline({ ...options, action: `read ${source.name}` }, async (deadline) => {
        for await (const _ of source.read(deadline)) break;
      });
    }
  } catch (error) {
    if (signal.aborted) throw error;
    const why = redis.problem ?? describeError(error);
    const text = "and startup_without_database_connections is false";
    throw new StartError(`cannot start: ${why}, ${text}`, { cause: error });
  }
}
