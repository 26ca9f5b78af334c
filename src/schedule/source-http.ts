/** Schedules of a site of which only the web server can be reached (BTU 16 and newer). */
import { isAbort } from "../base/abort.ts";
import type { FrappeEndpoints, TaskScheduleDetails } from "../frappe/endpoints.ts";
import { FrappeError } from "../frappe/errors.ts";
import type { BtuGeneration } from "./btu-generation.ts";
import { readHttpRow, unreadableHttpRow } from "./http-row.ts";
import type { HttpRowOptions } from "./http-row.ts";
import type { ScheduleInput } from "./schedule.ts";
import { SourceError } from "./source-error.ts";
import type { SiteRecords, Source, SomeSchedules } from "./source.ts";

/** What the source needs. */
export interface HttpSourceOptions extends HttpRowOptions {
  readonly endpoints: FrappeEndpoints;
  readonly records?: SiteRecords | undefined;
}

/** As many requests at once as a small gunicorn bears beside its users. */
const CONCURRENCY = 4;
/** A row that the site failed to give is asked for once more. */
const ATTEMPTS = 2;

/** The only one that has these endpoints. */
const GENERATION: BtuGeneration = {
  label: "16 or newer",
  hasOwnZones: true,
  hasFrequencies: false,
  hasTaskTypes: true,
  runsById: true,
  enqueues: true,
};

/** What the site said of one id: its row, null when it has none, or why it cannot tell. */
interface Answer {
  readonly id: string;
  readonly found: TaskScheduleDetails | FrappeError | null;
}

/** Faults that one row can have while the others are well. */
const OF_ONE_ROW: ReadonlySet<FrappeError["kind"]> = new Set([
  "rejected",
  "forbidden",
  "server-error",
  "bad-answer",
  "too-large",
]);

/** Faults that somebody has to mend are told apart. */
function sorted(error: unknown): unknown {
  return error instanceof FrappeError && !error.transient
    ? new SourceError(error.message, { cause: error })
    : error;
}

class HttpSource implements Source {
  readonly generation = GENERATION;
  readonly name: string;
  readonly readChanges = null;
  readonly records: SiteRecords | undefined;
  readonly #options: HttpSourceOptions;

  constructor(options: HttpSourceOptions) {
    this.#options = options;
    this.records = options.records;
    this.name = `web server ${options.endpoints.baseUrl}`;
  }

  /** Only the enabled ones: the site does not list others. */
  async *read(signal: AbortSignal): AsyncGenerator<ScheduleInput> {
    const faulty: { id: string; error: FrappeError }[] = [];
    let readable = 0;
    for await (const { id, found } of this.#ask(await this.#enabledIds(signal), signal)) {
      if (found instanceof FrappeError) faulty.push({ id, error: found });
      // One that is gone since the list was made is skipped.
      if (found === null || found instanceof FrappeError) continue;
      readable += 1;
      yield readHttpRow(found, this.#options);
    }
    const [first] = faulty;
    // When most rows are faulty it is the site that is.
    if (first !== undefined && faulty.length > readable) throw sorted(first.error);
    for (const { id, error } of faulty) yield unreadableHttpRow(id, error.message, this.#options);
  }

  readonly readSome = async (
    ids: Iterable<string>,
    signal: AbortSignal,
  ): Promise<SomeSchedules> => {
    const found: ScheduleInput[] = [];
    const absent: string[] = [];
    for await (const { id, found: row } of this.#ask([...new Set(ids)], signal)) {
      if (row instanceof FrappeError) continue;
      if (row !== null) found.push(readHttpRow(row, this.#options));
      if (row?.name !== id) absent.push(id);
    }
    return { found, absent };
  };

  watch(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #enabledIds(signal: AbortSignal): Promise<string[]> {
    try {
      const keys = await this.#options.endpoints.getEnabledTaskSchedules(signal);
      return [...new Set(keys.map(({ scheduleKey }) => scheduleKey))];
    } catch (error) {
      throw isAbort(error, signal) ? error : sorted(error);
    }
  }

  /** Asks for every id, a few at a time, and gives the answers as they come. */
  async *#ask(ids: readonly string[], signal: AbortSignal): AsyncGenerator<Answer> {
    const stop = new AbortController();
    const both = AbortSignal.any([signal, stop.signal]);
    const running = new Map<string, Promise<Answer>>();
    try {
      for (const id of ids) {
        running.set(id, this.#askOne(id, both, ATTEMPTS));
        if (running.size >= CONCURRENCY) yield await soonest(running);
      }
      while (running.size > 0) yield await soonest(running);
    } catch (error) {
      throw isAbort(error, signal) ? error : sorted(error);
    } finally {
      stop.abort(new Error("the read has ended"));
      await Promise.allSettled(running.values());
    }
  }

  /** While nothing answers, nothing is known of any row: then it throws. */
  async #askOne(id: string, signal: AbortSignal, attempts: number): Promise<Answer> {
    try {
      return { id, found: await this.#options.endpoints.getTaskScheduleDetails(id, signal) };
    } catch (error) {
      if (!(error instanceof FrappeError) || !OF_ONE_ROW.has(error.kind)) throw error;
      if (!error.transient || attempts <= 1) return { id, found: error };
    }
    return this.#askOne(id, signal, attempts - 1);
  }
}

/** The answer that comes first, taken out of those that are awaited. */
async function soonest(running: Map<string, Promise<Answer>>): Promise<Answer> {
  const answer = await Promise.race(running.values());
  running.delete(answer.id);
  return answer;
}

/** Opens the source; nothing is connected. */
export function openHttpSource(options: HttpSourceOptions): Source {
  return new HttpSource(options);
}
