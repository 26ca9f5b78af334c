/** Names invalid schedules in the log, each problem once, and zones whose names some programs would not understand. */
import type { Log } from "../base/log.ts";
import type { Schedule } from "../schedule/schedule.ts";

/** Schedules that share a warning. */
interface Warned {
  readonly first: string;
  count: number;
}

/** Remembers what it told; a problem that changed, or came back, is told again. */
export class ProblemTeller {
  readonly #log: Log;
  #told = new Map<string, string>();
  /** Thousands of schedules may share the zone of their site: each text is told once, not each schedule. */
  #warnings: ReadonlySet<string> = new Set();

  constructor(log: Log) {
    this.#log = log;
  }

  /** To be told of all schedules there are. */
  tellAll(schedules: Iterable<Schedule>): void {
    const before = this.#told;
    this.#told = new Map();
    const warned = new Map<string, Warned>();
    for (const schedule of schedules) {
      this.#tell(schedule, before.get(schedule.id));
      collect(schedule, warned);
    }
    this.#warn(warned);
    this.#warnings = new Set(warned.keys());
  }

  /** To be told of those that were read, null for one that is gone. */
  tellSome(schedules: ReadonlyMap<string, Schedule | null>): void {
    const warned = new Map<string, Warned>();
    for (const [id, schedule] of schedules) {
      const before = this.#told.get(id);
      this.#told.delete(id);
      if (schedule === null) continue;
      this.#tell(schedule, before);
      collect(schedule, warned);
    }
    this.#warn(warned);
    this.#warnings = new Set([...this.#warnings, ...warned.keys()]);
  }

  #tell({ id, problem, enabled }: Schedule, before: string | undefined): void {
    if (problem === null || !enabled) return;
    this.#told.set(id, problem);
    if (problem !== before) this.#log.warn("schedule is invalid", { schedule: id, problem });
  }

  #warn(warned: ReadonlyMap<string, Warned>): void {
    for (const [warning, { first, count }] of warned) {
      if (this.#warnings.has(warning)) continue;
      this.#log.warn(warning, { schedule: first, schedules: count });
    }
  }
}

/** Counts a schedule whose zone is spelled otherwise in the zone data. */
function collect({ id, enabled, problem, timing }: Schedule, warned: Map<string, Warned>): void {
  const warning = timing?.zoneWarning ?? null;
  if (warning === null || !enabled || problem !== null) return;
  const known = warned.get(warning);
  if (known === undefined) warned.set(warning, { first: id, count: 1 });
  else known.count += 1;
}
