/**
 * The hash of an RQ job, in the one shape that every worker from RQ 1.8 to 2.10 runs. A hash that RQ cannot parse ends the
 * worker that meets it, so it is checked here before anybody can write it.
 */
import { deflateSync } from "node:zlib";

/** A job ready to be placed. */
export interface RqJob {
  readonly id: string;
  /** Full queue name, with its bench prefix if any; RQ's key is `rq:queue:` and this. */
  readonly queue: string;
  readonly description: string;
  /** zlib of the pickled call. */
  readonly data: Uint8Array;
  /** Seconds; -1 for none. */
  readonly timeoutSeconds: number;
  readonly resultTtlSeconds: number;
  readonly failureTtlSeconds: number;
  /** Dotted path that the worker calls when the job fails. */
  readonly failureCallback?: string | undefined;
}

/** A job that would harm workers: a fault of ours or of the site's data, never retried. */
export class JobError extends Error {
  override readonly name = "JobError";
}

/** Safe in every RQ version, but for the site's name before it: see job-ids.ts. */
const JOB_ID = /^(?:[\w.-]{1,140}(?:\|\||::))?[A-Za-z0-9_-]{1,200}$/;
/** Frappe's and RQ's own names, with a bench prefix; no blank, so that no tool that prints lists of them is misled. */
const QUEUE_NAME = /^[^\s\p{Cc}]{1,200}$/u;
const DOTTED_PATH = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/;
const DESCRIPTION_LENGTH_MAX = 1_000;
/** RQ's own default for a callback, in seconds; written only with a callback, since RQ refuses an empty one. */
const CALLBACK_TIMEOUT_SECONDS = 60;
/** Python reads any integer, but nothing here means more than a century. */
const SECONDS_MAX = 3_200_000_000;

/** Compresses a pickle as RQ does. */
export function compressData(pickle: Uint8Array): Uint8Array {
  return deflateSync(pickle);
}

function checkSeconds(name: string, seconds: number): void {
  if (!Number.isSafeInteger(seconds) || seconds < -1 || seconds > SECONDS_MAX) {
    throw new JobError(`${name} "${seconds}": expected whole seconds, or -1 for none`);
  }
}

/**
 * Checks a job before it is placed.
 *
 * @throws JobError naming the part and its value.
 */
export function checkJob(job: RqJob): void {
  if (!JOB_ID.test(job.id)) {
    throw new JobError(
      `job id "${job.id}": expected letters, digits, "_" and "-", with a site's name and "||" or "::" before them at most`,
    );
  }
  if (!QUEUE_NAME.test(job.queue)) {
    throw new JobError(`queue "${job.queue}": expected 1 to 200 characters without blanks`);
  }
  checkSeconds("timeout", job.timeoutSeconds);
  if (job.timeoutSeconds === 0)
    throw new JobError('timeout "0": expected 1 or more seconds, or -1');
  checkSeconds("result_ttl", job.resultTtlSeconds);
  checkSeconds("failure_ttl", job.failureTtlSeconds);
  if (job.failureCallback !== undefined && !DOTTED_PATH.test(job.failureCallback)) {
    throw new JobError(`failure callback "${job.failureCallback}": expected a dotted path`);
  }
}

/** RQ's form of an instant: UTC with six digits. */
export function formatRqTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace("Z", "000Z");
}

/** Cuts at a whole character; a lone surrogate would not be UTF-8. */
function shorten(text: string): string {
  return text.slice(0, DESCRIPTION_LENGTH_MAX).toWellFormed();
}

/** The fields that are the same for every job placed at `nowMs`, field and value in turn. */
export function commonJobFields(nowMs: number): string[] {
  const now = formatRqTime(nowMs);
  return Object.entries({
    status: "queued",
    created_at: now,
    enqueued_at: now,
    success_callback_name: "",
    stopped_callback_name: "",
    started_at: "",
    ended_at: "",
    last_heartbeat: "",
    worker_name: "",
    group_id: "",
  }).flat();
}

/** The other fields of the hash, field and value in turn. */
export function ownJobFields(job: RqJob): Array<string | Buffer> {
  const { data, failureCallback } = job;
  const fields = [
    "origin",
    job.queue,
    "data",
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
    "description",
    shorten(job.description),
    "timeout",
    String(job.timeoutSeconds),
    "result_ttl",
    String(job.resultTtlSeconds),
    "failure_ttl",
    String(job.failureTtlSeconds),
    "failure_callback_name",
    failureCallback ?? "",
  ];
  if (failureCallback !== undefined) {
    fields.push("failure_callback_timeout", String(CALLBACK_TIMEOUT_SECONDS));
  }
  return fields;
}
