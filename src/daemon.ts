/** The composition root: builds every part of the daemon once and runs the services. */
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { HandOvers } from "./agenda/hand-overs.ts";
import { describeError } from "./base/errors.ts";
import { runServices } from "./base/service.ts";
import type { Service } from "./base/service.ts";
import { openControl, reloadConfiguration } from "./control-parts.ts";
import type { ControlledParts } from "./control-parts.ts";
import { openSiteState } from "./config/site-state.ts";
import type { ChangeWatch } from "./engine/change-watch.ts";
import { clockWatch } from "./engine/clock-watch.ts";
import { FireLoop } from "./engine/fire-loop.ts";
import { isPlacing } from "./engine/firing-report.ts";
import type { FiringReport } from "./engine/firing-report.ts";
import { Leadership } from "./engine/leadership.ts";
import type { ReconcileLoop } from "./engine/reconcile-loop.ts";
import { repairState } from "./engine/repair.ts";
import type { Rereads } from "./engine/rereads.ts";
import { openInStep } from "./in-step-parts.ts";
import { RunningCheck } from "./engine/running-check.ts";
import { SiteHold } from "./engine/site-hold.ts";
import { zoneWatch } from "./engine/zone-watch.ts";
import { openJobParts } from "./job-parts.ts";
import type { BuilderFor } from "./job/open-builder.ts";
import { newestEntries } from "./observe/ledger.ts";
import { entryOf, missedEntryOf } from "./observe/status-source.ts";
import { checkRedis } from "./redis/check.ts";
import type { RedisFinding } from "./redis/check.ts";
import { makeKeys } from "./redis/keys.ts";
import { openLifeSigns } from "./open-life-signs.ts";
import { mustConnect, openShared, sourceId } from "./shared-parts.ts";
import type { DaemonOptions, Shared } from "./shared-parts.ts";

/** A daemon that is ready to run. */
export interface Daemon {
  /** Runs until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Reads the configuration and all schedules again now; a broken configuration is told and changes nothing. */
  reload(): void;
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

function openLeadership(shared: Shared, daemonId: string, links: Links): Leadership {
  const { config, redis, agenda, book, clock } = shared;
  const log = shared.log.for("leader");
  const id = sourceId(config);
  return new Leadership({
    redis,
    agenda,
    keys: makeKeys(config.redis_key_prefix),
    prefix: config.redis_key_prefix,
    sourceId: id,
    daemonId,
    clock,
    log,
    onChange: (isLeader, { isFirst }) => {
      if (isLeader) {
        links.reconcile().lead({ isFirst });
        links.changes().look();
      }
      links.fireLoop().refresh();
    },
    repair: (isFirst, keepLease) =>
      repairState({ agenda, book, clock, sourceId: id, log, isFirst, keepLease }),
  });
}

function openFireLoop(shared: Shared, builderFor: BuilderFor, links: Links): FireLoop {
  const { config, log, recent } = shared;
  const onDone = (report: FiringReport): void => {
    const { attempt, firedMs } = report;
    const missed = missedEntryOf(report);
    if (missed !== null) recent.add(missed, null);
    recent.add(entryOf(report), isPlacing(report) ? firedMs - attempt.scoreMs : null);
  };
  return new FireLoop({
    ...shared,
    handOvers: new HandOvers({
      agenda: shared.agenda,
      client: shared.redis.client,
      key: makeKeys(config.redis_key_prefix).handing,
    }),
    log: log.for("fire"),
    builderFor,
    runningCheck: new RunningCheck({
      readers: shared.sources.flatMap(({ records }) => records?.readRunning ?? []),
      clock: shared.clock,
      log: log.for("jobs"),
    }),
    siteHold: new SiteHold({
      site: openSiteState(config, shared.clock),
      clock: shared.clock,
      log: log.for("fire"),
    }),
    mayFire: () => links.leadership().isLeader,
    onDone,
    onChanged: (id) => links.rereads().readOnce([id]),
    isInDoubt: (id, sinceMs) => links.rereads().isInDoubt(id, sinceMs),
    onOldState: () => links.leadership().check(),
  });
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

/** Whatever is wrong with the configuration, the schedules are read again. */
function reloadOrTell(parts: ControlledParts): void {
  try {
    reloadConfiguration(parts);
  } catch (error) {
    parts.shared.log.error(describeError(error));
    void parts.reconcile.request();
  }
}

type WatchedParts = Pick<ControlledParts, "leadership" | "reconcile" | "fireLoop">;

/** When the rules of zones or the clock change, everything is looked at again. */
function openWatches(
  { zones, clock, log }: Shared,
  { leadership, reconcile, fireLoop }: WatchedParts,
): Service[] {
  const readAll = (): void => void reconcile.request();
  const onJump = (): void => {
    leadership.clockJumped(() => {
      readAll();
      fireLoop.refresh();
    });
  };
  return [
    zoneWatch({ zones, clock, log: log.for("zones"), onChange: readAll }),
    clockWatch({ clock, log: log.for("clock"), onJump }),
  ];
}

/** Builds the parts; nothing runs yet but the connection to Redis. */
export function openDaemon(options: DaemonOptions): Daemon {
  const { config, clock, log } = options;
  const shared = openShared(options);
  const { redis, sources } = shared;
  const { builderFor, ids: jobIds } = openJobParts(shared);
  const links: Links = {
    leadership: () => leadership,
    reconcile: () => reconcile,
    rereads: () => rereads,
    changes: () => changes,
    fireLoop: () => fireLoop,
  };
  const daemonId = `${hostname()}:${process.pid}:${randomUUID().slice(0, 4)}`;
  const leadership = openLeadership(shared, daemonId, links);
  const { reconcile, rereads, changes } = openInStep(shared, {
    isLeader: () => leadership.isLeader,
    fireLoop: () => fireLoop,
    jobIds,
  });
  const fireLoop = openFireLoop(shared, builderFor, links);
  const parts = {
    shared,
    leadership,
    reconcile,
    fireLoop,
    builderFor,
    reread: (ids: readonly string[]) => rereads.request(ids),
    daemonId,
  };
  const services: Service[] = [
    leadership,
    reconcile,
    rereads,
    changes,
    fireLoop,
    ...openWatches(shared, { leadership, reconcile, fireLoop }),
    ...openControl(parts),
    ...openLifeSigns(shared, { reconcile, fireLoop }),
  ];
  return {
    reload: () => reloadOrTell(parts),
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
