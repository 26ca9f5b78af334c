/** The work of `btu job`. */
import type { Redis } from "ioredis";
import { nowSeconds } from "../base/clock.ts";
import { readJob } from "../observe/rq-job.ts";
import { knownJobIds } from "../observe/rq-jobs.ts";
import { JOB_STATES, readQueues } from "../observe/rq-queues.ts";
import type { JobState } from "../observe/rq-queues.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { jobScreen } from "./job-screen.ts";
import { withOwnRedis } from "./own-redis.ts";
import { unknownId } from "./unknown-id.ts";

/** Among so many the one that was meant is looked for. */
const KNOWN_MAX = 1_000;

/** The error for a job that is not there, with the one that was probably meant. */
export async function unknownJob(
  id: string,
  client: Redis,
  { clock, states = JOB_STATES }: Pick<CliContext, "clock"> & { states?: readonly JobState[] },
): Promise<Error> {
  const { queues } = await readQueues(client, { clock, workers: [] });
  const wanted = { queues: queues.map(({ name }) => name), states, limit: KNOWN_MAX };
  return unknownId("job", id, await knownJobIds(client, wanted, { clock }));
}

/** Reads and shows a job. */
export async function runJob(
  id: string,
  { isJson, context }: { readonly isJson: boolean; readonly context: CliContext },
): Promise<ExitCode> {
  const { output, clock } = context;
  return withOwnRedis(context, "read the job", async (client) => {
    const job = await readJob(client, id, { clock });
    if (job === null) throw await unknownJob(id, client, { clock });
    if (isJson) output.json(job);
    else
      output.lines(
        jobScreen(job, { style: output.style, width: output.width, nowSeconds: nowSeconds(clock) }),
      );
    return EXIT.ok;
  });
}
