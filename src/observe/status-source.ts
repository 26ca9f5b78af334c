/** Gathers from the running parts what `btu status` and `btu list` show. */
import type { Dropped } from "../agenda/write-changes.ts";
import type { Clock } from "../base/clock.ts";
import { nowSeconds } from "../base/clock.ts";
import type { Book } from "../engine/book.ts";
import type { Leadership, LeadershipStatus } from "../engine/leadership.ts";
import type { ReconcileLoop } from "../engine/reconcile-loop.ts";
import type { FireLoop } from "../engine/fire-loop.ts";
import type { FiringReport } from "../engine/firing-report.ts";
import type { ServerWatch } from "../frappe/server-watch.ts";
import type { ChooseBuilder } from "../job/choose-builder.ts";
import { PAUSED_ALL } from "../redis/keys.ts";
import type { RedisConnection } from "../redis/connect.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { buildersInUse } from "./builders-in-use.ts";
import type { Circumstances } from "./explain.ts";
import { listRow } from "./listing.ts";
import type { ListRow } from "./listing.ts";
import type { LedgerEntry } from "./ledger.ts";
import type { RecentFirings } from "./recent.ts";
import { pauseOf } from "./trail.ts";
import { statusDocument } from "./status.ts";
import type { StatusDocument } from "./status.ts";

/** The parts that are asked. */
export interface StatusSourceOptions {
  readonly daemon: StatusDocument["daemon"];
  readonly clock: Clock;
  readonly book: Book;
  readonly redis: RedisConnection;
  readonly redisName: string;
  readonly reconcile: ReconcileLoop;
  /** Null where no web server is configured. */
  readonly serverWatch: Pick<ServerWatch, "name" | "problem"> | null;
  readonly fireLoop: FireLoop;
  readonly leadership: Leadership;
  readonly recent: RecentFirings;
  readonly chooseBuilder: ChooseBuilder;
  readonly refreshMs: number;
}

/** One row per schedule, then those that were rejected. */
export function listRows({ book, clock }: Pick<StatusSourceOptions, "book" | "clock">): ListRow[] {
  const now = nowSeconds(clock);
  const rows = [...book.entries()].map(({ schedule, dueSeconds, settled }) =>
    listRow(schedule, {
      nowSeconds: now,
      dueSeconds,
      lastSeconds: settled?.dueSeconds ?? null,
      isPaused: book.isPaused(schedule.id),
    }),
  );
  const rejected = book.rejected.map((schedule) =>
    listRow(schedule, { nowSeconds: now, dueSeconds: null, lastSeconds: null, isPaused: false }),
  );
  return [...rows, ...rejected];
}

/** The whole document. */
export function currentStatus(options: StatusSourceOptions): StatusDocument {
  const { redis, redisName, reconcile, serverWatch, fireLoop, recent, refreshMs } = options;
  const { doneMs, tookMs } = reconcile.state;
  return statusDocument({
    nowMs: options.clock.nowMs(),
    daemon: options.daemon,
    leadership: options.leadership.status,
    connections: [
      { name: redisName, problem: redis.problem, app: null },
      ...reconcile.sources,
      ...(serverWatch === null
        ? []
        : [{ name: serverWatch.name, problem: serverWatch.problem, app: null }]),
    ],
    firingProblem: fireLoop.problem,
    pausedAll: pauseOf(options.book.pauses, PAUSED_ALL),
    refresh: {
      last_at: doneMs === null ? null : new Date(doneMs).toISOString(),
      took_ms: tookMs,
      every_s: refreshMs / 1000,
    },
    builders: buildersInUse(options.book.schedules.values(), options.chooseBuilder),
    rows: listRows(options),
    recent: recent.entries,
    failures: recent.failures,
    wentWrong: recent.wentWrong,
    lateness: recent.lateness(),
  });
}

function standing(leadership: LeadershipStatus): Pick<Circumstances, "obstacles" | "notes"> {
  const { role, leader, daemon_id: me } = leadership;
  if (role === "leader") return { obstacles: [], notes: [] };
  // As last seen: without Redis nobody can renew it.
  if (leader === me) return { obstacles: ["this daemon could not renew its lease"], notes: [] };
  if (leader === null) return { obstacles: ["no daemon leads yet"], notes: [] };
  return { obstacles: [], notes: [`The daemon ${leader} does the work; this one stands by.`] };
}

/** What surrounds a schedule in this daemon. */
export function circumstancesOf(
  schedule: Schedule,
  options: Omit<StatusSourceOptions, "daemon" | "redisName" | "chooseBuilder" | "refreshMs">,
): Circumstances {
  const { redis, reconcile, serverWatch, fireLoop, leadership } = options;
  const { obstacles, notes } = standing(leadership.status);
  const down = reconcile.sources.flatMap(({ name, problem }) =>
    problem === null ? [] : [`It is known as last read: ${name} cannot be read: ${problem}.`],
  );
  const needsServer = schedule.work?.kind === "btu_task" && serverWatch?.problem != null;
  return {
    trouble: fireLoop.troubleOf(schedule.id),
    obstacles: [
      ...(redis.problem === null ? obstacles : [`Redis is not available: ${redis.problem}`]),
      ...(fireLoop.problem === null ? [] : [`nothing is fired: ${fireLoop.problem}`]),
    ],
    notes: [
      ...notes,
      ...down,
      ...(needsServer ? [`${serverWatch.name} is away: ${serverWatch.problem}.`] : []),
    ],
  };
}

/** The ledger's entry of a firing that was just reported. */
export function entryOf({ attempt, request, verdict, firedMs }: FiringReport): LedgerEntry {
  const isPlaced = verdict === "placed" || verdict === "already";
  const outcome =
    verdict === "paused"
      ? "skipped_paused"
      : verdict === "overlap"
        ? "skipped_overlap"
        : request.outcome;
  return {
    id: "",
    schedule: attempt.schedule.id,
    dueSeconds: request.settled.dueSeconds,
    firedMs,
    outcome,
    queue: request.queue,
    job: isPlaced ? (request.job?.id ?? null) : null,
    reason: request.reason === "" ? null : request.reason,
    untilSeconds: null,
    count: 1,
  };
}

/** The ledger's entry of what was missed before a firing that was just reported, or null. */
export function missedEntryOf({ attempt, request, firedMs }: FiringReport): LedgerEntry | null {
  const { missed, queue } = request;
  if (missed === null) return null;
  return {
    id: "",
    schedule: attempt.schedule.id,
    dueSeconds: missed.dueSeconds,
    firedMs,
    outcome: "skipped_misfire",
    queue,
    job: null,
    reason: "missed, and the misfire policy does not run it",
    untilSeconds: missed.untilSeconds,
    count: missed.count,
  };
}

/** The ledger's entry of what was just dropped. */
export function droppedEntry(
  { scheduleId, dueSeconds, untilSeconds: until, count, reason }: Dropped,
  firedMs: number,
): LedgerEntry {
  const untilSeconds = count === 1 ? null : until;
  const rest = { outcome: "dropped", queue: null, job: null, untilSeconds, count };
  return { id: "", schedule: scheduleId, dueSeconds, firedMs, reason, ...rest };
}
