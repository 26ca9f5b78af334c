/** How a schedule behaves when its second is missed, shared or repeated. */
import type { DstPolicy } from "../cron/dst-policy.ts";

/** What happens to occurrences missed by more than a minute. */
export const MISFIRES = ["run_once", "skip", "run_all"] as const;
/** Whether a job is placed while the schedule's previous one is still queued or running. */
export const OVERLAPS = ["allow", "skip"] as const;

/** The policies of one schedule. */
export interface Policy {
  readonly misfire: (typeof MISFIRES)[number];
  /** The greatest age at which a missed occurrence may still run. */
  readonly misfireGraceSeconds: number;
  /** At most so many missed occurrences run under `run_all`; the newest are kept. */
  readonly maxCatchup: number;
  readonly overlap: (typeof OVERLAPS)[number];
  /** The score of an occurrence is raised by less than this. */
  readonly jitterSeconds: number;
  readonly dst: DstPolicy;
}
