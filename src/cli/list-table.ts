/** The table of `btu list`. */
import { unreachable } from "../base/errors.ts";
import type { ListRow, ScheduleState } from "../observe/listing.ts";
import type { Style } from "./style.ts";
import type { ShowTime } from "./time-choice.ts";
import { tableLines } from "./table.ts";
import type { Column, TableOptions } from "./table.ts";
import { counted, cut } from "./text.ts";
import { distanceText, durationText, secondsOf } from "../base/times.ts";

/** What the table is laid out for, and from when on the distances count. */
export interface ListOptions extends TableOptions {
  readonly nowMs: number;
  readonly showTime: ShowTime;
  /** How many schedules there are, shown or not. */
  readonly total: number;
}

const NOTHING = "-";
const ABSOLUTE_LAST_WIDTH = 140;

/** The colour of a state. */
export function statePaint(state: ScheduleState, style: Style): (text: string) => string {
  switch (state) {
    case "active":
      return style.green;
    case "disabled":
      return style.dim;
    case "invalid":
      return style.red;
    case "never":
    case "paused":
      return style.yellow;
    default:
      return unreachable(state);
  }
}

/** The state, and in place of a next run the problem. */
function stateText({ state, problem }: ListRow): string {
  return problem === null ? state : `${state}: ${problem}`;
}

function leftText({ next }: ListRow, nowMs: number): string {
  if (next === null) return NOTHING;
  const ahead = secondsOf(next) - nowMs / 1000;
  return ahead > 0 ? durationText(Math.round(ahead)) : distanceText(secondsOf(next), nowMs / 1000);
}

/** Where there is room, when it was; else how long ago. */
function lastText({ last, last_local: local }: ListRow, options: ListOptions): string {
  if (last === null) return NOTHING;
  const { width, showTime, nowMs } = options;
  return width < ABSOLUTE_LAST_WIDTH
    ? distanceText(secondsOf(last), nowMs / 1000)
    : showTime(last, local);
}

function columns(options: ListOptions): ReadonlyArray<Column<ListRow>> {
  const { style, nowMs, showTime } = options;
  return [
    {
      title: "NEXT",
      cell: ({ next, next_local: local }) => (next === null ? NOTHING : showTime(next, local)),
      rank: 2,
    },
    { title: "LEFT", cell: (row) => leftText(row, nowMs), paint: style.cyan, rank: 1 },
    { title: "LAST", cell: (row) => lastText(row, options), paint: style.dim, rank: 5 },
    { title: "SCHEDULE", cell: ({ id }) => id, shrinkTo: 14 },
    { title: "TASK", cell: ({ task }) => task, shrinkTo: 14, rank: 4 },
    { title: "QUEUE", cell: ({ queue }) => queue, shrinkTo: 8, rank: 3 },
    {
      title: "STATE",
      cell: stateText,
      shrinkTo: 20,
      paint: (text, { state }) => statePaint(state, style)(text),
    },
  ];
}

const WORDS: ReadonlyArray<readonly [ScheduleState, string]> = [
  ["active", "active"],
  ["paused", "paused"],
  ["invalid", "invalid"],
  ["never", "never run"],
  ["disabled", "disabled"],
];

function summary(rows: readonly ListRow[], total: number): string {
  const counts = WORDS.map(([state, word]) => {
    const count = rows.filter((row) => row.state === state).length;
    return count === 0 ? "" : `${count} ${word}`;
  });
  const parts = counts.filter((part) => part !== "").join(", ");
  const of = total > rows.length ? ` of ${total.toLocaleString("en-US")}` : "";
  return `${counted(rows.length, "schedule")}${of}${parts === "" ? "" : `: ${parts}`}`;
}

/** The lines of the table and a line that sums up; none is wider than the screen. */
export function listLines(rows: readonly ListRow[], options: ListOptions): string[] {
  const lines = tableLines(rows, columns(options), options);
  const last = options.style.dim(cut(summary(rows, options.total), options.width));
  return lines.length === 0 ? [last] : [...lines, "", last];
}
