/** The screen of `btu queues`. */
import type { QueueRow } from "../observe/rq-queues.ts";
import { bar } from "./bar.ts";
import { benchOf, shortName } from "./rq-queue-name.ts";
import type { Style } from "./style.ts";
import { tableLines } from "./table.ts";
import type { Column, TableOptions } from "./table.ts";
import { bulletLines, counted, cut } from "./text.ts";

/** What the screen is laid out for. */
export interface QueuesScreen extends TableOptions {
  /** Bars are for people. */
  readonly isTerminal: boolean;
}

const BAR_WIDTH = 16;

function sum(rows: readonly QueueRow[], key: "queued" | "started" | "failed"): number {
  return rows.reduce((total, row) => total + row[key], 0);
}

function number(
  title: string,
  cell: (row: QueueRow) => number,
  more: Pick<Column<QueueRow>, "rank" | "paint">,
): Column<QueueRow> {
  return { title, align: "right", cell: (row) => cell(row).toLocaleString("en-US"), ...more };
}

function paintIf(style: Style, paint: "red" | "yellow", isWrong: (row: QueueRow) => boolean) {
  return (text: string, row: QueueRow): string => (isWrong(row) ? style[paint](text) : text);
}

/** Jobs wait there, and nobody takes them. */
function isStuck({ queued, workers }: QueueRow): boolean {
  return queued > 0 && workers === 0;
}

function columns(rows: readonly QueueRow[], screen: QueuesScreen): Array<Column<QueueRow>> {
  const { style, isTerminal } = screen;
  const most = rows.reduce((top, { queued }) => Math.max(top, queued), 0);
  const hasBench = rows.some(({ name }) => benchOf(name) !== "");
  const bars: Column<QueueRow> = {
    title: "",
    cell: ({ queued }) => bar(queued, most, BAR_WIDTH).padEnd(BAR_WIDTH),
    paint: style.green,
    rank: 4,
  };
  const bench: Column<QueueRow> = {
    title: "BENCH",
    cell: ({ name }) => benchOf(name),
    shrinkTo: 12,
    rank: 9,
    paint: style.dim,
  };
  return [
    { title: "QUEUE", cell: ({ name }) => shortName(name), shrinkTo: 10 },
    ...(isTerminal && most > 0 ? [bars] : []),
    number("QUEUED", ({ queued }) => queued, { paint: paintIf(style, "red", isStuck) }),
    number("STARTED", ({ started }) => started, { rank: 1 }),
    number("FAILED", ({ failed }) => failed, {
      rank: 2,
      paint: paintIf(style, "red", ({ failed }) => failed > 0),
    }),
    number("SCHEDULED", ({ scheduled }) => scheduled, { rank: 5 }),
    number("DEFERRED", ({ deferred }) => deferred, { rank: 6 }),
    number("FINISHED", ({ finished }) => finished, { rank: 7 }),
    number("CANCELED", ({ canceled }) => canceled, { rank: 8 }),
    number("WORKERS", ({ workers }) => workers, {
      rank: 3,
      paint: paintIf(style, "red", isStuck),
    }),
    ...(hasBench ? [bench] : []),
  ];
}

/** What somebody should look at, a sentence each. */
function queueWarnings(rows: readonly QueueRow[]): string[] {
  return rows.flatMap((row) => {
    const { name, queued, taken, abandoned } = row;
    return [
      isStuck(row) ? `${counted(queued, "job")} on "${name}", and no worker listens on it` : "",
      taken > 0
        ? `${counted(taken, "job")} of "${name}" taken by a worker and not started; where that lasts, the worker is gone`
        : "",
      abandoned > 0
        ? `${counted(abandoned, "job")} of "${name}" abandoned: the worker is gone, RQ will call them failed`
        : "",
    ].filter((text) => text !== "");
  });
}

/** The lines of the screen; none is wider than it. */
export function queueLines(rows: readonly QueueRow[], screen: QueuesScreen): string[] {
  const { style, width } = screen;
  const table = tableLines(rows, columns(rows, screen), screen);
  const warnings = bulletLines(style.sign("warn"), queueWarnings(rows), width);
  const parts = [
    counted(rows.length, "queue"),
    `${counted(sum(rows, "queued"), "job")} waiting`,
    `${sum(rows, "started").toLocaleString("en-US")} running`,
    `${sum(rows, "failed").toLocaleString("en-US")} failed`,
  ];
  return [
    ...table,
    ...(table.length === 0 ? [] : [""]),
    ...warnings,
    style.dim(cut(parts.join(", "), width)),
  ];
}
