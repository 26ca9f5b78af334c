/** Whether what a daemon answered has the form that this version knows: daemon and command may be of different versions. */
import type { ScheduleDocument } from "../observe/explain.ts";
import type { ListRow } from "../observe/listing.ts";
import type { FiringStatus, StatusDocument } from "../observe/status.ts";
import type { TimelineDocument } from "../observe/timeline.ts";

type Shape = Readonly<Record<string, "text" | "list" | "object" | "number">>;

const STATUS_SHAPE: Shape = {
  at: "text",
  health: "text",
  problems: "list",
  warnings: "list",
  daemon: "object",
  leadership: "object",
  connections: "list",
  refresh: "object",
  builders: "list",
  schedules: "object",
  next: "list",
  last_firings: "list",
  went_wrong: "list",
  lateness: "object",
};
const ROW_SHAPE: Shape = {
  id: "text",
  task: "text",
  cron: "text",
  time_zone: "text",
  queue: "text",
  state: "text",
  warnings: "list",
};

const SCHEDULE_SHAPE: Shape = {
  ...ROW_SHAPE,
  meaning: "text",
  policy: "object",
  runs: "list",
  outcomes: "list",
  why: "object",
};
const FIRING_SHAPE: Shape = {
  schedule: "text",
  due: "text",
  fired_at: "text",
  outcome: "text",
};
const TIMELINE_SHAPE: Shape = { unit: "text", occurrences: "list", buckets: "list" };

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "text";
  return value === null ? "null" : typeof value;
}

/** Whether a value is an object with these keys. */
export function hasShape(value: unknown, shape: Shape): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(shape).every(([key, kind]) => kindOf(Reflect.get(value, key)) === kind);
}

function isStatus(value: unknown): value is StatusDocument {
  return hasShape(value, STATUS_SHAPE);
}

function isRows(value: unknown): value is ListRow[] {
  return Array.isArray(value) && value.every((row) => hasShape(row, ROW_SHAPE));
}

function isSchedule(value: unknown): value is ScheduleDocument {
  return hasShape(value, SCHEDULE_SHAPE);
}

function isFirings(value: unknown): value is FiringStatus[] {
  return Array.isArray(value) && value.every((one) => hasShape(one, FIRING_SHAPE));
}

function isTimeline(value: unknown): value is TimelineDocument {
  return hasShape(value, TIMELINE_SHAPE);
}

/** What to say of an answer of another form. */
export const OTHER_VERSION =
  "the daemon's answer has another form: it runs another version than btu; restart it";

/** @throws Error when the daemon is of another version. */
export function asStatus(value: unknown): StatusDocument {
  if (!isStatus(value)) throw new Error(OTHER_VERSION);
  return value;
}

/** @throws Error when the daemon is of another version. */
export function asRows(value: unknown): ListRow[] {
  if (!isRows(value)) throw new Error(OTHER_VERSION);
  return value;
}

/** @throws Error when the daemon is of another version. */
export function asSchedule(value: unknown): ScheduleDocument {
  if (!isSchedule(value)) throw new Error(OTHER_VERSION);
  return value;
}

/** @throws Error when the daemon is of another version. */
export function asFirings(value: unknown): FiringStatus[] {
  if (!isFirings(value)) throw new Error(OTHER_VERSION);
  return value;
}

/** @throws Error when the daemon is of another version. */
export function asTimeline(value: unknown): TimelineDocument {
  if (!isTimeline(value)) throw new Error(OTHER_VERSION);
  return value;
}
