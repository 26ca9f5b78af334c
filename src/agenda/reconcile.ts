/** Makes the agenda agree with the schedules: one read, one diff, atomic writes of what differs. */
import { nowSeconds } from "../base/clock.ts";
import { parseOccurrence } from "../schedule/occurrence.ts";
import type { Schedule, ScheduleSet } from "../schedule/schedule.ts";
import type { Agenda } from "./agenda.ts";
import { parsePlan } from "./plan-record.ts";
import type { PlanRecord } from "./plan-record.ts";
import { isActive, needOf, nextDue, planRecord } from "./plan.ts";
import type { Need } from "./plan.ts";
import { forgetForeign, writeChanges } from "./write-changes.ts";
import type { Change, ReconcileReport, WriteOptions } from "./write-changes.ts";

/** What a reconcile is given. */
export interface ReconcileOptions extends WriteOptions {
  /** Whether a schedule that is not among them is known to be deleted; false while its source could not be read. */
  readonly isDeleted: (id: string) => boolean;
}

interface Found {
  readonly changes: Change[];
  readonly foreign: string[];
}

/**
 * Reads the agenda, compares it with all schedules and writes the differences. Unchanged schedules cost no write.
 */
export async function reconcileAgenda(options: ReconcileOptions): Promise<ReconcileReport> {
  const { changes, foreign } = await findChanges(options);
  const report = await writeChanges(changes, options);
  await forgetForeign(foreign, options);
  return { ...report, dropped: report.dropped + foreign.length };
}

/**
 * The same for some schedules alone, which are compared with their plans. Members that were lost or that others left on the
 * agenda are the whole reconcile's business.
 */
export async function reconcileSome(
  ids: Iterable<string>,
  options: ReconcileOptions,
): Promise<ReconcileReport> {
  const { agenda, clock, schedules, isDeleted, onPlanned } = options;
  const wanted = [...ids];
  const plans = await agenda.plansOf(wanted);
  const now = nowSeconds(clock);
  const changes: Change[] = [];
  for (const id of wanted) {
    const text = plans.get(id);
    const schedule = schedules.get(id);
    // Nobody knows it, as is the case with a row that is not committed yet.
    if (schedule === undefined && text === undefined) continue;
    const plan = parsePlan(text ?? "");
    const need = needOfPlan({ id, plan, onAgenda: true, schedule }, isDeleted, now);
    if (need.kind === "nothing") onPlanned(id, plan?.dueSeconds ?? null);
    else changes.push({ id, need, read: text ?? "" });
  }
  return writeChanges(changes, options);
}

async function findChanges(options: ReconcileOptions): Promise<Found> {
  const { agenda, clock, schedules, isDeleted, onPlanned } = options;
  const members = await readMembers(agenda);
  const now = nowSeconds(clock);
  const seen = new Set<string>();
  const changes: Change[] = [];
  const look = (id: string, need: Need, read: string): void => {
    if (need.kind === "nothing") onPlanned(id, parsePlan(read)?.dueSeconds ?? null);
    else changes.push({ id, need, read });
  };
  for await (const [id, text] of eachPlan(agenda)) {
    if (seen.has(id)) continue;
    seen.add(id);
    const plan = parsePlan(text);
    const onAgenda = plan !== null && members.delete(`${id}|${plan.dueSeconds}`);
    look(id, needOfPlan({ id, plan, onAgenda, schedule: schedules.get(id) }, isDeleted, now), text);
  }
  const adopted = adoptMembers(members, { schedules, seen });
  for (const schedule of schedules.values()) {
    if (seen.has(schedule.id)) continue;
    look(schedule.id, adopted.get(schedule.id) ?? needOf(schedule, null, false, now), "");
  }
  const foreign = [...members].filter((member) => isForeign(member, schedules, isDeleted));
  return { changes, foreign };
}

async function readMembers(agenda: Agenda): Promise<Set<string>> {
  const members = new Set<string>();
  for await (const page of agenda.members()) for (const member of page) members.add(member);
  return members;
}

async function* eachPlan(agenda: Agenda): AsyncGenerator<[id: string, record: string]> {
  for await (const page of agenda.plans()) yield* page;
}

interface Planned {
  readonly id: string;
  readonly plan: PlanRecord | null;
  readonly onAgenda: boolean;
  readonly schedule: Schedule | undefined;
}

function needOfPlan(
  { id, plan, onAgenda, schedule }: Planned,
  isDeleted: (id: string) => boolean,
  now: number,
): Need {
  if (schedule !== undefined) return needOf(schedule, plan, onAgenda, now);
  return isDeleted(id) ? { kind: "drop", change: "deleted" } : { kind: "nothing" };
}

/**
 * Members that no plan stands behind were left by another daemon version. One that our own reading of the cron text
 * confirms is taken over as it is; it leaves the set.
 */
function adoptMembers(
  members: Set<string>,
  { schedules, seen }: { schedules: ScheduleSet; seen: ReadonlySet<string> },
): Map<string, Need> {
  const adopted = new Map<string, Need>();
  for (const member of members) {
    const occurrence = parseOccurrence(member);
    if (occurrence === null || seen.has(occurrence.scheduleId)) continue;
    const { scheduleId, dueSeconds } = occurrence;
    const schedule = schedules.get(scheduleId);
    if (schedule === undefined || !isActive(schedule) || adopted.has(scheduleId)) continue;
    if (nextDue(schedule, dueSeconds - 1) !== dueSeconds) continue;
    members.delete(member);
    const plan = planRecord(schedule, dueSeconds, dueSeconds - 1);
    adopted.set(scheduleId, { kind: "recompute", plan, change: "adopted" });
  }
  return adopted;
}

function isForeign(
  member: string,
  schedules: ScheduleSet,
  isDeleted: (id: string) => boolean,
): boolean {
  const occurrence = parseOccurrence(member);
  if (occurrence === null) return true;
  return schedules.get(occurrence.scheduleId) !== undefined || isDeleted(occurrence.scheduleId);
}
