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
  /** The job hash, field and value in turn. */
  readonly fields: readonly RedisValue[];
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
  readonly overlapGuard: {
    readonly lastJob: { readonly id: string; readonly queue: string } | null;
  } | null;
}

/** What the script answered; see the head of fire.lua. */
export type FireVerdict =
  | { readonly kind: "placed" | "settled" | "paused" | "overlap" | "already" | "moved" | "changed" }
  | { readonly kind: "last_job"; readonly lastJobId: string }
  | { readonly kind: "wrong_type"; readonly key: string };

const PLAIN_VERDICTS = [
  "placed",
  "settled",
  "paused",
  "overlap",
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

function jobArgs({ job, overlapGuard }: FireRequest, numbers: KeyNumbers): RedisValue[] {
  if (job === null) return ["", 0, "", "", 0, 0, 0, 0, 0, 0];
  const lastJob = overlapGuard?.lastJob ?? null;
  return [
    job.id,
    job.timeoutSeconds,
    overlapGuard === null ? "" : "skip",
    lastJob?.id ?? "",
    numbers.numberOf(rqKeys.queues),
    numbers.numberOf(rqKeys.queue(job.queue)),
    numbers.numberOf(rqKeys.job(job.id)),
    lastJob === null ? 0 : numbers.numberOf(rqKeys.job(lastJob.id)),
    lastJob === null ? 0 : numbers.numberOf(rqKeys.wip(lastJob.queue)),
    job.fields.length,
    ...job.fields,
  ];
}

/** Appends one request in the order that the head of fire.lua gives. */
export function encodeFire(request: FireRequest, numbers: KeyNumbers): RedisValue[] {
  const { scheduleId, plannedSeconds, definition, settled, outcome, reason } = request;
  return [
    scheduleId,
    plannedSeconds,
    definition,
    settled.dueSeconds,
    formatSettled(settled),
    outcome,
    reason,
    ...missedArgs(request.missed),
    ...nextArgs(request.next),
    request.queue,
    ...jobArgs(request, numbers),
  ];
}
