/** From the configuration to the sources it names. */
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/schema.ts";
import { sqlTarget } from "../config/targets.ts";
import type { BtuGeneration } from "./btu-generation.ts";
import type { Policy } from "./policy.ts";
import { openFileSource } from "./source-file.ts";
import { openMariadbSource } from "./source-mariadb.ts";
import type { Source } from "./source.ts";

/** What opening needs. */
export interface OpenSourcesOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly onGeneration?: (generation: BtuGeneration) => void;
}

/** The policies that hold where a schedule says nothing of its own. */
export function defaultPolicy(config: Config): Policy {
  return {
    misfire: config.misfire,
    misfireGraceSeconds: config.misfire_grace_secs,
    maxCatchup: config.max_catchup,
    overlap: config.overlap,
    jitterSeconds: config.jitter_secs,
    dst: { gap: config.dst_gap, overlap: config.dst_overlap },
  };
}

/** Opens every source; nothing is connected yet. The database comes first, so that an id in both is the database's. */
export function openSources({ config, clock, onGeneration }: OpenSourcesOptions): Source[] {
  const policy = defaultPolicy(config);
  const sources: Source[] = [];
  const sql = sqlTarget(config);
  if (sql !== null) {
    sources.push(
      openMariadbSource({
        target: {
          host: sql.host,
          port: sql.port,
          socketPath: sql.socket ?? undefined,
          database: sql.database,
          user: sql.user,
          password: sql.password ?? "",
        },
        site: { legacyUtcRows: "rebuild", policyFor: () => policy },
        ...(onGeneration === undefined ? {} : { onGeneration }),
      }),
    );
  }
  if (config.schedules_file !== null) {
    const defaults = { policy, timeZone: config.time_zone_string };
    sources.push(openFileSource({ path: config.schedules_file, defaults, clock }));
  }
  return sources;
}
