/** What the daemon knows in memory: every schedule as last read, and what is planned for it as last seen. */
import { PAUSED_ALL } from "../redis/keys.ts";
import type { Schedule } from "../schedule/schedule.ts";

/** One schedule and its planned occurrence. */
export interface BookEntry {
  readonly schedule: Schedule;
  /** Epoch seconds; null when nothing is planned, undefined while the agenda was not read yet. */
  dueSeconds: number | null | undefined;
}

/** All schedules of this daemon. */
export class Book {
  #entries = new Map<string, BookEntry>();
  #rejected: readonly Schedule[] = [];
  #paused: ReadonlySet<string> = new Set();

  get size(): number {
    return this.#entries.size;
  }

  /** Rows whose id another one has already; shown to people, otherwise without effect. */
  get rejected(): readonly Schedule[] {
    return this.#rejected;
  }

  get(id: string): BookEntry | undefined {
    return this.#entries.get(id);
  }

  entries(): Iterable<BookEntry> {
    return this.#entries.values();
  }

  /** Takes over what the sources read; what is known of unchanged schedules stays. */
  replace(schedules: ReadonlyMap<string, Schedule>, rejected: readonly Schedule[]): void {
    const entries = new Map<string, BookEntry>();
    for (const schedule of schedules.values()) {
      const known = this.#entries.get(schedule.id);
      const same = known?.schedule === schedule;
      entries.set(schedule.id, same ? known : { schedule, dueSeconds: known?.dueSeconds });
    }
    this.#entries = entries;
    this.#rejected = rejected;
  }

  /** Whether it, or all schedules, are paused, as far as last seen; the scripts alone decide. */
  isPaused(id: string): boolean {
    return this.#paused.has(id) || this.#paused.has(PAUSED_ALL);
  }

  /** Notes which schedules are paused. */
  setPaused(ids: ReadonlySet<string>): void {
    this.#paused = ids;
  }

  /** Notes what is planned now. */
  setDue(id: string, dueSeconds: number | null): void {
    const entry = this.#entries.get(id);
    if (entry !== undefined) entry.dueSeconds = dueSeconds;
  }
}
