/** Writes back to a Redis that lost its newest state what this daemon remembers: guards, plans and pauses. */
import type { Agenda, RepairBatch, RepairOperation } from "../agenda/agenda.ts";
import { lastJobText } from "../agenda/fire-request.ts";
import type { MissedRun } from "../agenda/fire-request.ts";
import { parsePlan } from "../agenda/plan-record.ts";
import { runUpTo } from "../agenda/missed-run.ts";
import type { PlanRecord, SettledRecord } from "../agenda/plan-record.ts";
import { CLOCK_ERROR_SECONDS, isActive, nextDue, planRecord, scoreOf } from "../agenda/plan.ts";
import type { ActiveSchedule } from "../agenda/plan.ts";
import { STATE_FORMAT } from "../agenda/state.ts";
import { definitionText } from "../agenda/write-changes.ts";
import type { Clock } from "../base/clock.ts";
import { nowSeconds } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Book, BookEntry } from "./book.ts";

/** What a repair needs. */
export interface RepairOptions {
  readonly agenda: Agenda;
  readonly book: Book;
  readonly clock: Clock;
  readonly sourceId: string;
  readonly log: Log;
  /** The first daemon to repair writes the pauses too, and makes the others add what they remember. */
  readonly isFirst: boolean;
  /** Called between batches. */
  readonly keepLease?: () => Promise<void>;
}

/** Schedules in one script call: 2 to 3 ms of Redis. */
const BATCH_SIZE = 200;

/** What Redis knows of a schedule. */
interface Known {
  readonly settled: SettledRecord | null;
  readonly plan: PlanRecord | null;
}

/** An entry that has something to be written back. */
interface Remembered {
  readonly schedule: ActiveSchedule;
  readonly entry: BookEntry;
  readonly plan: PlanRecord | null;
}

function* remembered(book: Book, now: number): Iterable<Remembered> {
  for (const known of book.entries()) {
    const { schedule } = known;
    if (!isActive(schedule)) continue;
    const entry = withoutClockError(known, now);
    const plan = rememberedPlan(schedule, entry);
    if (entry.settled !== null || plan !== null) yield { schedule, entry, plan };
  }
}

/** What a wrong clock settled is not written back: it would only be set back once more. */
function withoutClockError(entry: BookEntry, now: number): BookEntry {
  const settledSeconds = entry.settled?.dueSeconds ?? -Infinity;
  return settledSeconds > now + CLOCK_ERROR_SECONDS ? { ...entry, settled: null } : entry;
}

/** What was read from Redis after it went back in time may be settled already. */
function dueAfter(
  schedule: ActiveSchedule,
  settled: SettledRecord | null,
  dueSeconds: number,
): number | null {
  if (settled === null || dueSeconds > settled.dueSeconds) return dueSeconds;
  return nextDue(schedule, settled.dueSeconds);
}

/** What is planned, if it is still an occurrence: what became due during the outage is caught up from it. */
function rememberedPlan(
  schedule: ActiveSchedule,
  { dueSeconds, settled }: BookEntry,
): PlanRecord | null {
  if (dueSeconds === undefined || dueSeconds === null) return null;
  const due = dueAfter(schedule, settled, dueSeconds);
  if (due === null) return null;
  const bases = [settled?.dueSeconds ?? due - 1, due - 1];
  const base = bases.find((seconds) => nextDue(schedule, seconds) === due);
  return base === undefined ? null : planRecord(schedule, due, base);
}

/** Writes everything back. Harmless where Redis knows as much or more. */
export async function repairState(options: RepairOptions): Promise<void> {
  const { agenda, book, clock, log, isFirst, keepLease } = options;
  const all = [...remembered(book, nowSeconds(clock))];
  let restored = 0;
  for (let start = 0; start < all.length; start += BATCH_SIZE) {
    const count = await writeBack(all.slice(start, start + BATCH_SIZE), options);
    if (count === null) return;
    restored += count;
    await keepLease?.();
  }
  if (isFirst) await agenda.repair(batchOf([], options, true));
  log.warn("wrote back what was remembered", { schedules: restored, pauses: book.pauses.size });
}

function batchOf(
  operations: readonly RepairOperation[],
  { book, sourceId }: RepairOptions,
  isLast = false,
): RepairBatch {
  const identity = { format: STATE_FORMAT, source: sourceId };
  return { identity, isLast, pauses: book.pauses, operations };
}

/** How many were restored; null when the state was moved away. Those that another daemon restored meanwhile are looked at again. */
async function writeBack(
  batch: readonly Remembered[],
  options: RepairOptions,
): Promise<number | null> {
  const { agenda } = options;
  let restored = 0;
  for (let left = batch; left.length > 0;) {
    const known = await readKnown(agenda, left);
    const operations = left.map((one) => operationFor(one, known(one.schedule.id)));
    const verdicts = await agenda.repair(batchOf(operations, options));
    if (verdicts === null) return null;
    restored += verdicts.filter((verdict) => verdict === "restored").length;
    left = left.filter((_, index) => verdicts[index] === "again");
  }
  return restored;
}

async function readKnown(
  agenda: Agenda,
  batch: readonly Remembered[],
): Promise<(id: string) => Known> {
  const ids = batch.map(({ schedule }) => schedule.id);
  const settled = await agenda.settled(ids);
  const plans = await agenda.plansOf(ids);
  return (id) => ({
    settled: settled.get(id) ?? null,
    plan: parsePlan(plans.get(id) ?? ""),
  });
}

function operationFor({ schedule, entry, plan }: Remembered, known: Known): RepairOperation {
  const { lastJob, settled } = entry;
  return {
    id: schedule.id,
    settled,
    next: plan === null ? null : { plan, scoreSeconds: scoreOf(schedule, plan.dueSeconds) },
    definition: plan === null ? "" : definitionText(schedule, plan.baseSeconds),
    lastJob: lastJob === null ? "" : lastJobText(lastJob),
    lost: lostSince(schedule, settled, known),
    known: known.settled,
  };
}

/**
 * What was settled after the instant that Redis still knows, as far as this daemon knows. Whether all of it was placed, and
 * by which daemon, does not matter: the ledger of it is gone too.
 */
function lostSince(
  schedule: ActiveSchedule,
  settled: SettledRecord | null,
  known: Known,
): MissedRun | null {
  if (settled === null) return null;
  const untilSeconds = settled.dueSeconds;
  // What never fired, as far as Redis knows, begins with what is planned. Where it knows nothing at all, how much was lost
  // before the last one cannot be told.
  const afterSeconds = known.settled?.dueSeconds ?? (known.plan?.dueSeconds ?? untilSeconds) - 1;
  if (untilSeconds <= afterSeconds) return null;
  const { timing, policy } = schedule;
  const first = Math.min(nextDue(schedule, afterSeconds) ?? untilSeconds, untilSeconds);
  const run = runUpTo({ ...timing, dst: policy.dst }, first, untilSeconds);
  return { ...run, untilSeconds };
}
