/** Builds the job of a schedule or a task and places it now, because somebody asks for it; or has the site enqueue it. */
import { randomUUID } from "node:crypto";
import type { Agenda } from "../agenda/agenda.ts";
import { noteHandRun, placeByHand } from "../agenda/by-hand.ts";
import { idOfTask } from "../agenda/id-of-task.ts";
import type { HandRunVerdict, ManualVerdict } from "../agenda/by-hand.ts";
import type { PlacedJob } from "../agenda/fire-request.ts";
import { DeadlineError, withDeadline } from "../base/abort.ts";
import { sleep } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import { HandOverError } from "../job/builder.ts";
import type { HandOver, JobWish } from "../job/builder.ts";
import type { BuilderFor } from "../job/open-builder.ts";
import { checkJob, commonJobFields, ownJobFields } from "../job/rq-job.ts";
import type { RedisConnection } from "../redis/connect.ts";
import { RedisRefusal } from "../redis/script.ts";
import type { Schedule } from "../schedule/schedule.ts";

/** What running by hand needs. */
export interface ByHandOptions {
  readonly agenda: Agenda;
  readonly redis: RedisConnection;
  readonly clock: Clock;
  readonly builderFor: BuilderFor;
}

/** What is asked for. */
export interface ByHandRequest {
  /** A schedule, or a task that is run without one. */
  readonly what:
    | { readonly kind: "schedule"; readonly schedule: Schedule }
    | { readonly kind: "task"; readonly taskId: string; readonly wish: JobWish };
  readonly requestId: string;
  readonly isForced: boolean;
  readonly reason: string;
}

/** What became of it: a job of ours was placed or not, or the site was asked for one or not. */
export type ByHandOutcome =
  | {
      readonly way: "placed";
      readonly verdict: ManualVerdict;
      readonly queue: string;
      readonly reason: string;
    }
  | {
      readonly way: "handed_over";
      readonly verdict: HandRunVerdict;
      readonly queue: string;
      readonly reason: string;
    };

/** The schedule's id, or what stands in its place in the ledger. */
export function ledgerId(what: ByHandRequest["what"]): string {
  return what.kind === "schedule" ? what.schedule.id : idOfTask(what.taskId);
}

function wishOf(what: ByHandRequest["what"]): JobWish {
  return what.kind === "schedule" ? what.schedule : what.wish;
}

/** A web server that makes the job may take this long. */
const BUILD_TIMEOUT_MS = 10_000;
/** The same for one that enqueues it, and then for the traces that a lost answer left. */
const HAND_OVER_TIMEOUT_MS = 9_000;
const FIND_TIMEOUT_MS = 2_000;
/** A Redis that is away for a moment is waited for. */
const PLACE_TIMEOUT_MS = 4_000;
const RETRY_PAUSE_MS = 50;
/** Each try knows the last job of the one before; more than one other daemon at work is not to be expected. */
const LAST_JOB_TRIES = 5;

interface AskOptions {
  readonly redis: Pick<RedisConnection, "problem" | "ready" | "distrust">;
  readonly clock: Clock;
}

/**
 * Asks Redis for something that is carried out once, and again when the answer was lost, until it is there.
 *
 * @throws RedisRefusal when Redis refuses; DeadlineError when it stays away, which tells whether it may have been done.
 */
export async function askOnce<T>({ redis, clock }: AskOptions, work: () => Promise<T>): Promise<T> {
  const action = redis.problem === null ? "ask Redis" : `ask Redis: ${redis.problem}`;
  let wasAsked = false;
  const trying = async (signal: AbortSignal): Promise<T> => {
    for (;;) {
      await redis.ready(signal);
      wasAsked = true;
      try {
        return await work();
      } catch (error) {
        if (error instanceof RedisRefusal || signal.aborted) throw error;
        redis.distrust(error);
      }
      await sleep(clock, RETRY_PAUSE_MS, signal);
    }
  };
  try {
    return await withDeadline({ clock, timeoutMs: PLACE_TIMEOUT_MS, action }, trying);
  } catch (error) {
    if (!wasAsked || !(error instanceof DeadlineError)) throw error;
    throw new DeadlineError(
      `${error.message}; it may have been done all the same: see btu history`,
    );
  }
}

async function build(
  { what }: ByHandRequest,
  { builderFor, clock }: ByHandOptions,
): Promise<PlacedJob> {
  const options = { clock, timeoutMs: BUILD_TIMEOUT_MS, action: "build the job" };
  const wish = wishOf(what);
  const job = await withDeadline(options, (signal) => builderFor(wish).build(wish, signal));
  checkJob(job);
  return { ...job, fields: ownJobFields(job) };
}

