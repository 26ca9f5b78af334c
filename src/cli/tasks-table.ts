/** The table of `btu tasks`. */
import type { BtuTaskState } from "../schedule/btu-task.ts";
import { tableLines } from "./table.ts";
import type { Column, TableOptions } from "./table.ts";
import { counted, cut } from "./text.ts";
import { durationText } from "../base/times.ts";

/** A task as people and programs see it. */
export interface TaskRow {
  readonly id: string;
  readonly description: string;
  readonly function: string;
  readonly queue: string;
  /** Null when the task's own number is none. */
  readonly timeout_s: number | null;
  readonly state: BtuTaskState;
  readonly schedules: number;
  readonly enabled_schedules: number;
}

function schedulesText({ schedules, enabled_schedules: enabled }: TaskRow): string {
  return schedules === enabled ? String(schedules) : `${schedules} (${enabled} on)`;
}

function columns({ style }: TableOptions): ReadonlyArray<Column<TaskRow>> {
  return [
    { title: "TASK", cell: ({ id }) => id, shrinkTo: 16 },
    { title: "DESCRIPTION", cell: ({ description }) => description, shrinkTo: 20 },
    { title: "FUNCTION", cell: (row) => row.function, shrinkTo: 20, rank: 3 },
    { title: "QUEUE", cell: ({ queue }) => queue, shrinkTo: 10, rank: 2 },
    {
      title: "AT MOST",
      cell: ({ timeout_s: timeout }) => (timeout === null ? "?" : durationText(timeout)),
      rank: 4,
    },
    { title: "SCHEDULES", cell: schedulesText, rank: 1 },
    {
      title: "STATE",
      cell: ({ state }) => state,
      paint: (text, { state }) => (state === "submitted" ? style.green : style.yellow)(text),
    },
  ];
}

/** The lines of the table and a line that counts; none is wider than the screen. */
export function taskLines(rows: readonly TaskRow[], options: TableOptions): string[] {
  const lines = tableLines(rows, columns(options), options);
  const last = options.style.dim(cut(counted(rows.length, "task"), options.width));
  return lines.length === 0 ? [last] : [...lines, "", last];
}
