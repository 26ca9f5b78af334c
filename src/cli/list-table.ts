/** The table of `btu list`. */
import { unreachable } from "../base/errors.ts";
import type { ListRow, ScheduleState } from "../observe/listing.ts";
import type { Style } from "./style.ts";
import { tableLines } from "./table.ts";
import type { Column, TableOptions } from "./table.ts";
import { counted, cut } from "./text.ts";
import { distanceText, secondsOf, spokenTime } from "../base/times.ts";

/** What the table is laid out for, and from when on the distances count. */
export interface ListOptions extends TableOptions {
  readonly nowMs: number;
}

const NOTHING = "-";

function statePaint(state: ScheduleState, style: Style): (text: string) => string {
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
  return next === null ? NOTHING : distanceText(secondsOf(next), nowMs / 1000);
}

function columns({ style, nowMs }: ListOptions): ReadonlyArray<Column<ListRow>> {
  return [
    {
      title: "NEXT",
      cell: ({ next, next_local: local }) => (next === null ? NOTHING : spokenTime(local ?? next)),
      rank: 2,
    },
    {
      title: "UTC",
      cell: ({ next }) => (next ?? NOTHING).slice(0, 19).replace("T", " "),
      rank: 7,
    },
    { title: "LEFT", cell: (row) => leftText(row, nowMs), paint: style.cyan, rank: 1 },
    { title: "SCHEDULE", cell: ({ id }) => id, shrinkTo: 20 },
    { title: "CRON", cell: ({ cron }) => cron, shrinkTo: 16, rank: 4 },
    { title: "ZONE", cell: ({ time_zone: zone }) => zone, shrinkTo: 16, rank: 6 },
    { title: "TASK", cell: ({ task }) => task, shrinkTo: 20, rank: 5 },
    { title: "QUEUE", cell: ({ queue }) => queue, shrinkTo: 10, rank: 3 },
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

function summary(rows: readonly ListRow[]): string {
  const counts = WORDS.map(([state, word]) => {
    const count = rows.filter((row) => row.state === state).length;
    return count === 0 ? "" : `${count} ${word}`;
  });
  const parts = counts.filter((part) => part !== "").join(", ");
  return `${counted(rows.length, "schedule")}${parts === "" ? "" : `: ${parts}`}`;
}

/** The lines of the table and a line that sums up; none is wider than the screen. */
export function listLines(rows: readonly ListRow[], options: ListOptions): string[] {
  const lines = tableLines(rows, columns(options), options);
  const last = options.style.dim(cut(summary(rows), options.width));
  return lines.length === 0 ? [last] : [...lines, "", last];
}
