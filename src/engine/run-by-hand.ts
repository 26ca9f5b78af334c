/** Builds a schedule's job and places it now, because somebody asks for it. */
import type { Agenda } from "../agenda/agenda.ts";
import { placeByHand } from "../agenda/by-hand.ts";
import type { ManualVerdict } from "../agenda/by-hand.ts";
import type { PlacedJob } from "../agenda/fire-request.ts";
import { withDeadline } from "../base/abort.ts";
import { sleep } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import type { Builder } from "../job/builder.ts";
import { checkJob, commonJobFields, ownJobFields } from "../job/rq-job.ts";
import type { RedisConnection } from "../redis/connect.ts";
import { RedisRefusal } from "../redis/script.ts";
import type { Schedule } from "../schedule/schedule.ts";

/** What running by hand needs. */
export interface ByHandOptions {
  readonly agenda: Agenda;
  readonly redis: RedisConnection;
  readonly clock: Clock;
  readonly builderFor: (schedule: Schedule) => Builder;
}

/** What is asked for. */
export interface ByHandRequest {
  readonly schedule: Schedule;
  readonly requestId: string;
  readonly isForced: boolean;
  readonly reason: string;
}

/** What became of it. */
export interface ByHandOutcome {
  readonly verdict: ManualVerdict;
  readonly queue: string;
}

/** A web server that makes the job may take this long. */
const BUILD_TIMEOUT_MS = 10_000;
/** A Redis that is away for a moment is waited for. */
const PLACE_TIMEOUT_MS = 4_000;
const RETRY_PAUSE_MS = 50;
/** Each try knows the last job of the one before; more than one other daemon at work is not to be expected. */
const LAST_JOB_TRIES = 5;

/**
 * Asks Redis for something that is carried out once, and again when the answer was lost, until it is there.
 *
 * @throws RedisRefusal when Redis refuses; DeadlineError when it stays away.
 */
export function askOnce<T>(
  { redis, clock }: Pick<ByHandOptions, "redis" | "clock">,
  work: () => Promise<T>,
): Promise<T> {
  const action = redis.problem === null ? "ask Redis" : `ask Redis: ${redis.problem}`;
  return withDeadline({ clock, timeoutMs: PLACE_TIMEOUT_MS, action }, async (signal) => {
    for (;;) {
      await redis.ready(signal);
      try {
        return await work();
      } catch (error) {
        if (error instanceof RedisRefusal || signal.aborted) throw error;
        redis.distrust(error);
      }
      await sleep(clock, RETRY_PAUSE_MS, signal);
    }
  });
}

async function build(
  { schedule }: ByHandRequest,
  { builderFor, clock }: ByHandOptions,
): Promise<PlacedJob> {
  const options = { clock, timeoutMs: BUILD_TIMEOUT_MS, action: "build the job" };
  const job = await withDeadline(options, (signal) => builderFor(schedule).build(schedule, signal));
  checkJob(job);
  return { ...job, fields: ownJobFields(job) };
}

/**
 * Places a job of the schedule, once for each request.
 *
 * @throws BuildError or JobError when there is no job to place; RedisRefusal; DeadlineError when a part stays away.
 */
export async function runByHand(
  request: ByHandRequest,
  options: ByHandOptions,
): Promise<ByHandOutcome> {
  const { agenda, clock } = options;
  const { schedule, requestId, isForced, reason } = request;
  const job = await build(request, options);
  for (let tries = 1; ; tries += 1) {
    const verdict = await askOnce(options, async () => {
      const nowMs = clock.nowMs();
      const lastJob = await agenda.lastJob(schedule.id);
      const common = { commonFields: commonJobFields(nowMs), lastJob, job };
      const run = { scheduleId: schedule.id, requestId, isForced, reason, ...common };
      return placeByHand(agenda, run, nowMs);
    });
    if (verdict.kind !== "last_job" || tries === LAST_JOB_TRIES) {
      return { verdict, queue: job.queue };
    }
  }
}
