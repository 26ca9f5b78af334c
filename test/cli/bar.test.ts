import { expect, test } from "bun:test";
import { assert, integer, property } from "fast-check";
import { bar } from "../../src/cli/bar.ts";

test.each([
  [0, 10, ""],
  [10, 10, "████"],
  [5, 10, "██"],
  [1, 1000, "▏"],
  [3, 8, "█▌"],
  [20, 10, "████"],
  [1, 0, ""],
])("%i of %i in four columns", (value, most, text) => {
  expect(bar(value, most, 4)).toBe(text);
});

test("a bar never needs more columns than it has, and more is never shorter", () => {
  const number = integer({ min: 0, max: 10_000 });
  assert(
    property(number, number, integer({ min: 1, max: 40 }), (a, b, width) => {
      const [less, more] = [bar(Math.min(a, b), 10_000, width), bar(Math.max(a, b), 10_000, width)];
      expect(more.length).toBeLessThanOrEqual(width);
      expect(less.length).toBeLessThanOrEqual(more.length);
    }),
  );
});
