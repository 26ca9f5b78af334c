/** Where schedules come from. */
import type { ScheduleInput } from "./schedule.ts";

/** One place that holds schedules. */
export interface Source {
  /** For logs and `btu status`, without secrets: `MariaDB 127.0.0.1:3306/site`. */
  readonly name: string;
  /**
   * Reads all schedules, disabled ones too; rows that are wrong carry their problem.
   *
   * @throws when the place cannot be read as a whole; SourceError when trying again at once is useless.
   */
  read(signal: AbortSignal): AsyncIterable<ScheduleInput>;
  /** Calls back when the place says by itself that something changed; runs until the signal aborts. */
  watch(onChange: () => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** The place was reached and what it holds is broken: it must be mended before it is read again. */
export class SourceError extends Error {
  override readonly name = "SourceError";
}
