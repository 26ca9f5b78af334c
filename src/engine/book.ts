/** What the daemon knows in memory: every schedule as last read, what is planned for it, and what was settled. */
import type { LastJob } from "../agenda/fire-request.ts";
import type { SettledRecord } from "../agenda/plan-record.ts";
import { CLOCK_ERROR_SECONDS } from "../agenda/plan.ts";
import { PAUSED_ALL } from "../redis/keys.ts";
import type { Schedule, ScheduleSet } from "../schedule/schedule.ts";

/** One schedule and what is known of its occurrences. */
export interface BookEntry {
  readonly schedule: Schedule;
  /** The planned occurrence, epoch seconds; null when nothing is planned, undefined while it is not known. */
  dueSeconds: number | null | undefined;
  /** The guard against running twice, kept to be written back when Redis loses it. */
  settled: SettledRecord | null;
  /** Known only where the overlap policy is `skip`. */
  lastJob: LastJob | null;
}

function newEntry(schedule: Schedule): BookEntry {
  return { schedule, dueSeconds: undefined, settled: null, lastJob: null };
}

/** The same entry with what was read now. What was planned for another timing tells nothing of this one. */
function withSchedule(known: BookEntry, schedule: Schedule): BookEntry {
  const isSame = known.schedule.timingFingerprint === schedule.timingFingerprint;
  return { ...known, schedule, dueSeconds: isSame ? known.dueSeconds : undefined };
}

/** All schedules of this daemon. */
export class Book {
  #entries = new Map<string, BookEntry>();
  #rejected: readonly Schedule[] = [];
  #pauses: ReadonlyMap<string, string> = new Map();

  get size(): number {
    return this.#entries.size;
  }

  /** Rows whose id another one has already; shown to people, otherwise without effect. */
  get rejected(): readonly Schedule[] {
    return this.#rejected;
  }

  /** Id to JSON of each pause, as last seen. */
  get pauses(): ReadonlyMap<string, string> {
    return this.#pauses;
  }

  get(id: string): BookEntry | undefined {
    return this.#entries.get(id);
  }

  entries(): Iterable<BookEntry> {
    return this.#entries.values();
  }

  /** The schedules themselves, as they are when they are asked for. */
  get schedules(): ScheduleSet {
    const entries = this.#entries;
    return {
      get: (id) => entries.get(id)?.schedule,
      *values() {
        for (const { schedule } of entries.values()) yield schedule;
      },
    };
  }

  /** Takes over what the sources read; what is known of a schedule's occurrences stays. */
  replace(schedules: ReadonlyMap<string, Schedule>, rejected: readonly Schedule[]): void {
    // In place: a copy of 100,000 entries every 90 s would be for nothing.
    for (const id of this.#entries.keys()) if (!schedules.has(id)) this.#entries.delete(id);
    this.update(schedules);
    this.#rejected = rejected;
  }

  /** Takes over what was read of some schedules, null for one that is gone; whether that is news. */
  update(schedules: ReadonlyMap<string, Schedule | null>): boolean {
    let hasNews = false;
    for (const [id, schedule] of schedules) {
      const known = this.#entries.get(id);
      if (schedule === (known?.schedule ?? null)) continue;
      hasNews = true;
      if (schedule === null) this.#entries.delete(id);
      else this.#entries.set(id, withSchedule(known ?? newEntry(schedule), schedule));
    }
    return hasNews;
  }

  /** Whether it, or all schedules, are paused, as far as last seen; the scripts alone decide. */
  isPaused(id: string): boolean {
    return this.#pauses.has(id) || this.#pauses.has(PAUSED_ALL);
  }

  setPauses(pauses: ReadonlyMap<string, string>): void {
    this.#pauses = pauses;
  }

  /** Notes what is planned now. */
  setDue(id: string, dueSeconds: number | null): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.dueSeconds = dueSeconds;
  }

  /** Notes what was read as settled. What this daemon settled while it read is newer, unless a wrong clock did it. */
  setSettled(id: string, settled: SettledRecord): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    const aheadSeconds = (entry.settled?.dueSeconds ?? -Infinity) - settled.dueSeconds;
    if (aheadSeconds <= 0 || aheadSeconds > CLOCK_ERROR_SECONDS) entry.settled = settled;
  }
}
