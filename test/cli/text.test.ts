import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { bulletLines, counted, cut, oneLine, pad, widthOf, wrap } from "../../src/cli/text.ts";

describe("cut", () => {
  test.each([
    ["abcdef", 6, "abcdef"],
    ["abcdef", 5, "abcd…"],
    ["abcdef", 1, "…"],
    ["abcdef", 0, ""],
    ["日本語", 6, "日本語"],
    ["日本語", 5, "日本…"],
    ["日本語", 4, "日…"],
    ["日本語", 2, "…"],
    ["e\u0301e\u0301e\u0301", 2, "e\u0301…"],
  ])("%p to %p columns is %p", (text, width, found) => {
    expect(cut(text, width)).toBe(found);
  });

  test("never leaves more columns than there are", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", "日", "👩‍👩‍👧", "한", " ", "e\u0301") });
    fc.assert(
      fc.property(text, fc.nat({ max: 20 }), (long, width) => {
        expect(widthOf(cut(long, width))).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe("oneLine", () => {
  test.each([
    ["plain text", "plain text"],
    ["two\nlines", "two\\nlines"],
    ["red \u001b[31m", "red \\u001b[31m"],
    ["turned \u202eback", "turned back"],
    ["日本語", "日本語"],
  ])("%j is shown as %j", (text, shown) => {
    expect(oneLine(text)).toBe(shown);
  });
});

test("pad fills with blanks by the columns of the terminal", () => {
  expect([pad("日", 4), pad("日", 4, "right"), pad("long", 2)]).toEqual(["日  ", "  日", "long"]);
});

test("wrap keeps the margin, and one line where nobody counts columns", () => {
  expect(wrap("one two three", 9, 2)).toEqual(["  one two", "  three"]);
  expect(wrap("one two three", Infinity, 2)).toEqual(["  one two three"]);
});

test("bulletLines hangs the lines that follow", () => {
  const lines = ["- one", "  two", "- four"];
  expect(bulletLines("-", ["one two", "four"], 6)).toEqual(lines);
});

test.each([
  [0, "0 problems"],
  [1, "1 problem"],
  [2, "2 problems"],
  [12_345, "12,345 problems"],
])("%p is told as %p", (count, text) => {
  expect(counted(count, "problem")).toBe(text);
});
