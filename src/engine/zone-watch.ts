/** Notices new time zone rules on the machine, so that a tzdata upgrade needs no restart. */
import { isAbort } from "../base/abort.ts";
import { sleep } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";
import type { ZoneData } from "../cron/zone-data.ts";

/** What the watch needs. */
export interface ZoneWatchOptions {
  readonly zones: ZoneData;
  readonly clock: Clock;
  readonly log: Log;
  readonly onChange: () => void;
}

/** One `stat` per zone file in use; they count only once they were quiet for 30 s. */
const LOOK_EVERY_MS = 10_000;

/** Makes the service. */
export function zoneWatch({ zones, clock, log, onChange }: ZoneWatchOptions): Service {
  let told: readonly string[] = [];
  const look = (): void => {
    if (zones.refresh(clock.nowMs())) {
      log.info("time zone rules changed", { origin: zones.origin, version: zones.version });
      onChange();
    }
    for (const problem of zones.problems) if (!told.includes(problem)) log.warn(problem);
    told = zones.problems;
  };
  return {
    name: "zone watch",
    run: async (signal) => {
      try {
        for (;;) {
          look();
          await sleep(clock, LOOK_EVERY_MS, signal);
        }
      } catch (error) {
        if (!isAbort(error, signal)) throw error;
      }
    },
  };
}
