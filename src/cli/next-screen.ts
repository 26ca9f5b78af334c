/** The screen of `btu next`. */
import { distanceText, secondsOf } from "../base/times.ts";
import type { ComingOccurrence, TimelineDocument } from "../observe/timeline.ts";
import type { Style } from "./style.ts";
import { tableLines } from "./table.ts";
import type { Column, TableOptions } from "./table.ts";
import { counted, cut, pad } from "./text.ts";
import type { ShowTime } from "./time-choice.ts";

/** What the screen is laid out for. */
export interface NextOptions extends TableOptions {
  readonly nowMs: number;
  readonly showTime: ShowTime;
  /** Whether block characters can be shown. */
  readonly hasBlocks: boolean;
}

type Bucket = TimelineDocument["buckets"][number];

const BAR_WIDTH_MAX = 40;
const BAR_WIDTH_MIN = 5;
/** Where nobody counts columns. */
const BAR_WIDTH_USUAL = 30;
/** A unit with fewer is no pile-up, however few the others have. */
const PILE_MIN = 10;
const GAP = 2;

function columns({ nowMs, showTime, style }: NextOptions): ReadonlyArray<Column<ComingOccurrence>> {
  return [
    { title: "DUE", cell: ({ due, due_local: local }) => showTime(due, local) },
    {
      title: "LEFT",
      cell: ({ due }) => distanceText(secondsOf(due), nowMs / 1000),
      paint: style.cyan,
      rank: 1,
    },
    { title: "SCHEDULE", cell: ({ id }) => id, shrinkTo: 14 },
    { title: "TASK", cell: ({ task }) => task, shrinkTo: 12, rank: 3 },
    { title: "QUEUE", cell: ({ queue }) => queue, shrinkTo: 8, rank: 2 },
  ];
}

/** A pile-up stands out: many at once, and far more than is usual here. */
function barPaint(count: number, usual: number, style: Style): (text: string) => string {
  return count >= PILE_MIN && count > 2 * usual ? style.red : style.green;
}

function median(counts: readonly number[]): number {
  const sorted = counts.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

/** A mark for each run while there is room for that, else by their share of the greatest. */
function barLength(count: number, { most, room }: { most: number; room: number }): number {
  return most <= room ? count : Math.max(1, Math.round((count / most) * room));
}

function bucketLines({ unit, buckets }: TimelineDocument, options: NextOptions): string[] {
  const { style, width, showTime, hasBlocks } = options;
  const times = buckets.map(({ at }) => showTime(at, null));
  const timeWidth = Math.max(...times.map((time) => time.length));
  const counts = buckets.map(({ count }) => count);
  const most = Math.max(...counts);
  const texts = counts.map((count) => count.toLocaleString("en-US"));
  const countWidth = Math.max(...texts.map((text) => text.length));
  const left = Number.isFinite(width) ? width - timeWidth - countWidth - 2 * GAP : BAR_WIDTH_USUAL;
  const room = Math.min(Math.max(left, BAR_WIDTH_MIN), BAR_WIDTH_MAX);
  const usual = median(counts);
  const line = ({ count }: Bucket, index: number): string => {
    const bar = (hasBlocks ? "█" : "#").repeat(barLength(count, { most, room }));
    const text = pad(texts[index] ?? "", countWidth, "right");
    return `${pad(times[index] ?? "", timeWidth)}  ${text}  ${barPaint(count, usual, style)(bar)}`;
  };
  return [style.bold(`EACH ${unit.toUpperCase()}`), ...buckets.map(line)];
}

/** The lines of the screen; none is wider than it. */
export function nextLines(document: TimelineDocument, options: NextOptions): string[] {
  const { style, width } = options;
  const { occurrences, buckets } = document;
  if (occurrences.length === 0) return ["nothing is to run"];
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  const more = total - occurrences.length;
  const rest =
    more === 0
      ? []
      : [style.dim(`and ${counted(more, "more run")} until the end of that ${document.unit}`)];
  return [
    ...tableLines(occurrences, columns(options), options),
    ...rest,
    "",
    ...bucketLines(document, options),
  ].map((line) => (Number.isFinite(width) ? cut(line, width) : line));
}
