/** Why a schedule ran or did not run last, and when it will next, in words. Pure. */
import { distanceText, durationText, millisecondsText, spokenTime } from "../base/times.ts";
import { utcText, zonedText } from "../cron/instant-text.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { LedgerEntry } from "./ledger.ts";
import type { ScheduleState } from "./listing.ts";
import type { LastJobState, Pause, QueueState } from "./trail.ts";

/** All that is known of one schedule. */
export interface WhyFacts {
  readonly nowSeconds: number;
  readonly schedule: Schedule;
  readonly state: ScheduleState;
  readonly problem: string | null;
  /** The occurrence that is planned, or the next by the cron text. */
  readonly dueSeconds: number | null;
  readonly pause: Pause | null;
  /** Its last entry in the ledger. */
  readonly last: LedgerEntry | null;
  /** Its newest entries, the newest first. */
  readonly recent: readonly LedgerEntry[];
  readonly lastJob: LastJobState | null;
  readonly queue: QueueState | null;
  /** What is in the way of the occurrence at hand, such as a builder that failed; null when nothing is. */
  readonly trouble: string | null;
  /** What keeps every schedule from running, or this one from being known; parts of sentences. */
  readonly obstacles: readonly string[];
  /** What else should be known, a sentence each. */
  readonly notes: readonly string[];
  /** False when Redis could not be asked: then `last` and the like say nothing. */
  readonly isTrailKnown: boolean;
}

/** Two answers, of a sentence or two each. */
export interface Why {
  readonly last: string;
  readonly next: string;
}

/** So long a job may be on its way without anything being in the way. */
const PLACING_SECONDS = 5;

function timeText({ schedule }: WhyFacts, atSeconds: number): string {
  const zone = schedule.timing?.zone;
  return spokenTime(zone === undefined ? utcText(atSeconds) : zonedText(atSeconds, zone));
}

/** `3 occurrences due from A to B were`. */
function dueText(facts: WhyFacts, { dueSeconds, untilSeconds, count }: LedgerEntry): string {
  const from = timeText(facts, dueSeconds);
  if (untilSeconds === null || count <= 1) return `the occurrence due ${from} was`;
  return `${count} occurrences due from ${from} to ${timeText(facts, untilSeconds)} were`;
}

function queueText({ queue }: WhyFacts): string {
  if (queue === null) return "";
  const others = queue.waiting > 1 ? ` among ${queue.waiting}` : "";
  return queue.workers === 0 ? `${others}, and no worker listens there` : others;
}

/** What became of the job since; RQ forgets finished ones after their `result_ttl`. */
function jobText(facts: WhyFacts, job: string | null): string {
  const { lastJob } = facts;
  if (lastJob === null || lastJob.id !== job) return "";
  switch (lastJob.status) {
    case "queued":
      return ` The job still waits on its queue${queueText(facts)}.`;
    case "started":
      return " The job runs.";
    case "finished":
      return " The job has finished.";
    case "failed":
      return ` The job failed: btu job ${job} tells how.`;
    case null:
      return " RQ keeps the job no longer: it ended, or somebody removed it.";
    default:
      return ` The job is ${lastJob.status}.`;
  }
}

/** Missed occurrences that were given up in the same step. */
function givenUpText(facts: WhyFacts, last: LedgerEntry): string {
  const missed = facts.recent.find(
    ({ outcome, firedMs }) => outcome === "skipped_misfire" && firedMs === last.firedMs,
  );
  if (missed === undefined) return "";
  const text = dueText(facts, missed);
  return ` Before that, ${text} missed and ${missed.count > 1 ? "are" : "is"} not made up for.`;
}

function placedText(facts: WhyFacts, last: LedgerEntry): string {
  const { dueSeconds, firedMs, queue, job, outcome, reason } = last;
  const lateMs = firedMs - dueSeconds * 1000;
  const jitterMs = facts.schedule.policy.jitterSeconds * 1000;
  const after = jitterMs > 0 && lateMs <= jitterMs ? "its jitter, " : "";
  const late = `${after}${millisecondsText(Math.max(lateMs, 0))} after it was due`;
  const place = `placed on queue "${queue ?? facts.schedule.queue}" ${late}`;
  const due = timeText(facts, dueSeconds);
  const head =
    outcome === "fired"
      ? `It ran as planned: due ${due}, its job was ${place}.`
      : `It ran late: due ${due}, its job was ${place}${reason === null ? "" : ` (${reason})`}.`;
  return `${head}${jobText(facts, job)}${givenUpText(facts, last)}`;
}

function missedText(facts: WhyFacts, last: LedgerEntry): string {
  const subject = last.count > 1 ? "they are" : "it is";
  const why = (last.reason ?? "")
    .replace(/^missed, (and )?/, "")
    .replace(/^older/, `${subject} older`);
  const rest = why === "" ? "" : `, and ${why}`;
  return `It did not run: ${dueText(facts, last)} missed, because no daemon could fire then${rest}.`;
}

const DROPPED_TEXTS: ReadonlyMap<string, string> = new Map([
  ["edited", "the schedule was edited before its job was placed"],
  ["disabled", "the schedule was disabled before its job was placed"],
  ["deleted", "the schedule was deleted before its job was placed"],
]);

