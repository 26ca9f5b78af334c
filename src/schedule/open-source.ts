/** From the configuration to the sources it names. */
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/schema.ts";
import { sqlTarget } from "../config/targets.ts";
import type { SqlTarget } from "../config/targets.ts";
import type { ZoneData } from "../cron/zone-data.ts";
import { openEndpoints } from "../frappe/open-endpoints.ts";
import type { ServerWatch } from "../frappe/server-watch.ts";
import type { BtuGeneration } from "./btu-generation.ts";
import { httpRecords } from "./http-records.ts";
import { openSqlEngine } from "./open-sql.ts";
import { policies } from "./policy.ts";
import type { PolicyFor } from "./policy.ts";
import { openFileSource } from "./source-file.ts";
import { openHttpSource } from "./source-http.ts";
import { openSqlSource } from "./source-sql.ts";
import type { Source } from "./source.ts";

/** What opening needs. */
export interface OpenSourcesOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly zones: ZoneData;
  /** Told of the web server's answers. */
  readonly serverWatch?: ServerWatch | null;
  /** Told when a whole read finds another generation of the site's app than the one before. */
  readonly onGeneration?: (generation: BtuGeneration) => void;
  /** The policies that hold now, where they can change; default: those of `config`. */
  readonly policiesNow?: () => PolicyFor;
}

/** Opens every source; nothing is connected yet. The site comes first, so that an id in both is the site's. */
export function openSources(options: OpenSourcesOptions): Source[] {
  const fixed = policies(options.config);
  const { policiesNow: now = () => fixed } = options;
  const all = [openSite(options, (id) => now()(id)), openFile(options, now)];
  return all.filter((source) => source !== null);
}

function openSite(options: OpenSourcesOptions, policyFor: PolicyFor): Source | null {
  const { config, clock, zones, serverWatch = null } = options;
  const target = sqlTarget(config);
  if (target !== null) return openSql(options, target, policyFor);
  if (config.connectivity_mode !== "webserver") return null;
  const endpoints = openEndpoints({ config, clock, watch: serverWatch });
  const timeZone = config.time_zone_string;
  if (endpoints === null) return null;
  const records = httpRecords({ endpoints, zones });
  return openHttpSource({ endpoints, policyFor, timeZone, records });
}

function openSql(
  { config, clock, zones, onGeneration = () => undefined }: OpenSourcesOptions,
  target: SqlTarget,
  policyFor: PolicyFor,
): Source {
  return openSqlSource({
    engine: openSqlEngine(target, clock),
    rows: { legacyUtcRows: config.legacy_utc_rows, policyFor },
    clock,
    zones,
    onGeneration,
  });
}

function openFile(
  { config, clock }: OpenSourcesOptions,
  policiesNow: () => PolicyFor,
): Source | null {
  const { schedules_file: path, time_zone_string: timeZone } = config;
  if (path === null) return null;
  const defaults = {
    timeZone,
    // Asked at each read: what it gave is what the read holds for.
    get policyFor() {
      return policiesNow();
    },
  };
  return openFileSource({ path, defaults, clock });
}
