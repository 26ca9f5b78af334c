/** The one log line of each firing. */
import type { FireRequest } from "../agenda/fire-request.ts";
import { unreachable } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { Attempt } from "./attempt.ts";

/** What became of an occurrence. */
export interface FiringReport {
  readonly attempt: Attempt;
  readonly request: FireRequest;
  /** `already`: an earlier call whose reply was lost had placed it. */
  readonly verdict: "placed" | "already" | "settled" | "paused" | "overlap";
  /** When the script was called, epoch ms. */
  readonly firedMs: number;
}

/** Whether a job came onto its queue, by us or by the site itself. */
export function isPlacing({
  request,
  verdict,
}: Pick<FiringReport, "request" | "verdict">): boolean {
  if (verdict === "placed" || verdict === "already") return true;
  return verdict === "settled" && request.outcome === "handed_over";
}

/** Writes the line: schedule, due, lateness, queue and job id, or why no job was placed. */
export function reportFiring(log: Log, report: FiringReport): void {
  const { settled, scheduleId, missed } = report.request;
  const due = new Date(settled.dueSeconds * 1000).toISOString().replace(".000Z", "Z");
  const place = { schedule: scheduleId, due };
  if (missed !== null) {
    log.warn("missed", { ...place, count: missed.count, first: missed.dueSeconds });
  }
  if (isPlacing(report)) tellPlaced(log, report, place);
  else tellNotPlaced(log, report, place);
}

type Place = Readonly<Record<"schedule" | "due", string>>;

function tellPlaced(log: Log, { attempt, request, firedMs }: FiringReport, place: Place): void {
  const { queue, outcome, reason, job } = request;
  const lateMs = Math.round(firedMs - attempt.scoreMs);
  const fields = { ...place, late_ms: lateMs, queue, job: job?.id, reason: reason || undefined };
  if (outcome === "fired") log.info("fired", fields);
  else if (outcome === "handed_over") log.info("handed over to the site", fields);
  else log.warn(`fired ${outcome}`, fields);
}

function tellNotPlaced(log: Log, { request, verdict }: FiringReport, place: Place): void {
  const { queue, outcome, reason } = request;
  switch (verdict) {
    case "placed":
    case "already":
    case "settled":
      if (outcome === "failed") log.error("failed", { ...place, queue, reason });
      else log.warn(outcome, { ...place, reason });
      return;
    case "paused":
      log.info("skipped, the schedule is paused", place);
      return;
    case "overlap":
      log.info("skipped, the previous job still waits or runs", place);
      return;
    default:
      unreachable(verdict);
  }
}
