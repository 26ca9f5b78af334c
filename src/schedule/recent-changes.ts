/** What changed of late in a database, and what of it is news. */

/** A row that was changed lately: a schedule itself, or the task that a schedule runs. */
export interface RecentRow {
  readonly scheduleId: string;
  readonly part: "schedule" | "task";
  /** Differs after each change that matters. */
  readonly stamp: string;
}

/** One look at a database. */
export interface RecentChanges {
  readonly rows: readonly RecentRow[];
  /** More schedules changed than one look may bring. */
  readonly isCut: boolean;
  /** The site's own settings that all schedules depend on, as one text. */
  readonly settings: string;
}

/** What to do about it. */
export interface Changes {
  /** Schedules whose row or task may have changed, each once. */
  readonly ids: readonly string[];
  /** Nothing less than a whole read will do. */
  readonly needsWholeRead: boolean;
}

/**
 * Compares each look with the one before. Let it see a look before the first whole read: then whatever is committed later
 * is news to it.
 */
export class ChangeTracker {
  #seen: ReadonlyMap<string, string> = new Map();
  #settings: string | null = null;

  /** What of this look was not in the last one. */
  news({ rows, isCut, settings }: RecentChanges): Changes {
    const seen = new Map(rows.map(({ part, scheduleId, stamp }) => [part + scheduleId, stamp]));
    const ids = new Set<string>();
    for (const { part, scheduleId, stamp } of rows) {
      if (this.#seen.get(part + scheduleId) !== stamp) ids.add(scheduleId);
    }
    const hasNewSettings = this.#settings !== null && this.#settings !== settings;
    this.#seen = seen;
    this.#settings = settings;
    return { ids: [...ids], needsWholeRead: hasNewSettings || (isCut && ids.size > 0) };
  }
}
