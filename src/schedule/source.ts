/** Where schedules come from. */
import type { BtuGeneration } from "./btu-generation.ts";
import type { BtuTask } from "./btu-task.ts";
import type { RecentChanges } from "./recent-changes.ts";
import type { ScheduleInput } from "./schedule.ts";

/** What a look at some ids found; of an id that is in neither list the place could not tell this time. */
export interface SomeSchedules {
  /**
   * Every row that the place gave for these ids, under the id that it has there. A place that is blind to letter case
   * may give a row that nobody asked for by this id; it is as fresh as the others.
   */
  readonly found: readonly ScheduleInput[];
  /** The ids for which there is no row of exactly this id, each once. */
  readonly absent: readonly string[];
}

/**
 * Reads the schedules of some ids, however many, as they are at this moment: what is not committed is not seen, what was
 * committed before the call is.
 *
 * @throws as `Source.read`.
 */
export type ReadSome = (ids: Iterable<string>, signal: AbortSignal) => Promise<SomeSchedules>;

/**
 * Asks, cheaply, what changed of late; `ChangeTracker` tells what of it is new.
 *
 * @throws as `Source.read`.
 */
export type ReadChanges = (signal: AbortSignal) => Promise<RecentChanges>;

/**
 * Tells which of the given tasks run, by the site's own logs: task to the log that says so.
 *
 * @throws as `Source.read`.
 */
export type ReadRunning = (
  taskIds: readonly string[],
  signal: AbortSignal,
) => Promise<ReadonlyMap<string, string>>;

/** What a site tells beside its schedules. */
export interface SiteRecords {
  /** Only the site's web server can be reached: it makes all jobs itself. */
  readonly isRemote: boolean;
  /**
   * Its tasks by their ids: all of them, or one.
   *
   * @throws as `Source.read`.
   */
  readTasks(only: string | null, signal: AbortSignal): Promise<BtuTask[]>;
  /** Null where the site itself sees to it that a task does not run twice at once. */
  readonly readRunning: ReadRunning | null;
  /**
   * A log that a schedule's job left behind since an instant (epoch ms); null when there is none.
   *
   * @throws as `Source.read`.
   */
  findLog(
    wish: { readonly scheduleId: string; readonly sinceMs: number },
    signal: AbortSignal,
  ): Promise<string | null>;
}

/** One place that holds schedules. */
export interface Source {
  /** For logs and `btu status`, without secrets: `MariaDB 127.0.0.1:3306/site`. */
  readonly name: string;
  /** Which app a site has, as the last whole read found it; null before the first, and where there is no site. */
  readonly generation: BtuGeneration | null;
  /**
   * Reads all schedules, disabled ones too; rows that are wrong carry their problem.
   *
   * @throws when the place cannot be read as a whole; SourceError when trying again at once is useless.
   */
  read(signal: AbortSignal): AsyncIterable<ScheduleInput>;
  /** Whether all it holds is what the last whole read gave; not there where only another read tells. */
  readonly isUnchanged?: () => Promise<boolean>;
  /** Null where only a whole read tells, as with a file. */
  readonly readSome: ReadSome | null;
  /** Null where nothing less than a whole read tells what changed. */
  readonly readChanges: ReadChanges | null;
  /** Where schedules belong to a site. */
  readonly records?: SiteRecords | undefined;
  /** Calls back when the place says by itself that something changed; runs until the signal aborts. */
  watch(onChange: () => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
