/** Questions about schedules, as they are asked. */
import { unreachable } from "../base/errors.ts";
import type { TimelineUnit } from "../observe/timeline.ts";

/** What became of occurrences, the newest first. */
export interface HistoryCommand {
  readonly kind: "history";
  /** Null for all schedules. */
  readonly scheduleId: string | null;
  readonly limit: number;
  /** Since when, epoch ms; 0 for as far as the ledger goes back. */
  readonly sinceMs: number;
  /** Null for all outcomes. */
  readonly outcomes: readonly string[] | null;
}

/** Everything about one schedule. */
export interface ExplainCommand {
  readonly kind: "explain";
  readonly scheduleId: string;
}

/** The coming occurrences of all schedules. */
export interface TimelineCommand {
  readonly kind: "timeline";
  readonly limit: number;
  readonly unit: TimelineUnit | null;
}

/** One of these questions. */
export type SeeCommand = HistoryCommand | ExplainCommand | TimelineCommand;

/** More than this in one answer is more than anybody reads. */
export const SEE_LIMIT_MAX = 10_000;
const LIMIT_DEFAULT = 20;
const UNITS: readonly TimelineUnit[] = ["minute", "hour"];

type Content = Readonly<Record<string, unknown>>;

function contentOf(content: unknown): Content {
  if (typeof content === "string") return { schedule: content };
  return typeof content === "object" && content !== null ? { ...content } : {};
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function limitOf({ limit = LIMIT_DEFAULT }: Content): number | null {
  const isWhole = typeof limit === "number" && Number.isInteger(limit);
  return isWhole && limit >= 1 && limit <= SEE_LIMIT_MAX ? limit : null;
}

const BAD_LIMIT = `limit is to be a whole number 1-${SEE_LIMIT_MAX}`;

function readHistory(content: Content): HistoryCommand | string {
  const { schedule = null, since_ms: sinceMs = 0, outcomes = null } = content;
  const limit = limitOf(content);
  if (limit === null) return `history: ${BAD_LIMIT}`;
  if (schedule !== null && !isText(schedule)) return "history: schedule is to be a schedule's name";
  if (typeof sinceMs !== "number") return "history: since_ms is to be in epoch milliseconds";
  if (outcomes === null) return { kind: "history", scheduleId: schedule, limit, sinceMs, outcomes };
  if (!Array.isArray(outcomes) || !outcomes.every(isText))
    return "history: outcomes is to be a list of words of the ledger";
  return { kind: "history", scheduleId: schedule, limit, sinceMs, outcomes };
}

function readTimeline(content: Content): TimelineCommand | string {
  const { unit = null } = content;
  const limit = limitOf(content);
  if (limit === null) return `timeline: ${BAD_LIMIT}`;
  const known = UNITS.find((one) => one === unit);
  if (unit !== null && known === undefined) return `timeline: unit is to be ${UNITS.join(" or ")}`;
  return { kind: "timeline", limit, unit: known ?? null };
}

/** Reads such a question: a text tells what is wrong with it, null that it is none of these. */
export function readSeeCommand(type: string, given: unknown): SeeCommand | string | null {
  const content = contentOf(given);
  switch (type) {
    case "history":
      return readHistory(content);
    case "timeline":
      return readTimeline(content);
    case "explain":
      return isText(content["schedule"])
        ? { kind: "explain", scheduleId: content["schedule"] }
        : "explain: request_content is to be the schedule's name";
    default:
      return null;
  }
}

/** A question as it is sent: what `readSeeCommand` reads. */
export function seeContent(command: SeeCommand): Content {
  switch (command.kind) {
    case "history": {
      const { scheduleId, limit, sinceMs, outcomes } = command;
      return { schedule: scheduleId, limit, since_ms: sinceMs, outcomes };
    }
    case "explain":
      return { schedule: command.scheduleId };
    case "timeline":
      return { limit: command.limit, unit: command.unit };
    default:
      return unreachable(command);
  }
}
