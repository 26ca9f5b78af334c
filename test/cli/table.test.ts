import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { makeStyle } from "../../src/cli/style.ts";
import { tableLines } from "../../src/cli/table.ts";
import type { Column } from "../../src/cli/table.ts";
import { widthOf } from "../../src/cli/text.ts";

const plain = makeStyle({ isTerminal: false, env: {}, color: undefined });
const colourful = makeStyle({ isTerminal: true, env: {}, color: true });

type Row = readonly [id: string, size: string, note: string];
const ROWS: readonly Row[] = [
  ["alpha", "5", "the first letter of all"],
  ["日本語", "1234", ""],
];
const COLUMNS: ReadonlyArray<Column<Row>> = [
  { title: "ID", cell: ([id]) => id },
  { title: "SIZE", cell: ([, size]) => size, align: "right", rank: 2 },
  { title: "NOTE", cell: ([, , note]) => note, shrinkTo: 8, rank: 1 },
];

function lines(width: number): string[] {
  return tableLines(ROWS, COLUMNS, { width, style: plain });
}

describe("tableLines", () => {
  test("shows everything where there is room, without blanks at the ends", () => {
    expect(lines(Infinity)).toEqual([
      "ID      SIZE  NOTE",
      "alpha      5  the first letter of all",
      "日本語  1234",
    ]);
  });

  test("cuts what may be cut", () => {
    expect(lines(25)).toEqual(["ID      SIZE  NOTE", "alpha      5  the first …", "日本語  1234"]);
  });

  test("leaves out the column of the highest rank when cutting is not enough", () => {
    expect(lines(18)).toEqual(["ID      NOTE", "alpha   the first…", "日本語"]);
  });

  test("keeps the column that matters most, cut, when nothing else fits", () => {
    expect(lines(4)).toEqual(["ID", "alp…", "日…"]);
  });

  test("has no lines without rows", () => {
    expect(tableLines([], COLUMNS, { width: 80, style: plain })).toEqual([]);
  });

  test("shows control characters as escapes", () => {
    const rows: Row[] = [["a\nb\u001b[31m", "", ""]];
    expect(tableLines(rows, COLUMNS, { width: 80, style: plain })[1]).toBe("a\\nb\\u001b[31m");
  });

  test("is never wider than it may be", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "日", " ", "\n", "é", "👩‍👩‍👧") });
    const rows = fc.array(fc.tuple(text, text, text), { minLength: 1, maxLength: 5 });
    const painted = COLUMNS.map((column) => ({ ...column, paint: colourful.red }));
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 60 }), (some, width) => {
        const found = tableLines<Row>(some, painted, { width, style: colourful });
        expect(found.length).toBe(some.length + 1);
        expect(found.filter((line) => widthOf(line) > width || line.includes("\n"))).toEqual([]);
      }),
    );
  });
});
