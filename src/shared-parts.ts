/** What the parts of one daemon share: connections, sources, the book. */
import { Agenda } from "./agenda/agenda.ts";
import { withDeadline } from "./base/abort.ts";
import type { Clock } from "./base/clock.ts";
import { describeError, StartError } from "./base/errors.ts";
import type { Log } from "./base/log.ts";
import type { ServiceManager } from "./base/service-manager.ts";
import { configChanges, withLiveKeys } from "./config/changes.ts";
import type { ConfigChanges } from "./config/changes.ts";
import type { LoadedConfig } from "./config/load.ts";
import type { Config } from "./config/schema.ts";
import { queuePrefix, redisTarget, sqlTarget, webserverTarget } from "./config/targets.ts";
import { openZoneData } from "./cron/zone-data.ts";
import type { ZoneData } from "./cron/zone-data.ts";
import { Book } from "./engine/book.ts";
import { ServerWatch } from "./frappe/server-watch.ts";
import { QueueNames } from "./job/queue-names.ts";
import { RecentFirings } from "./observe/recent.ts";
import { connectRedis } from "./redis/connect.ts";
import type { RedisConnection } from "./redis/connect.ts";
import { makeKeys } from "./redis/keys.ts";
import { Remembered } from "./redis/remembered.ts";
import { openSources } from "./schedule/open-source.ts";
import { policies } from "./schedule/policy.ts";
import type { PolicyFor } from "./schedule/policy.ts";
import type { Source } from "./schedule/source.ts";

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly config: Config;
  /** Where the configuration came from; null when from the environment alone. */
  readonly configPath: string | null;
  /** TZDIR of the environment. */
  readonly zoneDirectory: string | undefined;
  /** Who started us and wants to hear how we are; null when nobody does. */
  readonly manager: ServiceManager | null;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Reads the configuration again.
   *
   * @throws ConfigurationError with all its faults.
   */
  readonly loadAgain: () => LoadedConfig;
  /** Told of the configuration that holds from now on. */
  readonly onConfig: (config: Config) => void;
}

/** How long a connection may take where it must be there at start. */
const START_TIMEOUT_MS = 10_000;

function watchServer({ config, clock, log }: DaemonOptions): ServerWatch | null {
  const target = webserverTarget(config);
  return target === null ? null : new ServerWatch(target.url, { clock, log: log.for("jobs") });
}

/** The configuration as it holds now: some keys follow the file while the daemon runs. */
export class LiveConfig {
  #current: Config;
  #policyFor: PolicyFor;

  constructor(config: Config) {
    this.#current = config;
    this.#policyFor = policies(config);
  }

  get current(): Config {
    return this.#current;
  }

  get policyFor(): PolicyFor {
    return this.#policyFor;
  }

  /** Takes over what can be taken over; tells what was, and what needs a restart. */
  adopt(next: Config): ConfigChanges {
    const changes = configChanges(this.#current, next);
    this.#current = withLiveKeys(this.#current, next);
    if (changes.live.length > 0) this.#policyFor = policies(this.#current);
    return changes;
  }
}

/** What the parts of one daemon share. */
export interface Shared extends DaemonOptions {
  /** `config` is what the daemon was started with; this is what holds now. */
  readonly live: LiveConfig;
  readonly redis: RedisConnection;
  readonly agenda: Agenda;
  readonly book: Book;
  readonly zones: ZoneData;
  readonly recent: RecentFirings;
  readonly queueNames: QueueNames;
  readonly sources: readonly Source[];
  /** Null where no web server is configured. */
  readonly serverWatch: ServerWatch | null;
}

/** Opens them; only Redis begins to connect. */
export function openShared(options: DaemonOptions): Shared {
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
  const serverWatch = watchServer(options);
  const live = new LiveConfig(config);
  return {
    ...options,
    live,
    redis,
    zones,
    book: new Book(),
    recent: new RecentFirings(clock),
    serverWatch,
    agenda: new Agenda({
      client,
      keys,
      clock,
      get ledgerMax() {
        return live.current.ledger_max_entries;
      },
    }),
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
      serverWatch,
      policiesNow: () => live.policyFor,
      onGeneration: ({ label }) => log.info("the site's BTU app", { generation: label }),
    }),
  };
}
/** What a database, site or file is called where it matters whose state it is. */
export function sourceId(config: Config): string {
  const database = sqlTarget(config)?.database ?? null;
  const named = config.source_id ?? database ?? remoteSite(config) ?? config.schedules_file;
  if (named === null) throw new Error("no source of schedules is configured");
  return named;
}
/** The site of which only the web server can be reached, or null. */
function remoteSite(config: Config): string | null {
  if (config.connectivity_mode !== "webserver") return null;
  const target = webserverTarget(config);
  return config.site ?? target?.hostHeader ?? target?.url ?? null;
}
/** @throws StartError naming what is not there. */
export async function mustConnect(
  { redis, sources, clock }: Shared,
  signal: AbortSignal,
): Promise<void> {
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
