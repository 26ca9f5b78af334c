/** Tables that fit the width they are given: they are cut and lose columns, they never wrap. */
import type { Style } from "./style.ts";
import { cut, oneLine, pad, widthOf } from "./text.ts";

/** One column. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly align?: "left" | "right";
  /** May be cut down to so many columns of the terminal; a column without it is shown whole or not at all. */
  readonly shrinkTo?: number;
  /** Where room is short, columns with the smallest number are shown; one without it always is. */
  readonly rank?: number;
  readonly paint?: (text: string, row: Row) => string;
}

/** What a table is laid out for. */
export interface TableOptions {
  /** Infinity where nobody counts columns. */
  readonly width: number;
  readonly style: Style;
}

const GAP = 2;

/** As much of a column as its width depends on. */
interface Sized {
  readonly column: Pick<Column<never>, "title" | "shrinkTo">;
  readonly width: number;
}

/** The text of a cell and the columns of the terminal it takes. */
interface Cell {
  readonly text: string;
  readonly width: number;
}

interface Measured<Row> extends Sized {
  readonly column: Column<Row>;
  readonly cells: readonly Cell[];
}

function measure<Row>(column: Column<Row>, rows: readonly Row[]): Measured<Row> {
  const cells = rows.map((row) => {
    const text = oneLine(column.cell(row));
    return { text, width: widthOf(text) };
  });
  const width = cells.reduce((most, cell) => Math.max(most, cell.width), widthOf(column.title));
  return { column, cells, width };
}

function narrowest({ column, width }: Sized): number {
  return Math.min(width, Math.max(column.shrinkTo ?? width, widthOf(column.title)));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Takes from the widest columns first, so that short texts stay whole. */
function shrink(columns: readonly Sized[], room: number): number[] {
  const widths = columns.map(({ width }) => width);
  for (let excess = sum(widths) - room; excess > 0; excess -= 1) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      const width = widths[index] ?? 0;
      if (width > narrowest(column) && width > (widths[widest] ?? 0)) widest = index;
    }
    if (widest < 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** The columns there is room for, chosen by their rank and left in their order. */
function fitting<Row>(all: ReadonlyArray<Measured<Row>>, width: number): Measured<Row>[] {
  const byRank = all.toSorted((a, b) => (a.column.rank ?? 0) - (b.column.rank ?? 0));
  const chosen = new Set<Measured<Row>>();
  let used = -GAP;
  for (const one of byRank) {
    const needed = narrowest(one) + GAP;
    if (one.column.rank !== undefined && used + needed > width) continue;
    chosen.add(one);
    used += needed;
  }
  return all.filter((one) => chosen.has(one));
}

/** One cell as it stands in its line. */
function cellText<Row>(
  { column, cells }: Measured<Row>,
  index: number,
  row: Row,
  room: number,
): string {
  const { text, width } = cells[index] ?? { text: "", width: 0 };
  const shown = width > room ? cut(text, room) : text;
  const painted = column.paint === undefined ? shown : column.paint(shown, row);
  if (width > room) return pad(painted, room, column.align);
  const blanks = " ".repeat(room - width);
  return column.align === "right" ? blanks + painted : painted + blanks;
}

/** The lines of a table, its titles first; none when there are no rows. */
export function tableLines<Row>(
  rows: readonly Row[],
  columns: ReadonlyArray<Column<Row>>,
  { width, style }: TableOptions,
): string[] {
  if (rows.length === 0) return [];
  const kept = fitting(
    columns.map((column) => measure(column, rows)),
    width,
  );
  const widths = shrink(kept, width - GAP * (kept.length - 1));
  const line = (textOf: (entry: Measured<Row>, room: number) => string): string => {
    const cells = kept.map((entry, index) => textOf(entry, widths[index] ?? 0));
    const text = cells.join("  ").trimEnd();
    return Number.isFinite(width) ? cut(text, width) : text;
  };
  const titles = line(({ column: { title, align } }, room) => pad(title, room, align));
  const lines = rows.map((row, index) => line((entry, room) => cellText(entry, index, row, room)));
  return [style.bold(titles), ...lines];
}
