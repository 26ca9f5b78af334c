/** What `fire.lua` is asked to do about one occurrence, and its form as the script takes it. */
import { rqKeys } from "../redis/keys.ts";
import type { RedisValue } from "../redis/script.ts";
import { formatPlan, formatSettled } from "./plan-record.ts";
import type { PlanRecord, SettledRecord } from "./plan-record.ts";

/** Words of the ledger; what each means stands in docs/operations.md. */
export type Outcome =
  | "fired"
  | "late"
  | "handed_over"
  | "manual"
  | "skipped_misfire"
  | "skipped_overlap"
  | "skipped_paused"
  | "dropped"
  | "failed"
  | "lost"
  | "clock_reset";

/** A run of missed occurrences: first, last (epoch seconds) and how many. */
export interface MissedRun {
  readonly dueSeconds: number;
  readonly untilSeconds: number;
  readonly count: number;
}

/** A job and the queue it is placed on. */
export interface PlacedJob {
  readonly id: string;
  /** Full queue name, with prefix. */
  readonly queue: string;
  readonly timeoutSeconds: number;
  /** What of the job hash differs from job to job, field and value in turn. */
  readonly fields: readonly RedisValue[];
}

/** The last job of a schedule, as the overlap policy asks for it. */
export interface LastJob {
  readonly id: string;
  /** Full queue name. */
  readonly queue: string;
  /** When it was placed, epoch ms. */
  readonly placedMs: number;
  readonly timeoutSeconds: number;
}

/** What the overlap policy is asked with: the last job as the caller knows it. */
export interface OverlapGuard {
  readonly lastJob: Pick<LastJob, "id" | "queue"> | null;
}

/** One occurrence to fire or to settle. */
export interface FireRequest {
  readonly scheduleId: string;
  /** Must be what is planned, else nothing is done. */
  readonly plannedSeconds: number;
  /** `timing work` fingerprints that the job was prepared from. */
  readonly definition: string;
  readonly settled: SettledRecord;
  readonly outcome: Outcome;
  readonly reason: string;
  readonly missed: MissedRun | null;
  readonly next: { readonly plan: PlanRecord; readonly scoreSeconds: number } | null;
  readonly queue: string;
  /** Null settles without placing a job. */
  readonly job: PlacedJob | null;
  /** Given when the overlap policy is to be asked. */
  readonly overlapGuard: OverlapGuard | null;
  /** Given for what the site itself enqueues: the hash of claims, and the caller's claim there. */
  readonly handing?: { readonly key: string; readonly token: string } | undefined;
}

/** What the script answered; see the head of fire.lua. */
export type FireVerdict =
  | { readonly kind: (typeof PLAIN_VERDICTS)[number] }
  | { readonly kind: "last_job"; readonly lastJobId: string }
  | { readonly kind: "wrong_type"; readonly key: string };

const PLAIN_VERDICTS = [
  "placed",
  "settled",
  "paused",
  "overlap",
  "entered",
  "already",
  "moved",
  "changed",
] as const;

/** Takes the script's word for one occurrence. */
export function parseFireVerdict(text: string): FireVerdict {
  const plain = PLAIN_VERDICTS.find((word) => word === text);
  if (plain !== undefined) return { kind: plain };
  const blank = text.indexOf(" ");
  const [word, rest] = [text.slice(0, blank), text.slice(blank + 1)];
  if (word === "last_job") return { kind: word, lastJobId: rest };
  if (word === "wrong_type") return { kind: word, key: rest };
  throw new Error(`script fire: unexpected verdict "${text}"`);
}

/** Numbers the keys of one script call; each key is sent once. */
export class KeyNumbers {
  readonly keys: string[];
  readonly #numbers = new Map<string, number>();

  constructor(own: readonly string[]) {
    this.keys = [...own];
  }

  numberOf(key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.keys.push(key);
    this.#numbers.set(key, number);
    return number;
  }
}

/** A run of occurrences as three arguments of a script. */
export function missedArgs(missed: MissedRun | null): RedisValue[] {
  return missed === null ? ["", "", ""] : [missed.dueSeconds, missed.untilSeconds, missed.count];
}

/** The occurrence to plan as three arguments of a script. */
export function nextArgs(next: FireRequest["next"]): RedisValue[] {
  return next === null
    ? ["", "", ""]
    : [next.plan.dueSeconds, next.scoreSeconds, formatPlan(next.plan)];
}

function overlapExtra(guard: OverlapGuard, numbers: KeyNumbers): Record<string, unknown> {
  const { lastJob } = guard;
  if (lastJob === null) return { job: "", key: 0, wip: 0 };
  return {
    job: lastJob.id,
    key: numbers.numberOf(rqKeys.job(lastJob.id)),
    wip: numbers.numberOf(rqKeys.wip(lastJob.queue)),
  };
}

/** What is only said where there is something to say. */
function extraText(request: FireRequest, numbers: KeyNumbers): string {
  const { reason, missed, overlapGuard, handing } = request;
  const isPlain = reason === "" && missed === null && overlapGuard === null;
  if (isPlain && handing === undefined) return "";
  return JSON.stringify({
    reason: reason === "" ? undefined : reason,
    missed:
      missed === null
        ? undefined
        : { due: missed.dueSeconds, until: missed.untilSeconds, count: missed.count },
    overlap: overlapGuard === null ? undefined : overlapExtra(overlapGuard, numbers),
    handing: handing && { key: numbers.numberOf(handing.key), token: handing.token },
  });
}

function jobArgs(request: FireRequest, numbers: KeyNumbers, nowMs: number): RedisValue[] {
  const { job, queue } = request;
  const extra = extraText(request, numbers);
  if (job === null) return [queue, "", 0, 0, "", extra, 0];
  return [
    queue,
    job.id,
    numbers.numberOf(rqKeys.queue(job.queue)),
    numbers.numberOf(rqKeys.job(job.id)),
    lastJobText({ ...job, placedMs: nowMs }),
    extra,
    job.fields.length,
    ...job.fields,
  ];
}

/** JSON of the overlap policy's guard; numbers are texts, since Lua would round long ones. */
export function lastJobText(job: LastJob): string {
  const { id, queue, placedMs, timeoutSeconds } = job;
  return JSON.stringify({ job: id, queue, ms: String(placedMs), timeout: String(timeoutSeconds) });
}

/** Appends one request in the order that the head of fire.lua gives. */
export function encodeFire(request: FireRequest, numbers: KeyNumbers, nowMs: number): RedisValue[] {
  const { scheduleId, plannedSeconds, definition, settled, outcome, next } = request;
  return [
    scheduleId,
    plannedSeconds,
    definition,
    settled.dueSeconds,
    formatSettled(settled),
    outcome,
    ...nextArgs(next),
    ...jobArgs(request, numbers, nowMs),
  ];
}
