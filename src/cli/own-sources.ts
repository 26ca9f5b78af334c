/** The sources of the configuration, for one use by a command. */
import type { BtuTask } from "../schedule/btu-task.ts";
import { openSources } from "../schedule/open-source.ts";
import type { Source } from "../schedule/source.ts";
import type { CliContext } from "./context.ts";
import { openZones } from "./zones.ts";

/** Opens them, and closes them when `use` is done. */
export async function withSources<T>(
  context: CliContext,
  use: (sources: readonly Source[]) => Promise<T>,
): Promise<T> {
  const { clock, env } = context;
  const { config } = context.config();
  const sources = openSources({ config, clock, zones: openZones(config.zone_data, env) });
  try {
    return await use(sources);
  } finally {
    await Promise.allSettled(sources.map((source) => source.close()));
  }
}

/** All tasks of the site, whether or not a schedule runs them; none where there is no site. */
export async function readSiteTasks(context: CliContext, signal: AbortSignal): Promise<BtuTask[]> {
  return withSources(context, async (sources) => {
    const reads = sources.flatMap(({ records }) =>
      records === undefined ? [] : [records.readTasks(null, signal)],
    );
    return (await Promise.all(reads)).flat();
  });
}
