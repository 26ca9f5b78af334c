/** The coming occurrences of all schedules in one order, and how many fall into each minute or hour. */
import { isActive, nextDue } from "../agenda/plan.ts";
import type { ActiveSchedule } from "../agenda/plan.ts";
import { utcText, zonedText } from "../cron/instant-text.ts";
import { countInstants } from "../cron/span.ts";
import type { Book } from "../engine/book.ts";

/** What the occurrences are counted by. */
export type TimelineUnit = "minute" | "hour";

/** One occurrence. */
export interface ComingOccurrence {
  readonly id: string;
  readonly task: string;
  readonly queue: string;
  readonly time_zone: string;
  readonly due: string;
  readonly due_local: string;
}

/** The document; docs/cli-json.md tells what its parts mean. */
export interface TimelineDocument {
  readonly unit: TimelineUnit;
  readonly occurrences: readonly ComingOccurrence[];
  /** From the first to the last unit in which any of them lies; those without an occurrence are left out. */
  readonly buckets: ReadonlyArray<{ readonly at: string; readonly count: number }>;
}

/** What is asked. */
export interface TimelineOptions {
  readonly nowSeconds: number;
  /** So many occurrences. */
  readonly limit: number;
  /** Null chooses the one that suits the span. */
  readonly unit: TimelineUnit | null;
}

interface Coming {
  readonly schedule: ActiveSchedule;
  readonly dueSeconds: number;
}

const UNIT_SECONDS: Readonly<Record<TimelineUnit, number>> = { minute: 60, hour: 3_600 };
/** Occurrences within this are told apart by their minute. */
const MINUTES_SPAN_SECONDS = 3_600;

function isEarlier(a: Coming, b: Coming): boolean {
  if (a.dueSeconds !== b.dueSeconds) return a.dueSeconds < b.dueSeconds;
  return a.schedule.id < b.schedule.id;
}

/** A heap with the earliest on top: 100,000 schedules are merged without being sorted. */
class Earliest {
  readonly #heap: Coming[];

  constructor(all: readonly Coming[]) {
    this.#heap = [...all];
    for (let index = this.#heap.length >> 1; index >= 0; index -= 1) this.#sink(index);
  }

  get first(): Coming | undefined {
    return this.#heap[0];
  }

  /** Puts another one in the place of the first; undefined takes it away. */
  replaceFirst(next: Coming | undefined): void {
    const moved = next ?? this.#heap.pop();
    if (moved === undefined || this.#heap.length === 0) return;
    this.#heap[0] = moved;
    this.#sink(0);
  }

  #sink(start: number): void {
    const heap = this.#heap;
    for (let index = start; ;) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      const [one, other] = [heap[left], heap[right]];
      if (one === undefined) return;
      const child = other !== undefined && isEarlier(other, one) ? right : left;
      const [above, below] = [heap[index], heap[child]];
      if (above === undefined || below === undefined || !isEarlier(below, above)) return;
      heap[index] = below;
      heap[child] = above;
      index = child;
    }
  }
}

/** The next occurrence of each schedule that will run. */
function firstOfEach(book: Book, nowSeconds: number): Coming[] {
  const coming: Coming[] = [];
  for (const { schedule, dueSeconds: planned } of book.entries()) {
    if (!isActive(schedule) || book.isPaused(schedule.id)) continue;
    const dueSeconds = planned === undefined ? nextDue(schedule, nowSeconds) : planned;
    if (dueSeconds !== null) coming.push({ schedule, dueSeconds });
  }
  return coming;
}

function merge(firsts: readonly Coming[], limit: number): Coming[] {
  const heap = new Earliest(firsts);
  const merged: Coming[] = [];
  for (let first = heap.first; first !== undefined && merged.length < limit; first = heap.first) {
    merged.push(first);
    const { schedule } = first;
    const dueSeconds = nextDue(schedule, first.dueSeconds);
    heap.replaceFirst(dueSeconds === null ? undefined : { schedule, dueSeconds });
  }
  return merged;
}

function unitFor(merged: readonly Coming[]): TimelineUnit {
  const span = (merged.at(-1)?.dueSeconds ?? 0) - (merged[0]?.dueSeconds ?? 0);
  return span <= MINUTES_SPAN_SECONDS ? "minute" : "hour";
}

/** All occurrences of a unit of time, whether or not they were asked for. */
function countWithin(firsts: readonly Coming[], startSeconds: number, size: number): number {
  const uptoSeconds = startSeconds + size - 1;
  let count = 0;
  for (const { schedule, dueSeconds } of firsts) {
    if (dueSeconds > uptoSeconds) continue;
    const { timing, policy } = schedule;
    const span = { afterSeconds: Math.max(dueSeconds, startSeconds) - 1, uptoSeconds };
    count += countInstants(timing.expression, timing.zone, span, policy.dst);
  }
  return count;
}

/** The last unit may hold more than was asked for: it is counted, the others are known. */
function bucketsOf(
  merged: readonly Coming[],
  firsts: readonly Coming[],
  size: number,
): TimelineDocument["buckets"] {
  const counts = new Map<number, number>();
  for (const { dueSeconds } of merged) {
    const start = Math.floor(dueSeconds / size) * size;
    counts.set(start, (counts.get(start) ?? 0) + 1);
  }
  const last = [...counts.keys()].at(-1);
  if (last !== undefined) counts.set(last, countWithin(firsts, last, size));
  return [...counts].map(([start, count]) => ({ at: utcText(start), count }));
}

function occurrence({ schedule, dueSeconds }: Coming): ComingOccurrence {
  const { id, task, queue, timeZone, timing } = schedule;
  return {
    id,
    task,
    queue,
    time_zone: timeZone,
    due: utcText(dueSeconds),
    due_local: zonedText(dueSeconds, timing.zone),
  };
}

/** Makes the document. */
export function timeline(
  book: Book,
  { nowSeconds, limit, unit: wanted }: TimelineOptions,
): TimelineDocument {
  const firsts = firstOfEach(book, nowSeconds);
  const merged = merge(firsts, limit);
  const unit = wanted ?? unitFor(merged);
  return {
    unit,
    occurrences: merged.map(occurrence),
    buckets: bucketsOf(merged, firsts, UNIT_SECONDS[unit]),
  };
}
