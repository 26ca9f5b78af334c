/** The calls that were fetched last, for the time when the web server is down. */
import type { BtuTaskWork } from "../schedule/schedule.ts";

interface Entry {
  readonly taskId: string;
  readonly data: Uint8Array;
}

/** Calls are some kilobytes; the oldest ones make room. */
const BYTES_MAX = 32 * 1024 * 1024;

/** By schedule; what was fetched for another task does not count. */
export class PickleCache {
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** What was fetched last for this schedule and task, compressed; null when nothing was. */
  get(scheduleId: string | null, { taskId }: BtuTaskWork): Uint8Array | null {
    const entry = scheduleId === null ? undefined : this.#entries.get(scheduleId);
    return entry?.taskId === taskId ? entry.data : null;
  }

  put(scheduleId: string | null, { taskId }: BtuTaskWork, data: Uint8Array): void {
    if (scheduleId === null) return;
    this.#drop(scheduleId);
    this.#entries.set(scheduleId, { taskId, data });
    this.#bytes += data.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax) return;
      this.#drop(oldest);
    }
  }

  #drop(scheduleId: string): void {
    this.#bytes -= this.#entries.get(scheduleId)?.data.length ?? 0;
    this.#entries.delete(scheduleId);
  }
}
