/** What several sources hold, taken together. */
import type { Schedule } from "../schedule/schedule.ts";
import type { SourceReader } from "./source-reader.ts";

/** All schedules by their ids, and the rows that have no place among them. */
export interface Gathered {
  readonly schedules: ReadonlyMap<string, Schedule>;
  /** Rows whose id another one has already, with that as their problem. */
  readonly rejected: readonly Schedule[];
}

/** Takes together what the sources last held; where an id stands in two, the earlier source has it. */
export function gatherSchedules(readers: readonly SourceReader[]): Gathered {
  const [only, ...others] = readers;
  if (only !== undefined && others.length === 0) return only;
  const schedules = new Map<string, Schedule>();
  const rejected: Schedule[] = [];
  for (const reader of readers) {
    rejected.push(...reader.rejected);
    for (const schedule of reader.schedules.values()) {
      if (!schedules.has(schedule.id)) schedules.set(schedule.id, schedule);
      else rejected.push({ ...schedule, problem: `the id "${schedule.id}" stands in two sources` });
    }
  }
  return { schedules, rejected };
}

/** The same for some ids; null stands for one that no source holds. */
export function gatherSome(
  ids: Iterable<string>,
  readers: readonly SourceReader[],
): Map<string, Schedule | null> {
  const found = new Map<string, Schedule | null>();
  for (const id of ids) {
    const holder = readers.find((reader) => reader.schedules.has(id));
    found.set(id, holder?.schedules.get(id) ?? null);
  }
  return found;
}