async function place(request: ByHandRequest, options: ByHandOptions): Promise<ByHandOutcome> {
  const { agenda, clock } = options;
  const { what, requestId, isForced, reason } = request;
  const scheduleId = ledgerId(what);
  const job = await build(request, options);
  for (let tries = 1; ; tries += 1) {
    const verdict = await askOnce(options, async () => {
      const nowMs = clock.nowMs();
      const lastJob = await agenda.lastJob(scheduleId);
      const common = { commonFields: commonJobFields(nowMs), lastJob, job };
      const run = { scheduleId, requestId, isForced, reason, ...common };
      return placeByHand(agenda, run, nowMs);
    });
    if (verdict.kind !== "last_job" || tries === LAST_JOB_TRIES) {
      return { way: "placed", verdict, queue: job.queue, reason };
    }
  }
}

interface Handing {
  readonly handOver: HandOver;
  readonly schedule: Schedule;
  readonly clock: Clock;
}

/** What a request left behind whose answer is lost; null when there is nothing, or nobody can tell now. */
async function traceOf(
  { handOver, schedule, clock }: Handing,
  sinceMs: number,
): Promise<string | null> {
  const options = { clock, timeoutMs: FIND_TIMEOUT_MS, action: "look for its traces" };
  try {
    return await withDeadline(options, (signal) => handOver.find({ schedule, sinceMs }, signal));
  } catch {
    return null;
  }
}

/**
 * Asks the site, once.
 *
 * @returns what to add to the reason; @throws HandOverError when it did nothing, or nobody knows what it did.
 */
async function post(handing: Handing): Promise<string> {
  const { handOver, schedule, clock } = handing;
  const sinceMs = clock.nowMs();
  const options = { clock, timeoutMs: HAND_OVER_TIMEOUT_MS, action: "ask the site to enqueue it" };
  try {
    await withDeadline(options, (signal) => handOver.post(schedule, signal));
    return "";
  } catch (error) {
    if (error instanceof HandOverError && !error.mayBeDone) throw error;
    const trace = await traceOf(handing, sinceMs);
    if (trace !== null) return `; the answer was lost, and ${trace} was found`;
    if (error instanceof HandOverError) throw error;
    const text = `hand over schedule "${schedule.id}" (the site may have enqueued it all the same)`;
    throw new HandOverError(text, { transient: true, mayBeDone: true, cause: error });
  }
}

/** Has the site enqueue it: what it may have heard already is not asked for again by the same request. */
async function handOverByHand(
  { requestId, isForced, reason }: ByHandRequest,
  handing: Handing,
  options: ByHandOptions,
): Promise<ByHandOutcome> {
  const { id: scheduleId, queue } = handing.schedule;
  const run = { requestId, scheduleId, token: randomUUID(), isForced, queue, reason };
  const note = (step: "claim" | "done" | "undone", more = ""): Promise<HandRunVerdict> =>
    askOnce(options, () =>
      noteHandRun(options.agenda, step, { ...run, reason: `${reason}${more}` }),
    );
  const verdict = await note("claim");
  if (verdict !== "claimed") return { way: "handed_over", verdict, queue, reason };
  let found: string;
  try {
    found = await post(handing);
  } catch (error) {
    if (error instanceof HandOverError && !error.mayBeDone) await note("undone");
    throw error;
  }
  try {
    await note("done", found);
  } catch (cause) {
    throw new Error("the site was told to enqueue it, which could not be entered in the ledger", {
      cause,
    });
  }
  return { way: "handed_over", verdict, queue, reason: `${reason}${found}` };
}

/**
 * Places a job, or has the site enqueue one where it does so itself, once for each request.
 *
 * @throws BuildError or JobError when there is no job to place; HandOverError when the site did not take it, or nobody knows;
 * RedisRefusal; DeadlineError when a part stays away.
 */
export function runByHand(request: ByHandRequest, options: ByHandOptions): Promise<ByHandOutcome> {
  const { what } = request;
  const { handOver } = options.builderFor(wishOf(what));
  // The site knows how to enqueue schedules alone.
  if (handOver === undefined || what.kind === "task") return place(request, options);
  return handOverByHand(
    request,
    { handOver, schedule: what.schedule, clock: options.clock },
    options,
  );
}
