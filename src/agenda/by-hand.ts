/** What people change by hand: a job placed now, a schedule paused or resumed. Each request is carried out once. */
import { rqKeys } from "../redis/keys.ts";
import { defineScript } from "../redis/script.ts";
import type { RedisValue } from "../redis/script.ts";
import type { Agenda } from "./agenda.ts";
import commonLua from "./common.lua" with { type: "text" };
import { lastJobText } from "./fire-request.ts";
import type { LastJob, PlacedJob } from "./fire-request.ts";
import handRunLua from "./hand-run.lua" with { type: "text" };
import lastJobLua from "./last-job.lua" with { type: "text" };
import pauseLua from "./pause.lua" with { type: "text" };
import runLua from "./run.lua" with { type: "text" };
import { readVerdict } from "./verdict.ts";

const PAUSE = defineScript("pause", commonLua + pauseLua);
const HAND_RUN = defineScript("hand-run", commonLua + handRunLua);
const RUN = defineScript("run", commonLua + lastJobLua + runLua);

/** Far longer than any request counts as fresh. */
const KEPT_MS = 600_000;

/** A schedule, or `PAUSED_ALL`, to be paused or resumed. */
export interface PauseRequest {
  readonly requestId: string;
  readonly id: string;
  /** JSON of the pause; null resumes. */
  readonly pause: string | null;
}

/**
 * Pauses or resumes; false when it was so already.
 *
 * @throws when Redis refused or the reply was lost; asking the same again is harmless.
 */
export async function setPaused(agenda: Agenda, request: PauseRequest): Promise<boolean> {
  const { requestId, id, pause } = request;
  const args = pause === null ? ["resume", id, ""] : ["pause", id, pause];
  const keys = [...agenda.stateKeys, agenda.requestKey(requestId)];
  const [verdict] = await agenda.run(PAUSE, keys, [...args, KEPT_MS]);
  return verdict === "changed";
}

/** A job to be placed now. */
export interface ManualRun {
  readonly requestId: string;
  /** The schedule, or what `idOfTask` gives. */
  readonly scheduleId: string;
  /** Although the schedule is paused, or its last job still waits or runs. */
  readonly isForced: boolean;
  /** The schedule's last job as the caller knows it. */
  readonly lastJob: LastJob | null;
  readonly job: PlacedJob;
  /** Fields of every job hash, field and value in turn. */
  readonly commonFields: readonly string[];
  /** Who asked, for the ledger. */
  readonly reason: string;
}

/** What became of it; see the head of run.lua. */
export interface ManualVerdict {
  readonly kind: "placed" | "again" | "paused" | "running" | "last_job" | "wrong_type";
  /** The job, or the key of the wrong type; empty with "paused". */
  readonly subject: string;
}

const VERDICTS = ["placed", "again", "paused", "running", "last_job", "wrong_type"] as const;

function parseVerdict(text: string): ManualVerdict {
  const kind = readVerdict("run", VERDICTS, text.split(" ", 1)[0]);
  return { kind, subject: text.slice(kind.length + 1) };
}

function runArgs(run: ManualRun, nowMs: number): RedisValue[] {
  const { scheduleId, isForced, lastJob, job, commonFields, reason } = run;
  return [
    scheduleId,
    KEPT_MS,
    isForced ? "1" : "",
    lastJob?.id ?? "",
    job.queue,
    job.id,
    lastJobText({ ...job, placedMs: nowMs }),
    reason,
    ...commonFields,
    ...job.fields,
  ];
}

/**
 * Places the job unless something stands in the way.
 *
 * @throws when Redis refused or the reply was lost; asking the same again is harmless.
 */
export async function placeByHand(
  agenda: Agenda,
  run: ManualRun,
  nowMs: number,
): Promise<ManualVerdict> {
  const { requestId, lastJob, job } = run;
  const last = lastJob === null ? [] : [rqKeys.job(lastJob.id), rqKeys.wip(lastJob.queue)];
  const own = [rqKeys.queues, agenda.requestKey(requestId), rqKeys.queue(job.queue)];
  const keys = [...agenda.stateKeys, ...own, rqKeys.job(job.id), ...last];
  const [verdict = ""] = await agenda.run(RUN, keys, runArgs(run, nowMs), { nowMs });
  return parseVerdict(verdict);
}

/** A run by hand whose job the site itself enqueues; see the head of hand-run.lua. */
export interface HandRun {
  readonly requestId: string;
  readonly scheduleId: string;
  /** Of the caller; nobody else chooses it. */
  readonly token: string;
  readonly isForced: boolean;
  readonly queue: string;
  /** Who asked, for the ledger. */
  readonly reason: string;
}

const HAND_RUN_VERDICTS = ["claimed", "again", "begun", "paused", "noted"] as const;

/** What was found or done; see the head of hand-run.lua. */
export type HandRunVerdict = (typeof HAND_RUN_VERDICTS)[number];

/**
 * Claims such a run before the site is asked, and notes what the site did.
 *
 * @throws when Redis refused or the reply was lost; asking the same again is harmless.
 */
export async function noteHandRun(
  agenda: Agenda,
  step: "claim" | "done" | "undone",
  run: HandRun,
): Promise<HandRunVerdict> {
  const { requestId, scheduleId, token, isForced, queue, reason } = run;
  const args = [scheduleId, KEPT_MS, step, token, isForced ? "1" : "", queue, reason];
  const keys = [...agenda.stateKeys, agenda.requestKey(requestId)];
  const [text] = await agenda.run(HAND_RUN, keys, args);
  return readVerdict("hand-run", HAND_RUN_VERDICTS, text);
}
