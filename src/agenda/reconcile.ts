/** Makes the agenda agree with the schedules: one read, one diff, atomic writes of what differs. */
import type { Clock } from "../base/clock.ts";
import { nowSeconds } from "../base/clock.ts";
import { parseOccurrence } from "../schedule/occurrence.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Agenda, ApplyOperation } from "./agenda.ts";
import { formatPlan, formatSettled, parsePlan } from "./plan-record.ts";
import type { PlanRecord, SettledRecord } from "./plan-record.ts";
import { isActive, needOf, nextDue, planFor, planRecord, scoreOf } from "./plan.ts";
import type { DefinitionChange, Need } from "./plan.ts";

/** What a reconcile is given. */
export interface ReconcileOptions {
  readonly agenda: Agenda;
  readonly clock: Clock;
  /** Every schedule by its id. */
  readonly schedules: ReadonlyMap<string, Schedule>;
  /** Whether a schedule that is not among them is known to be deleted; false while its source could not be read. */
  readonly isDeleted: (id: string) => boolean;
  /** Told of each schedule's planned occurrence, null when it has none. */
  readonly onPlanned: (id: string, dueSeconds: number | null) => void;
}

/** What a reconcile did. */
export interface ReconcileReport {
  readonly planned: number;
  readonly dropped: number;
  /** Fired, or planned by somebody else, while we looked; to be looked at again. */
  readonly firedMeanwhile: readonly string[];
}

/** An operation that says nothing yet. */
const EMPTY = {
  read: "",
  settled: "",
  due: "",
  score: "",
  plan: "",
  reason: "",
  change: "",
  definition: "",
  dueSeconds: null,
} as const;

/** What the ledger says of an occurrence that was due and not placed when its definition changed. */
const DROPPED_BECAUSE: Partial<Readonly<Record<DefinitionChange, string>>> = {
  edited: "edited",
  disabled: "disabled",
  deleted: "deleted",
  invalid: "the schedule became invalid",
  ended: "edited",
};

/** Operations in one script call: 2 to 3 ms of Redis. */
const BATCH_SIZE = 250;

/** A schedule whose plan must change. */
interface Change {
  readonly id: string;
  readonly need: Exclude<Need, { kind: "nothing" }>;
  /** The plan record as it was read, or "": the script does nothing when another one stands there by then. */
  readonly read: string;
}

/** What the script is asked, and the occurrence that is planned then. */
type Operation = ApplyOperation & { readonly dueSeconds: number | null };

interface Found {
  readonly changes: Change[];
  readonly foreign: string[];
}

/** Reads the agenda, compares it with the schedules and writes the differences. Unchanged schedules cost no write. */
export async function reconcileAgenda(options: ReconcileOptions): Promise<ReconcileReport> {
  const { changes, foreign } = await findChanges(options);
  let planned = 0;
  let dropped = 0;
  const firedMeanwhile: string[] = [];
  for (let start = 0; start < changes.length; start += BATCH_SIZE) {
    const batch = changes.slice(start, start + BATCH_SIZE);
    const done = await writeBatch(batch, options);
    planned += done.planned;
    dropped += done.dropped;
    firedMeanwhile.push(...done.firedMeanwhile);
  }
  await forgetForeign(foreign, options.agenda);
  return { planned, dropped: dropped + foreign.length, firedMeanwhile };
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
  { schedules, seen }: { schedules: ReadonlyMap<string, Schedule>; seen: ReadonlySet<string> },
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
  schedules: ReadonlyMap<string, Schedule>,
  isDeleted: (id: string) => boolean,
): boolean {
  const occurrence = parseOccurrence(member);
  if (occurrence === null) return true;
  return schedules.has(occurrence.scheduleId) || isDeleted(occurrence.scheduleId);
}

async function writeBatch(
  batch: readonly Change[],
  options: ReconcileOptions,
): Promise<ReconcileReport> {
  const { agenda, clock, schedules, onPlanned } = options;
  const settled = await agenda.settled(batch.map(({ id }) => id));
  const now = nowSeconds(clock);
  const operations: Operation[] = [];
  for (const change of batch) {
    const operation = operationFor(change, {
      schedule: schedules.get(change.id),
      settled: settled.get(change.id) ?? null,
      now,
    });
    if (operation === null) onPlanned(change.id, null);
    else operations.push(operation);
  }
  if (operations.length === 0) return { planned: 0, dropped: 0, firedMeanwhile: [] };
  const verdicts = await agenda.apply(operations);
  const firedMeanwhile: string[] = [];
  operations.forEach(({ id, dueSeconds }, index) => {
    if (verdicts[index] === "ok") onPlanned(id, dueSeconds);
    else firedMeanwhile.push(id);
  });
  const dropped = operations.filter(({ kind }) => kind === "drop").length;
  return { planned: operations.length - dropped, dropped, firedMeanwhile };
}

interface Looked {
  readonly schedule: Schedule | undefined;
  readonly settled: SettledRecord | null;
  readonly now: number;
}

/** The script's operation for a change; null when there is neither a plan to write nor one to take off. */
function operationFor(
  { id, need, read }: Change,
  { schedule, settled, now }: Looked,
): Operation | null {
  const empty = { ...EMPTY, id, read, settled: settled === null ? "" : formatSettled(settled) };
  const drop = (change: DefinitionChange): Operation => ({
    ...empty,
    kind: "drop",
    reason: DROPPED_BECAUSE[change] ?? "",
    change,
  });
  if (need.kind === "drop") return drop(need.change);
  if (schedule === undefined || !isActive(schedule)) return null;
  const plan = planFor(schedule, need, settled, now);
  if (plan === null) return read === "" ? null : drop("ended");
  return {
    ...empty,
    kind: "plan",
    due: String(plan.dueSeconds),
    score: String(scoreOf(schedule, plan.dueSeconds)),
    plan: formatPlan(plan),
    reason: need.kind === "plan_anew" ? (DROPPED_BECAUSE[need.change] ?? "") : "",
    change: need.change ?? "",
    definition: need.change === "work" ? "" : definitionText(schedule, plan.baseSeconds),
    dueSeconds: plan.dueSeconds,
  };
}

/** When the schedule is due since `sinceSeconds`, for those who check the ledger later; JSON. */
export function definitionText({ cron, timeZone, policy }: Schedule, sinceSeconds: number): string {
  const { gap, overlap } = policy.dst;
  return JSON.stringify({ since: sinceSeconds, cron, zone: timeZone, gap, overlap });
}

async function forgetForeign(members: readonly string[], agenda: Agenda): Promise<void> {
  const reason = "another daemon's entry that is no occurrence of this schedule";
  for (let start = 0; start < members.length; start += BATCH_SIZE) {
    const batch = members.slice(start, start + BATCH_SIZE);
    await agenda.apply(batch.map((id) => ({ ...EMPTY, kind: "forget", id, reason })));
  }
}
