/** Looks in the site's logs for what a schedule's job left behind. */
import { SourceError } from "../schedule/source-error.ts";
import type { SiteRecords } from "../schedule/source.ts";
import type { FindTrace } from "./build-delegated.ts";

/** Looks in them. A place that cannot be read until somebody mends it has no trace to show. */
export function findLog(records: SiteRecords): FindTrace {
  return async ({ schedule, sinceMs }, signal) => {
    try {
      const log = await records.findLog({ scheduleId: schedule.id, sinceMs }, signal);
      return log === null ? null : `log ${log}`;
    } catch (error) {
      if (error instanceof SourceError) return null;
      throw error;
    }
  };
}
