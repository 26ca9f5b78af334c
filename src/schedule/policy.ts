/** How a schedule behaves when its second is missed, shared or repeated. */
import type { Config } from "../config/schema.ts";
import type { PolicySettings } from "../config/schema-policy.ts";
import type { DstPolicy } from "../cron/dst-policy.ts";
import { matchesWildcard } from "./wildcard.ts";

/** The policies of one schedule. */
export interface Policy {
  /** What happens to occurrences missed by more than a minute. */
  readonly misfire: Config["misfire"];
  /** The greatest age at which a missed occurrence may still run. */
  readonly misfireGraceSeconds: number;
  /** At most so many missed occurrences run under `run_all`; the newest are kept. */
  readonly maxCatchup: number;
  /**
   * Whether a job is placed while the schedule's previous one is still queued or running. Null where nothing is written down:
   * allowed, unless the logs of a site's task say that it runs.
   */
  readonly overlap: Config["overlap"];
  /** The score of an occurrence is raised by less than this. */
  readonly jitterSeconds: number;
  readonly dst: DstPolicy;
}

/** Gives the policy of a schedule; equal policies are one object. */
export type PolicyFor = (scheduleId: string) => Policy;

/** The policies that hold where nothing else is said. */
function standardPolicy(config: Config): Policy {
  return {
    misfire: config.misfire,
    misfireGraceSeconds: config.misfire_grace_secs,
    maxCatchup: config.max_catchup,
    overlap: config.overlap,
    jitterSeconds: config.jitter_secs,
    dst: { gap: config.dst_gap, overlap: config.dst_overlap },
  };
}

/** The policy with some of its parts set otherwise. */
export function withSettings(standard: Policy, settings: PolicySettings): Policy {
  const { dst } = standard;
  return {
    misfire: settings.misfire ?? standard.misfire,
    misfireGraceSeconds: settings.misfire_grace_secs ?? standard.misfireGraceSeconds,
    maxCatchup: settings.max_catchup ?? standard.maxCatchup,
    overlap: settings.overlap ?? standard.overlap,
    jitterSeconds: settings.jitter_secs ?? standard.jitterSeconds,
    dst: { gap: settings.dst_gap ?? dst.gap, overlap: settings.dst_overlap ?? dst.overlap },
  };
}

/** The policies of the configuration: of the first `[[policy]]` table that matches, else those of all schedules. */
export function policies(config: Config): PolicyFor {
  const distinct: Policy[] = [];
  const only = (policy: Policy): Policy => {
    const known = distinct.find((other) => Bun.deepEquals(other, policy));
    if (known === undefined) distinct.push(policy);
    return known ?? policy;
  };
  const standard = only(standardPolicy(config));
  const rules = (config.policy ?? []).map(({ match, ...settings }) => ({
    match,
    policy: only(withSettings(standard, settings)),
  }));
  return (id) => rules.find(({ match }) => matchesWildcard(match, id))?.policy ?? standard;
}
