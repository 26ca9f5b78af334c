/** The screen of `btu jobs`. */
import type { JobRow } from "../observe/rq-jobs.ts";
import { JOB_STATES } from "../observe/rq-queues.ts";
import type { JobState } from "../observe/rq-queues.ts";
import { shortName } from "./rq-queue-name.ts";
import type { Style } from "./style.ts";
import { tableLines } from "./table.ts";
import type { Column, TableOptions } from "./table.ts";
import { cut } from "./text.ts";
import { distanceText, secondsOf } from "../base/times.ts";

/** What the screen is laid out for. */
export interface JobsScreen extends TableOptions {
  readonly nowSeconds: number;
  /** Of one queue: its name need not be repeated. */
  readonly isOfOne: boolean;
  /** How many jobs there are in all. */
  readonly counts: Readonly<Partial<Record<JobState, number>>>;
}

/** The colour of a state. */
export function paintState(state: string, style: Style): (text: string) => string {
  switch (state) {
    case "failed":
    case "stopped":
      return style.red;
    case "started":
      return style.cyan;
    case "finished":
      return style.green;
    case "canceled":
      return style.dim;
    default:
      return style.yellow;
  }
}

function whenText({ at }: JobRow, nowSeconds: number): string {
  return at === null ? "-" : distanceText(secondsOf(at), nowSeconds);
}

function noteOf({ problem, error, worker }: JobRow): string {
  return problem ?? error ?? (worker === null ? "" : `on ${worker}`);
}

function columns({ style, nowSeconds, isOfOne }: JobsScreen): ReadonlyArray<Column<JobRow>> {
  const queue: Column<JobRow> = {
    title: "QUEUE",
    cell: (row) => shortName(row.queue),
    shrinkTo: 10,
    rank: 4,
  };
  return [
    {
      title: "STATE",
      cell: ({ state }) => state,
      paint: (text, { state }) => paintState(state, style)(text),
    },
    { title: "WHEN", cell: (row) => whenText(row, nowSeconds), rank: 1 },
    { title: "JOB", cell: ({ id }) => id, shrinkTo: 14 },
    ...(isOfOne ? [] : [queue]),
    { title: "CALL", cell: ({ call }) => call ?? "-", shrinkTo: 16, rank: 2 },
    {
      title: "NOTE",
      cell: noteOf,
      shrinkTo: 12,
      rank: 3,
      paint: (text, { worker }) => (worker === null ? style.red(text) : style.dim(text)),
    },
  ];
}

function summary(rows: readonly JobRow[], counts: JobsScreen["counts"]): string {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const parts = JOB_STATES.flatMap((state) => {
    const count = counts[state] ?? 0;
    return count === 0 ? [] : [`${count.toLocaleString("en-US")} ${state}`];
  });
  if (parts.length === 0) return "no jobs";
  const shown = rows.length.toLocaleString("en-US");
  return `${shown} of ${total.toLocaleString("en-US")} jobs: ${parts.join(", ")}`;
}

/** The lines of the screen; none is wider than it. */
export function jobLines(rows: readonly JobRow[], screen: JobsScreen): string[] {
  const { style, width } = screen;
  const shown = rows.some((row) => noteOf(row) !== "")
    ? columns(screen)
    : columns(screen).filter(({ title }) => title !== "NOTE");
  const table = tableLines(rows, shown, screen);
  const last = style.dim(cut(summary(rows, screen.counts), width));
  return table.length === 0 ? [last] : [...table, "", last];
}
