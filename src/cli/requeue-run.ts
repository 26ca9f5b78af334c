/** The work of `btu requeue`. */
import type { Redis } from "ioredis";
import { UsageError } from "../base/errors.ts";
import { failedJobs, requeueJobs } from "../job/requeue.ts";
import type { RequeueVerdict } from "../job/requeue.ts";
import { queueNames } from "../observe/rq-queues.ts";
import { rqKeys } from "../redis/keys.ts";
import { readRqWorkers } from "../redis/rq-workers.ts";
import { confirm } from "./confirm.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { unknownJob } from "./job-run.ts";
import { withOwnRedis } from "./own-redis.ts";
import type { RequeueFlags } from "./requeue-args.ts";
import { chooseQueue } from "./rq-queue-name.ts";
import { bulletLines, counted } from "./text.ts";

/** What was done, on which queue. */
interface Outcome {
  readonly queue: string;
  readonly verdicts: readonly RequeueVerdict[];
}

/** More than this at once is a matter for a program. */
const JOBS_MAX = 100_000;
/** Of those that were not put back so many are named. */
const REASONS_SHOWN = 10;

async function requeueOne(id: string, client: Redis, context: CliContext): Promise<Outcome> {
  const { clock } = context;
  const queue = await client.hget(rqKeys.job(id), "origin");
  if (queue === null) throw await unknownJob(id, client, { clock, states: ["failed"] });
  return { queue, verdicts: await requeueJobs([id], { client, clock, queue }) };
}

async function requeueAll(
  flags: RequeueFlags,
  client: Redis,
  context: CliContext,
): Promise<Outcome> {
  const names = await queueNames(client, await readRqWorkers(client));
  const queue = chooseQueue(flags.text("queue") ?? "", names);
  const ids = await failedJobs(client, queue, JOBS_MAX);
  if (ids.length === 0) return { queue, verdicts: [] };
  const question = `Put ${counted(ids.length, "failed job")} back on queue "${queue}", to run again?`;
  await confirm(question, flags.on("yes"), context);
  const { clock, progress } = context;
  const work = () => requeueJobs(ids, { client, clock, queue });
  return { queue, verdicts: await progress.during("putting jobs back", work) };
}

/** @throws UsageError unless one job is named, or all of one queue. */
function checkFlags(flags: RequeueFlags): void {
  const [isAll, id, queue] = [flags.on("allFailed"), flags.text("id"), flags.text("queue")];
  if (!isAll && id === null) throw new UsageError("JOB is missing, or --all-failed --queue QUEUE");
  if (isAll && id !== null) throw new UsageError(`unexpected "${id}" beside --all-failed`);
  if (isAll && queue === null) throw new UsageError("--all-failed needs --queue QUEUE");
  if (!isAll && queue !== null) {
    throw new UsageError("--queue stands beside --all-failed only: a job knows its queue");
  }
}

function tell({ queue, verdicts }: Outcome, { output }: CliContext): void {
  const refused = verdicts.filter(({ requeued }) => !requeued);
  const done = verdicts.length - refused.length;
  for (const { id, reason } of refused.slice(0, REASONS_SHOWN)) {
    output.error(`requeue "${id}": ${reason}`);
  }
  if (refused.length > REASONS_SHOWN) {
    output.error(
      `${counted(refused.length - REASONS_SHOWN, "more job")} not put back; --json has all`,
    );
  }
  if (output.isQuiet || (done === 0 && refused.length > 0)) return;
  const text =
    verdicts.length === 0
      ? `no job of queue "${queue}" has failed`
      : `${counted(done, "job")} put back on queue "${queue}"`;
  output.lines(bulletLines(output.style.mark("ok"), [text], output.width));
}

/** Puts jobs back and tells what became of them. */
export async function runRequeue(flags: RequeueFlags, context: CliContext): Promise<ExitCode> {
  checkFlags(flags);
  const id = flags.text("id");
  const outcome = await withOwnRedis(context, "requeue jobs", (client) =>
    id === null ? requeueAll(flags, client, context) : requeueOne(id, client, context),
  );
  const { queue, verdicts } = outcome;
  if (flags.on("json")) context.output.json({ queue, jobs: verdicts });
  else tell(outcome, context);
  return verdicts.every(({ requeued }) => requeued) ? EXIT.ok : EXIT.problem;
}
