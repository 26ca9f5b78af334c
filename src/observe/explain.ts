/** Everything about one schedule, as one JSON document. */
import type { Redis } from "ioredis";
import { isActive, nextDue } from "../agenda/plan.ts";
import { withDeadline } from "../base/abort.ts";
import { nowSeconds } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import { describeExpression } from "../cron/describe.ts";
import { utcText, zonedText } from "../cron/instant-text.ts";
import type { Book, BookEntry } from "../engine/book.ts";
import type { Keys } from "../redis/keys.ts";
import { unpackCall } from "../schedule/packed-call.ts";
import type { Schedule, Work } from "../schedule/schedule.ts";
import { listRow } from "./listing.ts";
import type { ListRow } from "./listing.ts";
import { firingStatus } from "./status.ts";
import type { FiringStatus } from "./status.ts";
import { pauseOf, readTrail } from "./trail.ts";
import type { Pause, QueueState, Trail } from "./trail.ts";
import { explainWhy } from "./why.ts";
import type { Why } from "./why.ts";

/** What surrounds a schedule, told by whoever explains it. */
export interface Circumstances {
  /** What is in the way of the occurrence at hand, or null. */
  readonly trouble: string | null;
  /** What keeps it from running; parts of sentences. */
  readonly obstacles: readonly string[];
  /** What else should be known; sentences. */
  readonly notes: readonly string[];
}

/** What an explanation is made from. */
export interface ExplainOptions {
  readonly client: Redis;
  readonly keys: Keys;
  readonly book: Book;
  readonly clock: Clock;
  /** The queue's name as workers know it. */
  readonly fullQueue: (queue: string) => Promise<string>;
  readonly circumstances: (schedule: Schedule) => Circumstances;
}

/** An instant, in UTC and on the clock of the zone. */
export interface RunTime {
  readonly utc: string;
  readonly local: string;
}

/** The document; docs/cli-json.md tells what its parts mean. */
export interface ScheduleDocument extends ListRow {
  readonly enabled: boolean;
  readonly meaning: string;
  readonly work: {
    readonly kind: Work["kind"];
    readonly runs: string;
    readonly arguments: number;
    readonly timeout_s: number;
  } | null;
  readonly policy: {
    readonly misfire: string;
    readonly misfire_grace_s: number;
    readonly max_catchup: number;
    /** Null where nothing is set. */
    readonly overlap: string | null;
    readonly jitter_s: number;
    readonly dst_gap: string;
    readonly dst_overlap: string;
  };
  readonly runs: readonly RunTime[];
  readonly paused: {
    readonly since: string | null;
    readonly note: string;
    readonly all: boolean;
  } | null;
  readonly outcomes: ReadonlyArray<FiringStatus & { readonly due_local: string | null }>;
  readonly last_job: {
    readonly id: string;
    readonly queue: string;
    readonly placed_at: string;
    readonly status: string | null;
  } | null;
  readonly queue_state: QueueState | null;
  readonly changed: { readonly at: string; readonly change: string } | null;
  readonly why: Why;
}

const RUNS_SHOWN = 5;
const OUTCOMES_SHOWN = 5;
/** A Redis that is there answers within milliseconds. */
const REDIS_TIMEOUT_MS = 2_000;

