/** Writes back to a Redis that lost its newest state what this daemon remembers: guards, plans and pauses. */
import type { Agenda, RepairOperation } from "../agenda/agenda.ts";
import { lastJobText } from "../agenda/fire-request.ts";
import type { MissedRun } from "../agenda/fire-request.ts";
import type { PlanRecord, SettledRecord } from "../agenda/plan-record.ts";
import { isActive, nextDue, planRecord, scoreOf } from "../agenda/plan.ts";
import type { ActiveSchedule } from "../agenda/plan.ts";
import { STATE_FORMAT } from "../agenda/state.ts";
import { definitionText } from "../agenda/write-changes.ts";
import type { Log } from "../base/log.ts";
import { countInstants } from "../cron/span.ts";
import type { Book, BookEntry } from "./book.ts";

/** What a repair needs. */
export interface RepairOptions {
  readonly agenda: Agenda;
  readonly book: Book;
  readonly sourceId: string;
  readonly log: Log;
  /** The first daemon to repair writes the pauses too, and makes the others add what they remember. */
  readonly isFirst: boolean;
}

/** Schedules in one script call: 2 to 3 ms of Redis. */
const BATCH_SIZE = 200;

/** An entry that has something to be written back. */
interface Remembered {
  readonly schedule: ActiveSchedule;
  readonly entry: BookEntry;
  readonly plan: PlanRecord | null;
}

function* remembered(book: Book): Iterable<Remembered> {
  for (const entry of book.entries()) {
    const { schedule } = entry;
    if (!isActive(schedule)) continue;
    const plan = rememberedPlan(schedule, entry);
    if (entry.settled !== null || plan !== null) yield { schedule, entry, plan };
  }
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
  const { agenda, book, sourceId, log, isFirst } = options;
  const all = [...remembered(book)];
  const identity = { format: STATE_FORMAT, source: sourceId };
  let restored = 0;
  for (let start = 0; start === 0 || start < all.length; start += BATCH_SIZE) {
    const batch = all.slice(start, start + BATCH_SIZE);
    const known = await agenda.settled(batch.map(({ schedule }) => schedule.id));
    const isLast = isFirst && start + BATCH_SIZE >= all.length;
    const operations = batch.map((one) => operationFor(one, known.get(one.schedule.id) ?? null));
    const before = await agenda.repair({ identity, isLast, pauses: book.pauses, operations });
    if (before === null) return;
    restored += before.filter((record) => record !== null).length;
  }
  log.warn("wrote back what was remembered", { schedules: restored, pauses: book.pauses.size });
}

function operationFor(
  { schedule, entry, plan }: Remembered,
  known: SettledRecord | null,
): RepairOperation {
  const { lastJob, settled } = entry;
  return {
    id: schedule.id,
    settled,
    next: plan === null ? null : { plan, scoreSeconds: scoreOf(schedule, plan.dueSeconds) },
    definition: plan === null ? "" : definitionText(schedule, plan.baseSeconds),
    lastJob: lastJob === null ? "" : lastJobText(lastJob),
    lost: lostSince(schedule, entry, known),
  };
}

/** What this daemon placed after the instant that Redis still knows. */
function lostSince(
  schedule: ActiveSchedule,
  { placedSeconds }: BookEntry,
  known: SettledRecord | null,
): MissedRun | null {
  if (placedSeconds === null || (known !== null && known.dueSeconds >= placedSeconds)) return null;
  // Redis knows nothing at all of it: how much was lost before the last one cannot be told.
  if (known === null) return { dueSeconds: placedSeconds, untilSeconds: placedSeconds, count: 1 };
  const { expression, zone } = schedule.timing;
  const span = { afterSeconds: known.dueSeconds, uptoSeconds: placedSeconds };
  const first = nextDue(schedule, known.dueSeconds) ?? placedSeconds;
  const count = countInstants(expression, zone, span, schedule.policy.dst);
  return { dueSeconds: first, untilSeconds: placedSeconds, count: Math.max(count, 1) };
}
