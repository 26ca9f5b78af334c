/** What `btu status` shows, as one JSON document. */
import type { LeadershipStatus } from "../engine/leadership.ts";
import { utcText } from "../cron/instant-text.ts";
import type { BuilderInUse } from "./builders-in-use.ts";
import type { ListRow, ScheduleState } from "./listing.ts";
import type { LedgerEntry } from "./ledger.ts";
import type { Pause } from "./trail.ts";
import type { LatenessSummary } from "./recent.ts";

/** A connection and why it is down, null while it works. */
export interface ConnectionStatus {
  readonly name: string;
  readonly problem: string | null;
  /** Of a site: which BTU app it has, in words; null where that is not known, and for everything else. */
  readonly app: string | null;
}

/** A firing as `btu status` shows it. */
export interface FiringStatus {
  readonly schedule: string;
  readonly due: string;
  readonly fired_at: string;
  readonly outcome: string;
  readonly queue: string | null;
  readonly job: string | null;
  readonly reason: string | null;
  /** For a run of missed occurrences: when the last of them was due, and how many they are. */
  readonly until: string | null;
  readonly count: number;
}

/** An occurrence that is coming up. */
export type ComingStatus = Pick<
  ListRow,
  "id" | "task" | "queue" | "time_zone" | "next" | "next_local"
>;

/** The document; docs/cli-json.md tells what its parts mean. */
export interface StatusDocument {
  /** When it was made. */
  readonly at: string;
  readonly health: "healthy" | "degraded";
  /** What makes it degraded, in words. */
  readonly problems: readonly string[];
  /** What somebody should look at, though everything works. */
  readonly warnings: readonly string[];
  readonly daemon: {
    readonly name: string;
    readonly environment: string | null;
    readonly version: string;
    readonly pid: number;
    readonly started_at: string;
    readonly config: string | null;
    readonly zone_data: string;
  };
  readonly leadership: LeadershipStatus;
  readonly connections: readonly ConnectionStatus[];
  readonly refresh: {
    readonly last_at: string | null;
    readonly took_ms: number;
    readonly every_s: number;
  };
  readonly builders: readonly BuilderInUse[];
  readonly schedules: Readonly<Record<ScheduleState | "total", number>>;
  readonly next: readonly ComingStatus[];
  readonly last_firings: readonly FiringStatus[];
  /** Of the last 24 hours; the newest first. */
  readonly went_wrong: readonly FiringStatus[];
  readonly lateness: LatenessSummary;
}

/** What the document is made of. */
export interface StatusParts {
  readonly nowMs: number;
  readonly daemon: StatusDocument["daemon"];
  readonly leadership: LeadershipStatus;
  readonly connections: readonly ConnectionStatus[];
  /** Why nothing can be fired, or null. */
  readonly firingProblem: string | null;
  /** The pause of all schedules, or null. */
  readonly pausedAll: Pick<Pause, "sinceMs" | "note"> | null;
  readonly refresh: StatusDocument["refresh"];
  readonly builders: readonly BuilderInUse[];
  readonly rows: readonly ListRow[];
  readonly recent: readonly LedgerEntry[];
  readonly failures: readonly LedgerEntry[];
  readonly wentWrong: readonly LedgerEntry[];
  readonly lateness: LatenessSummary;
}

const NEXT_SHOWN = 5;
const PROBLEMS_SHOWN = 10;

function countStates(rows: readonly ListRow[]): StatusDocument["schedules"] {
  const counts = { total: rows.length, active: 0, disabled: 0, invalid: 0, never: 0, paused: 0 };
  for (const { state } of rows) counts[state] += 1;
  return counts;
}

function comingUp(rows: readonly ListRow[]): StatusDocument["next"] {
  return rows
    .filter((row) => row.next !== null)
    .toSorted((a, b) => (a.next ?? "").localeCompare(b.next ?? ""))
    .slice(0, NEXT_SHOWN)
    .map(({ id, task, queue, time_zone, next, next_local }) => ({
      id,
      task,
      queue,
      time_zone,
      next,
      next_local,
    }));
}

