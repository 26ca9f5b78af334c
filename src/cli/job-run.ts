/** The work of `btu job`. */
import type { Redis } from "ioredis";
import { nowSeconds } from "../base/clock.ts";
import { readJob } from "../observe/rq-job.ts";
import type { JobDocument } from "../observe/rq-job.ts";
import { knownJobIds } from "../observe/rq-jobs.ts";
import { JOB_STATES, readQueues } from "../observe/rq-queues.ts";
import type { JobState } from "../observe/rq-queues.ts";
import type { CliContext } from "./context.ts";
import { EXIT, NotFoundError } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { jobScreen } from "./job-screen.ts";
import { withOwnRedis } from "./own-redis.ts";
import { unknownId } from "./unknown-id.ts";

/** Among so many the one that was meant is looked for. */
const KNOWN_MAX = 1_000;
/** Less of an id says nothing. */
const BEGINNING_MIN = 4;

/** Which jobs may be meant. */
interface Meant extends Pick<CliContext, "clock"> {
  readonly states?: readonly JobState[];
}

async function knownIds(client: Redis, { clock, states = JOB_STATES }: Meant): Promise<string[]> {
  const { queues } = await readQueues(client, { clock, workers: [] });
  const wanted = { queues: queues.map(({ name }) => name), states, limit: KNOWN_MAX };
  return knownJobIds(client, wanted, { clock });
}

/** Tables cut long ids: their beginning will do where it fits one job alone. */
function idFromBeginning(typed: string, known: readonly string[]): string | null {
  const beginning = typed.replace(/…$/, "");
  const [first, ...others] = new Set(known.filter((id) => id.startsWith(beginning)));
  if (first === undefined || others.length > 0) return null;
  return beginning.length < BEGINNING_MIN ? null : first;
}

/** The error for a job that is not there, with the one that was probably meant. */
export async function unknownJob(id: string, client: Redis, meant: Meant): Promise<Error> {
  const known = await knownIds(client, meant);
  const begun = idFromBeginning(id, known);
  if (begun === null) return unknownId("job", id, known);
  return new NotFoundError(`no job is called "${id}"; "${begun}" begins like that`);
}

async function findJob(id: string, client: Redis, { clock }: CliContext): Promise<JobDocument> {
  const exact = await readJob(client, id, { clock });
  if (exact !== null) return exact;
  const begun = idFromBeginning(id, await knownIds(client, { clock }));
  const job = begun === null ? null : await readJob(client, begun, { clock });
  if (job === null) throw await unknownJob(id, client, { clock });
  return job;
}

/** Reads and shows a job. */
export async function runJob(
  id: string,
  { isJson, context }: { readonly isJson: boolean; readonly context: CliContext },
): Promise<ExitCode> {
  const { output, clock } = context;
  return withOwnRedis(context, "read the job", async (client) => {
    const job = await findJob(id, client, context);
    if (isJson) output.json(job);
    else
      output.lines(
        jobScreen(job, { style: output.style, width: output.width, nowSeconds: nowSeconds(clock) }),
      );
    return EXIT.ok;
  });
}