function isoOf(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function workOf({ work }: Schedule): ScheduleDocument["work"] {
  if (work === null) return null;
  const timeout = { timeout_s: work.timeoutSeconds };
  if (work.kind === "btu_task") {
    return { kind: work.kind, runs: work.taskId, arguments: 0, ...timeout };
  }
  // Their values may be secrets.
  const { args, kwargs } = unpackCall(work.call);
  const count = args.length + kwargs.size;
  return { kind: work.kind, runs: work.function, arguments: count, ...timeout };
}

function policyOf({ policy }: Schedule): ScheduleDocument["policy"] {
  return {
    misfire: policy.misfire,
    misfire_grace_s: policy.misfireGraceSeconds,
    max_catchup: policy.maxCatchup,
    overlap: policy.overlap,
    jitter_s: policy.jitterSeconds,
    dst_gap: policy.dst.gap,
    dst_overlap: policy.dst.overlap,
  };
}

/** The next runs by the cron text, whether or not something keeps it from running now. */
function runsOf(schedule: Schedule, now: number): RunTime[] {
  const runs: RunTime[] = [];
  if (!isActive(schedule)) return runs;
  let due = nextDue(schedule, now);
  for (; due !== null && runs.length < RUNS_SHOWN; due = nextDue(schedule, due)) {
    runs.push({ utc: utcText(due), local: zonedText(due, schedule.timing.zone) });
  }
  return runs;
}

function pausedOf(pause: Pause | null): ScheduleDocument["paused"] {
  if (pause === null) return null;
  const { sinceMs, note, isAll } = pause;
  return { since: sinceMs === null ? null : isoOf(sinceMs), note, all: isAll };
}

function trailParts({ lastJob, change, recent, queue }: Trail, { timing }: Schedule) {
  return {
    outcomes: recent.map((entry) => ({
      ...firingStatus(entry),
      due_local: timing === null ? null : zonedText(entry.dueSeconds, timing.zone),
    })),
    last_job:
      lastJob === null
        ? null
        : {
            id: lastJob.id,
            queue: lastJob.queue,
            placed_at: isoOf(lastJob.placedMs),
            status: lastJob.status,
          },
    queue_state: queue,
    changed: change === null ? null : { at: isoOf(change.atMs), change: change.change },
  };
}

/** The last outcome is kept apart; of one that left the ledger it is all that is known. */
function recentOf({ recent, last }: Trail): Trail["recent"] {
  return recent.length === 0 && last !== null ? [last] : recent;
}

const NO_TRAIL: Trail = { last: null, recent: [], change: null, lastJob: null, queue: null };

async function askRedis(
  schedule: Schedule,
  { client, keys, clock, fullQueue }: ExplainOptions,
): Promise<Trail | string> {
  const options = { clock, timeoutMs: REDIS_TIMEOUT_MS, action: "read what became of it" };
  try {
    const trail = await withDeadline(options, async () => {
      const queue = await fullQueue(schedule.queue);
      return readTrail({ client, keys, scheduleId: schedule.id, queue, entries: OUTCOMES_SHOWN });
    });
    return { ...trail, recent: recentOf(trail) };
  } catch (error) {
    return describeError(error);
  }
}

function dueOf({ schedule, dueSeconds }: BookEntry, now: number): number | null {
  if (!isActive(schedule)) return null;
  return dueSeconds === undefined ? nextDue(schedule, now) : dueSeconds;
}

/** Explains a schedule; null when there is none of this id. */
export async function explainSchedule(
  id: string,
  options: ExplainOptions,
): Promise<ScheduleDocument | null> {
  const { book, clock, circumstances } = options;
  const entry = book.get(id);
  if (entry === undefined) return null;
  const { schedule, settled, dueSeconds } = entry;
  const found = await askRedis(schedule, options);
  const isTrailKnown = typeof found !== "string";
  const trail = isTrailKnown ? found : NO_TRAIL;
  const now = nowSeconds(clock);
  const pause = pauseOf(book.pauses, id);
  const row = listRow(schedule, {
    nowSeconds: now,
    dueSeconds,
    lastSeconds: settled?.dueSeconds ?? null,
    isPaused: pause !== null,
  });
  const why = explainWhy({
    nowSeconds: now,
    schedule,
    state: row.state,
    problem: row.problem,
    dueSeconds: dueOf(entry, now),
    pause,
    ...trail,
    isTrailKnown,
    ...circumstances(schedule),
  });
  const expression = schedule.timing?.expression;
  return {
    ...row,
    enabled: schedule.enabled,
    meaning: expression === undefined ? "" : describeExpression(expression),
    work: workOf(schedule),
    policy: policyOf(schedule),
    runs: runsOf(schedule, now),
    paused: pausedOf(pause),
    ...trailParts(trail, schedule),
    why,
  };
}
