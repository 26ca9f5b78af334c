/** The work of `btu tasks`. */
import { ConfigurationError, describeError } from "../base/errors.ts";
import type { BtuTask } from "../schedule/btu-task.ts";
import type { Source } from "../schedule/source.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import type { Flags } from "./flags.ts";
import { withSources } from "./own-sources.ts";
import { taskLines } from "./tasks-table.ts";
import type { TaskRow } from "./tasks-table.ts";

interface Counts {
  readonly all: number;
  readonly enabled: number;
}

/** Schedules by the task that they run. */
async function countSchedules(source: Source, signal: AbortSignal): Promise<Map<string, Counts>> {
  const counts = new Map<string, Counts>();
  for await (const { task, enabled } of source.read(signal)) {
    const before = counts.get(task) ?? { all: 0, enabled: 0 };
    counts.set(task, { all: before.all + 1, enabled: before.enabled + Number(enabled) });
  }
  return counts;
}

function rowOf(task: BtuTask, counts: ReadonlyMap<string, Counts>): TaskRow {
  const { all, enabled } = counts.get(task.id) ?? { all: 0, enabled: 0 };
  return {
    id: task.id,
    description: task.description,
    function: task.function,
    queue: task.queue,
    timeout_s: task.timeoutSeconds,
    state: task.state,
    schedules: all,
    enabled_schedules: enabled,
  };
}

async function readTasks(sources: readonly Source[]): Promise<TaskRow[] | null> {
  const { signal } = new AbortController();
  for (const source of sources) {
    const { records } = source;
    if (records === undefined) continue;
    const tasks = await records.readTasks(null, signal);
    const counts = await countSchedules(source, signal);
    return tasks.map((task) => rowOf(task, counts));
  }
  return null;
}

/** Reads the tasks from the site and shows them. */
export async function runTasks(flags: Flags<"json">, context: CliContext): Promise<ExitCode> {
  const { output } = context;
  try {
    const rows = await withSources(context, readTasks);
    if (rows === null) {
      output.error(
        "no tasks: the configuration names no site, neither its database nor its web server",
      );
      return EXIT.problem;
    }
    if (flags.on("json")) output.json(rows);
    else output.lines(taskLines(rows, output));
    return EXIT.ok;
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    output.error(`cannot read the tasks: ${describeError(error)}`);
    return EXIT.problem;
  }
}
