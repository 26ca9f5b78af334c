/** Names invalid schedules in the log, each problem once. */
import type { Log } from "../base/log.ts";
import type { Schedule } from "../schedule/schedule.ts";

/** Remembers what it told; a problem that changed, or came back, is told again. */
export class ProblemTeller {
  readonly #log: Log;
  #told = new Map<string, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** To be told of all schedules there are. */
  tellAll(schedules: Iterable<Schedule>): void {
    const before = this.#told;
    this.#told = new Map();
    for (const schedule of schedules) this.#tell(schedule, before.get(schedule.id));
  }

  /** To be told of those that were read, null for one that is gone. */
  tellSome(schedules: ReadonlyMap<string, Schedule | null>): void {
    for (const [id, schedule] of schedules) {
      const before = this.#told.get(id);
      this.#told.delete(id);
      if (schedule !== null) this.#tell(schedule, before);
    }
  }

  #tell({ id, problem, enabled }: Schedule, before: string | undefined): void {
    if (problem === null || !enabled) return;
    this.#told.set(id, problem);
    if (problem !== before) this.#log.warn("schedule is invalid", { schedule: id, problem });
  }
}
