/** What a command did to a schedule, as its answer tells. */
import type { Clock } from "../base/clock.ts";
import { nowSeconds } from "../base/clock.ts";
import type { Book } from "../engine/book.ts";
import { PAUSED_ALL } from "../redis/keys.ts";
import { listRow } from "./listing.ts";
import type { ScheduleState } from "./listing.ts";

/** How a schedule stands after a command. */
export interface ScheduleEffect {
  readonly schedule: string;
  /** False when no source holds it. */
  readonly found: boolean;
  readonly state: ScheduleState | null;
  /** What pauses it: itself, all schedules being paused, or nothing. */
  readonly paused_by: "schedule" | "all" | null;
  /** When it is due next, paused or not; ISO, UTC. */
  readonly next: string | null;
  readonly next_local: string | null;
  /** Why it does not run. */
  readonly problem: string | null;
  /** Why this may not be the newest state; null when all was read. */
  readonly stale: string | null;
}

/** Where to look. */
export interface EffectOptions {
  readonly book: Book;
  readonly clock: Clock;
  readonly sources: () => ReadonlyArray<{ readonly name: string; readonly problem: string | null }>;
}

/** Why the sources' present state is not known, or null. */
export function staleText(sources: ReturnType<EffectOptions["sources"]>): string | null {
  const down = sources.filter(({ problem }) => problem !== null);
  if (down.length === 0) return null;
  return down.map(({ name, problem }) => `${name} cannot be read: ${problem}`).join("; ");
}

function pausedBy(book: Book, id: string): ScheduleEffect["paused_by"] {
  if (book.pauses.has(PAUSED_ALL)) return "all";
  return book.pauses.has(id) ? "schedule" : null;
}

/** How a schedule stands now, from memory. */
export function scheduleEffect(
  id: string,
  { book, clock, sources }: EffectOptions,
): ScheduleEffect {
  const entry = book.get(id);
  const paused_by = pausedBy(book, id);
  const stale = staleText(sources());
  const base = { schedule: id, paused_by, stale };
  if (entry === undefined) {
    const nothing = { state: null, next: null, next_local: null, problem: null };
    return { ...base, found: false, ...nothing };
  }
  const { schedule, dueSeconds } = entry;
  const context = { nowSeconds: nowSeconds(clock), dueSeconds, lastSeconds: null };
  const { state } = listRow(schedule, { ...context, isPaused: paused_by !== null });
  const { next, next_local, problem } = listRow(schedule, { ...context, isPaused: false });
  return { ...base, found: true, state, next, next_local, problem };
}