/** Names the first ones and counts the rest. */
function atMost(texts: readonly string[], rest: (count: number) => string): string[] {
  if (texts.length <= PROBLEMS_SHOWN) return [...texts];
  return [...texts.slice(0, PROBLEMS_SHOWN), rest(texts.length - PROBLEMS_SHOWN)];
}

function problemsOf({ connections, firingProblem, failures }: StatusParts): string[] {
  const down = connections
    .filter(({ problem }) => problem !== null)
    .map(({ name, problem }) => `${name} is not available: ${problem}`);
  const failed = failures.map(
    ({ schedule, dueSeconds, reason }) =>
      `${schedule} failed, due ${utcText(dueSeconds)}: ${reason ?? "no reason given"}`,
  );
  return [
    ...down,
    ...(firingProblem === null ? [] : [`nothing is fired: ${firingProblem}`]),
    ...atMost(failed, (count) => `${count} more failed within the last hour`),
  ];
}

/** Ours may be wrong or Redis's: either way what is due is judged by ours. */
const CLOCK_DIFFERENCE_MS = 2_000;

function clockWarnings({ clock_offset_ms: offsetMs }: LeadershipStatus): string[] {
  if (offsetMs === null || Math.abs(offsetMs) <= CLOCK_DIFFERENCE_MS) return [];
  const seconds = (Math.abs(offsetMs) / 1000).toFixed(1);
  const direction = offsetMs > 0 ? "ahead of" : "behind";
  return [`this machine's clock is ${seconds} s ${direction} that of Redis: check NTP on both`];
}

/** Whoever paused everything may have forgotten it. */
function pausedAllWarning({ sinceMs, note }: Pick<Pause, "sinceMs" | "note">): string {
  const since = sinceMs === null ? "" : ` since ${utcText(Math.floor(sinceMs / 1000))}`;
  const why = note === "" ? "" : ` (${note})`;
  return `all schedules are paused${since}${why}; to go on: btu resume --all`;
}

/** What to tell of builders that cannot make a job, so that nothing of theirs runs. */
export function builderWarnings(builders: readonly BuilderInUse[]): string[] {
  return builders.flatMap(({ problem, schedules }) =>
    problem === null
      ? []
      : [
          `no job can be made for ${schedules === 1 ? "1 schedule" : `${schedules} schedules`}: ${problem}`,
        ],
  );
}

/** What to tell of schedules that are invalid: the first of them, and how many more. */
export function invalidWarnings(invalid: ReadonlyArray<Pick<ListRow, "id" | "problem">>): string[] {
  const texts = invalid.map(({ id, problem }) => `${id} is invalid: ${problem}`);
  return atMost(texts, (count) => `${count} more schedules are invalid; btu lint names them all`);
}

/** A ledger entry for people and programs. */
export function firingStatus(entry: LedgerEntry): FiringStatus {
  return {
    schedule: entry.schedule,
    due: utcText(entry.dueSeconds),
    fired_at: new Date(entry.firedMs).toISOString(),
    outcome: entry.outcome,
    queue: entry.queue,
    job: entry.job,
    reason: entry.reason,
    until: entry.untilSeconds === null ? null : utcText(entry.untilSeconds),
    count: entry.count,
  };
}

/** Makes the document. */
export function statusDocument(parts: StatusParts): StatusDocument {
  const { daemon, connections, refresh, builders, rows, recent, lateness } = parts;
  const problems = problemsOf(parts);
  return {
    at: new Date(parts.nowMs).toISOString(),
    health: problems.length === 0 ? "healthy" : "degraded",
    problems,
    warnings: [
      ...clockWarnings(parts.leadership),
      ...(parts.pausedAll === null ? [] : [pausedAllWarning(parts.pausedAll)]),
      ...builderWarnings(builders),
      ...invalidWarnings(rows.filter(({ state }) => state === "invalid")),
    ],
    daemon,
    leadership: parts.leadership,
    connections,
    refresh,
    builders,
    schedules: countStates(rows),
    next: comingUp(rows),
    last_firings: recent.map(firingStatus),
    went_wrong: parts.wentWrong.map(firingStatus),
    lateness,
  };
}
