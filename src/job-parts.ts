/** From the configuration to the builders of jobs. */
import { openEndpoints } from "./frappe/open-endpoints.ts";
import { findJob } from "./job/find-job.ts";
import { findLog } from "./job/find-log.ts";
import { frappeSite } from "./job/frappe-site.ts";
import { JobIds } from "./job/job-ids.ts";
import { openBuilder } from "./job/open-builder.ts";
import type { BuilderFor } from "./job/open-builder.ts";
import { makeKeys } from "./redis/keys.ts";
import { Remembered } from "./redis/remembered.ts";
import type { Shared } from "./shared-parts.ts";

/** What makes jobs. */
export interface JobParts {
  readonly builderFor: BuilderFor;
  readonly ids: JobIds;
}

/** Opens them; nothing is connected. */
export function openJobParts(shared: Shared): JobParts {
  const { config, redis, queueNames, sources, clock } = shared;
  const { client } = redis;
  const log = shared.log.for("jobs");
  const key = makeKeys(config.redis_key_prefix).remembered;
  const remembered = new Remembered({ client, key });
  const ids = new JobIds({
    client,
    remembered,
    log,
    choice: config.job_id_style,
    site: config.site,
  });
  const ttls = {
    resultTtlSeconds: config.result_ttl_secs,
    failureTtlSeconds: config.failure_ttl_secs,
  };
  const endpoints = openEndpoints({ ...shared, watch: shared.serverWatch });
  const logs = sources.flatMap(({ records }) => (records === undefined ? [] : [findLog(records)]));
  // Without the site's own Redis only its logs can be asked.
  const isRemote = config.connectivity_mode === "webserver";
  const builderFor = openBuilder({
    choice: config.job_builder,
    queueNames,
    endpoints,
    ids,
    ttls,
    frappe: frappeSite({
      site: config.site,
      user: config.frappe_user,
      endpoints,
      remembered,
      ids,
      ttls,
      clock,
    }),
    traces: isRemote ? logs : [findJob({ client, queueNames }), ...logs],
    prefetchSeconds: config.prefetch_secs,
    pickledFallback: config.pickled_fallback,
    clock,
    log,
  });
  return { builderFor, ids };
}
