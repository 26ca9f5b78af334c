/** A site's tasks and logs, asked of its web server. */
import type { ZoneData } from "../cron/zone-data.ts";
import type { FrappeEndpoints } from "../frappe/endpoints.ts";
import { FrappeError } from "../frappe/errors.ts";
import { btuTask, BTU_TASK_COLUMNS } from "./btu-task.ts";
import { siteTimeText } from "./site-clock.ts";
import type { SiteRecords } from "./source.ts";

/** What asking needs. */
export interface HttpRecordsOptions {
  readonly endpoints: FrappeEndpoints;
  readonly zones: ZoneData;
}

/** Opens them; nothing is connected. */
export function httpRecords({ endpoints, zones }: HttpRecordsOptions): SiteRecords {
  return {
    isRemote: true,
    readTasks: async (only, signal) => {
      const rows = await endpoints.listDocuments(
        {
          doctype: "BTU Task",
          fields: BTU_TASK_COLUMNS,
          filters: only === null ? [] : [["name", "=", only]],
        },
        signal,
      );
      return rows.map(btuTask).filter(({ id }) => only === null || id === only);
    },
    // The app looks at its own logs when it is asked to enqueue.
    readRunning: null,
    findLog: (wish, signal) => findLog({ endpoints, zones }, wish, signal),
  };
}

/** Null as well when the site will never tell: then it is rather asked twice. */
async function findLog(
  { endpoints, zones }: HttpRecordsOptions,
  { scheduleId, sinceMs }: { readonly scheduleId: string; readonly sinceMs: number },
  signal: AbortSignal,
): Promise<string | null> {
  try {
    const siteTime = siteTimeText(await endpoints.siteTimeZone(signal), sinceMs, zones);
    if (siteTime === null) return null;
    const [row] = await endpoints.listDocuments(
      {
        doctype: "BTU Task Log",
        fields: ["name"],
        filters: [
          ["schedule", "=", scheduleId],
          ["creation", ">=", siteTime],
        ],
        limit: 1,
      },
      signal,
    );
    const name = row?.["name"];
    return typeof name === "string" ? name : null;
  } catch (error) {
    if (error instanceof FrappeError && !error.transient) return null;
    throw error;
  }
}
