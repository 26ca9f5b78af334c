/** The work of `btu jobs`. */
import { readJobs } from "../observe/rq-jobs.ts";
import { JOB_STATES } from "../observe/rq-queues.ts";
import type { JobState, QueueRow } from "../observe/rq-queues.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { COUNT_DEFAULT, COUNT_MAX } from "./jobs-args.ts";
import type { JobsFlags } from "./jobs-args.ts";
import { jobLines } from "./jobs-screen.ts";
import { withOwnRedis } from "./own-redis.ts";
import { chosenQueue } from "./rq-queue-name.ts";
import { readRq } from "./rq-reading.ts";

/** How many there are in all, by state. */
function totals(
  queues: readonly QueueRow[],
  states: readonly JobState[],
): Partial<Record<JobState, number>> {
  const sum = (state: JobState): number => queues.reduce((total, row) => total + row[state], 0);
  return Object.fromEntries(states.map((state) => [state, sum(state)]));
}

/** Reads and shows the jobs. */
export async function runJobs(flags: JobsFlags, context: CliContext): Promise<ExitCode> {
  const { output, clock } = context;
  const { style, width } = output;
  const limit = flags.integer("count", { min: 1, max: COUNT_MAX }) ?? COUNT_DEFAULT;
  const chosen = flags.choice("state", JOB_STATES);
  const states = chosen === null ? JOB_STATES : [chosen];
  return withOwnRedis(context, "read the jobs", async (client) => {
    const { queues: all } = await readRq(client, context);
    const name = chosenQueue(flags.text("queue"), all);
    const queues = all.filter((row) => name === null || row.name === name);
    const asked = { queues: queues.map((row) => row.name), states, limit };
    const jobs = await readJobs(client, asked, { clock });
    const counts = totals(queues, states);
    const isOfOne = queues.length === 1;
    if (flags.on("json")) output.json({ jobs, counts });
    else {
      const screen = { style, width, counts, isOfOne, nowSeconds: clock.nowMs() / 1000 };
      output.lines(jobLines(jobs, screen));
    }
    return EXIT.ok;
  });
}
