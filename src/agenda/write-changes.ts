/** Writes to the agenda what a reconcile found to differ, in bounded batches. */
import type { Clock } from "../base/clock.ts";
import { parseOccurrence } from "../schedule/occurrence.ts";
import type { DefineTools, Schedule, ScheduleSet } from "../schedule/schedule.ts";
import type { Agenda, ApplyOperation, ApplyVerdict } from "./agenda.ts";
import { droppedRun } from "./dropped-run.ts";
import type { MissedRun } from "./fire-request.ts";
import { alone } from "./missed-run.ts";
import { formatPlan, formatSettled, parsePlan } from "./plan-record.ts";
import type { SettledRecord } from "./plan-record.ts";
import { isActive, planFor, scoreOf } from "./plan.ts";
import type { DefinitionChange, Need } from "./plan.ts";

/** A schedule whose plan must change. */
export interface Change {
  readonly id: string;
  readonly need: Exclude<Need, { kind: "nothing" }>;
  /** The plan record as it was read, or "". */
  readonly read: string;
}

/** Occurrences that were due and were entered as dropped, in one entry. */
export interface Dropped extends MissedRun {
  readonly scheduleId: string;
  readonly reason: string;
}

/** What writing needs. */
export interface WriteOptions {
  readonly agenda: Agenda;
  readonly clock: Clock;
  /** Read the definitions that were; what went with them is counted. */
  readonly tools: DefineTools;
  /** The schedules by their ids, those that changed at least. */
  readonly schedules: ScheduleSet;
  /** Told of each schedule's planned occurrence, null when it has none. */
  readonly onPlanned: (id: string, dueSeconds: number | null) => void;
  /** Told of what the ledger now calls dropped. */
  readonly onDropped?: ((dropped: Dropped) => void) | undefined;
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
  dropped: null,
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

/** Of an operation that the script did not answer. */
const LOST: ApplyVerdict = { kind: "fired", droppedSeconds: null };

/** Operations in one script call: about 2 ms of Redis. */
const BATCH_SIZE = 150;

/** What the script is asked, and the occurrence that is planned then. */
type Operation = ApplyOperation & { readonly dueSeconds: number | null };

/** Writes the changes, each only if the schedule did not fire since. */
export async function writeChanges(
  changes: readonly Change[],
  options: WriteOptions,
): Promise<ReconcileReport> {
  let planned = 0;
  let dropped = 0;
  const firedMeanwhile: string[] = [];
  for (let start = 0; start < changes.length; start += BATCH_SIZE) {
    const done = await writeBatch(changes.slice(start, start + BATCH_SIZE), options);
    planned += done.planned;
    dropped += done.dropped;
    firedMeanwhile.push(...done.firedMeanwhile);
  }
  return { planned, dropped, firedMeanwhile };
}

async function writeBatch(
  batch: readonly Change[],
  options: WriteOptions,
): Promise<ReconcileReport> {
  const { agenda, clock, tools, schedules, onPlanned, onDropped } = options;
  const settled = await agenda.settled(batch.map(({ id }) => id));
  const nowMs = clock.nowMs();
  const now = Math.floor(nowMs / 1000);
  const definitions = await agenda.definitionsOf(dueOnes(batch, now));
  const operations: Operation[] = [];
  for (const change of batch) {
    const definition = definitions.get(change.id) ?? "";
    const operation = operationFor(change, {
      schedule: schedules.get(change.id),
      settled: settled.get(change.id) ?? null,
      due: droppedRun({ read: change.read, definition }, { tools, nowSeconds: now }),
      now,
    });
    if (operation === null) onPlanned(change.id, null);
    else operations.push(operation);
  }
  if (operations.length === 0) return { planned: 0, dropped: 0, firedMeanwhile: [] };
  const verdicts = await agenda.apply(operations, nowMs);
  const firedMeanwhile: string[] = [];
  operations.forEach(({ id, dueSeconds, reason, dropped: run }, index) => {
    const { kind, droppedSeconds } = verdicts[index] ?? LOST;
    if (kind === "ok") onPlanned(id, dueSeconds);
    else firedMeanwhile.push(id);
    if (droppedSeconds !== null) {
      const found = run?.dueSeconds === droppedSeconds ? run : alone(droppedSeconds);
      onDropped?.({ scheduleId: id, reason, ...found });
    }
  });
  const dropped = operations.filter(({ kind }) => kind === "drop").length;
  return { planned: operations.length - dropped, dropped, firedMeanwhile };
}

/** Those whose planned occurrence is due. */
function dueOnes(batch: readonly Change[], now: number): string[] {
  return batch
    .filter(({ read }) => (parsePlan(read)?.dueSeconds ?? Infinity) <= now)
    .map(({ id }) => id);
}

interface Looked {
  readonly schedule: Schedule | undefined;
  readonly settled: SettledRecord | null;
  /** What is due by the plan that was read. */
  readonly due: MissedRun | null;
  readonly now: number;
}

/** What another daemon left of an occurrence that was settled since is not to be taken over. */
function needAfter(settled: SettledRecord | null, need: Change["need"]): Change["need"] {
  if (need.kind !== "recompute" || need.change !== "adopted" || settled === null) return need;
  const isSettled = need.plan.dueSeconds <= settled.dueSeconds;
  return isSettled ? { kind: "plan_anew", change: "planned" } : need;
}

/** The script's operation for a change; null when there is neither a plan to write nor one to take off. */
function operationFor(
  { id, need: wanted, read }: Change,
  { schedule, settled, due, now }: Looked,
): Operation | null {
  const need = needAfter(settled, wanted);
  const empty = { ...EMPTY, id, read, settled: settled === null ? "" : formatSettled(settled) };
  const drop = (change: DefinitionChange): Operation => ({
    ...empty,
    kind: "drop",
    reason: DROPPED_BECAUSE[change] ?? "",
    dropped: due,
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
    dropped: need.kind === "plan_anew" ? due : null,
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

/** Takes members off the agenda that no plan stands behind. */
export async function forgetForeign(
  members: readonly string[],
  { agenda, clock, onDropped }: Pick<WriteOptions, "agenda" | "clock" | "onDropped">,
): Promise<void> {
  const reason = "another daemon's entry that is no occurrence of this schedule";
  for (let start = 0; start < members.length; start += BATCH_SIZE) {
    const batch = members.slice(start, start + BATCH_SIZE);
    const operations = batch.map((id) => ({ ...EMPTY, kind: "forget" as const, id, reason }));
    const verdicts = await agenda.apply(operations, clock.nowMs());
    verdicts.forEach(({ droppedSeconds }, index) => {
      const occurrence = parseOccurrence(batch[index] ?? "");
      if (droppedSeconds === null || occurrence === null) return;
      onDropped?.({ scheduleId: occurrence.scheduleId, reason, ...alone(droppedSeconds) });
    });
  }
}