function droppedText(facts: WhyFacts, last: LedgerEntry): string {
  const reason = last.reason ?? "no reason was given";
  return `It did not run: ${dueText(facts, last)} dropped, because ${DROPPED_TEXTS.get(reason) ?? reason}.`;
}

function otherText(facts: WhyFacts, last: LedgerEntry): string {
  const { reason, firedMs, outcome, job } = last;
  const because = reason === null ? "" : `: ${reason}`;
  switch (outcome) {
    case "handed_over":
      return `The site was told to enqueue it: due ${timeText(facts, last.dueSeconds)}. Whether it did is known there.`;
    case "manual": {
      const when = timeText(facts, Math.floor(firedMs / 1000));
      if (job === null) {
        return `The site was told to enqueue it on ${when}, by hand${because}. Whether it did is known there.`;
      }
      return `It was run by hand on ${when}${because}.${jobText(facts, job)}`;
    }
    case "skipped_paused":
      return `It did not run: ${dueText(facts, last)} skipped, because the schedule was paused.`;
    case "skipped_overlap":
      return `It did not run: ${dueText(facts, last)} skipped by its overlap policy${because}.`;
    case "failed":
      return `It did not run: ${dueText(facts, last)} given up as failed${because}.`;
    case "lost":
      return `It may not have run: ${dueText(facts, last)} ${reason ?? "lost with an older state of Redis"}.`;
    case "clock_reset":
      return "A wrong clock had settled it more than a day ahead; that was set back, and it runs again.";
    default:
      return `Its last outcome is "${outcome}"${because}.`;
  }
}

/** Why it ran or did not run last. */
function lastText(facts: WhyFacts): string {
  const { last, isTrailKnown } = facts;
  if (!isTrailKnown) return "What became of it last is not known: Redis could not be asked.";
  if (last === null) return "It has not run yet: there is no entry of it in the ledger.";
  switch (last.outcome) {
    case "fired":
    case "late":
      return placedText(facts, last);
    case "skipped_misfire":
      return missedText(facts, last);
    case "dropped":
      return droppedText(facts, last);
    default:
      return otherText(facts, last);
  }
}

function pausedText(facts: WhyFacts, { sinceMs, note, isAll }: Pause): string {
  const { schedule, dueSeconds, nowSeconds } = facts;
  const since =
    sinceMs === null ? "" : ` since ${timeText(facts, sinceMs / 1000)} (${ago(sinceMs, facts)})`;
  const what = isAll ? "all schedules are paused" : "it is paused";
  const said = note === "" ? "" : ` ("${note}")`;
  const resume = `btu resume ${isAll ? "--all" : schedule.id}`;
  const would =
    dueSeconds === null || dueSeconds <= nowSeconds
      ? ""
      : ` Without that it would run on ${timeText(facts, dueSeconds)}.`;
  return `It does not run: ${what}${since}${said}; ${resume} lets it run again.${would}`;
}

function ago(atMs: number, { nowSeconds }: WhyFacts): string {
  // Now is cut to the second: what was a moment ago must not lie ahead.
  return distanceText(Math.floor(atMs / 1000), nowSeconds);
}

/** An occurrence that is due, and its job is not placed yet. */
function overdueText(facts: WhyFacts, dueSeconds: number): string {
  const { nowSeconds, trouble, obstacles } = facts;
  const late = durationText(nowSeconds - dueSeconds);
  const reasons = [...(trouble === null ? [] : [trouble]), ...obstacles];
  if (reasons.length === 0 && nowSeconds - dueSeconds <= PLACING_SECONDS) {
    return `It is due at this moment, ${timeText(facts, dueSeconds)}, and its job is being placed.`;
  }
  const why = reasons.length === 0 ? "btu status may tell why" : reasons.join("; ");
  return `It waits: it was due ${timeText(facts, dueSeconds)}, ${late} ago: ${why}.`;
}

function comingText(facts: WhyFacts, dueSeconds: number): string {
  const { nowSeconds, obstacles, queue, trouble, lastJob } = facts;
  const when = `${timeText(facts, dueSeconds)} (${distanceText(dueSeconds, nowSeconds)})`;
  const text =
    obstacles.length === 0
      ? `It runs next on ${when}.`
      : `It is due next on ${when}, but does not run as things are: ${obstacles.join("; ")}.`;
  const troubleText = trouble === null ? "" : ` Its job could not be made yet: ${trouble}.`;
  const isTold = lastJob?.status === "queued" && facts.last?.job === lastJob.id;
  const idle = queue !== null && queue.workers === 0 && !isTold;
  return idle
    ? `${text}${troubleText} No worker listens on queue "${queue.name}": the job will wait there.`
    : `${text}${troubleText}`;
}

function nextText(facts: WhyFacts): string {
  const { state, dueSeconds, pause, problem, nowSeconds } = facts;
  if (state === "disabled") return "It does not run: it is disabled at its source.";
  if (state === "invalid")
    return `It does not run: it is invalid: ${problem ?? "no reason given"}.`;
  if (pause !== null) return pausedText(facts, pause);
  if (dueSeconds === null)
    return "It does not run again: no such date is left up to the end of 2099.";
  return dueSeconds <= nowSeconds ? overdueText(facts, dueSeconds) : comingText(facts, dueSeconds);
}

/** Tells both. */
export function explainWhy(facts: WhyFacts): Why {
  return { last: lastText(facts), next: [nextText(facts), ...facts.notes].join(" ") };
}
