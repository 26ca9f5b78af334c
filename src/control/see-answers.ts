/** The answers to questions about schedules, the same from a daemon and without one. */
import { nowSeconds } from "../base/clock.ts";
import { unreachable } from "../base/errors.ts";
import { explainSchedule } from "../observe/explain.ts";
import type { ExplainOptions, ScheduleDocument } from "../observe/explain.ts";
import { findEntries } from "../observe/ledger.ts";
import { firingStatus } from "../observe/status.ts";
import type { FiringStatus } from "../observe/status.ts";
import { timeline } from "../observe/timeline.ts";
import type { TimelineDocument } from "../observe/timeline.ts";
import { RefusedError } from "./command.ts";
import type { HistoryCommand, SeeCommand } from "./see-command.ts";

/** What the answers are found with. */
export interface SeeOptions extends ExplainOptions {
  /** Why Redis cannot be asked, as a sentence, or null. */
  readonly redisProblem: () => string | null;
}

/** The answer to each. */
export interface SeeAnswers {
  readonly history: readonly FiringStatus[];
  /** Null when there is no such schedule. */
  readonly explain: ScheduleDocument | null;
  readonly timeline: TimelineDocument;
}

async function history(
  { scheduleId, limit, sinceMs, outcomes }: HistoryCommand,
  { client, keys, redisProblem }: SeeOptions,
): Promise<FiringStatus[]> {
  const problem = redisProblem();
  if (problem !== null) throw new RefusedError("unavailable", problem);
  const entries = await findEntries(client, keys.ledger, {
    schedule: scheduleId,
    outcomes: outcomes === null ? null : new Set(outcomes),
    sinceMs,
    limit,
  });
  return entries.map(firingStatus);
}

/** Answers one, beside a daemon or within it. */
export function answerSee(
  command: SeeCommand,
  options: SeeOptions,
): Promise<SeeAnswers[SeeCommand["kind"]]> {
  switch (command.kind) {
    case "history":
      return history(command, options);
    case "explain":
      return explainSchedule(command.scheduleId, options);
    case "timeline": {
      const { limit, unit } = command;
      const now = nowSeconds(options.clock);
      return Promise.resolve(timeline(options.book, { nowSeconds: now, limit, unit }));
    }
    default:
      return unreachable(command);
  }
}
