import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseJsonExact } from "../../src/pickle/json.ts";
import { JsonError } from "../../src/pickle/text-error.ts";
import { PyDict } from "../../src/pickle/value.ts";
import type { PickleValue } from "../../src/pickle/value.ts";
import { plainOf } from "../support/plain-value.ts";

function errorOf(text: string): JsonError {
  try {
    parseJsonExact(text);
  } catch (error) {
    if (error instanceof JsonError) return error;
    throw error;
  }
  throw new Error("the text was taken");
}

function isTaken(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

const PIECES = Array.from('[]{},:"\\ \n-+.eE01truefalsn/ubx\t\u0001é').concat(
  '"a"',
  "null",
  "true",
  "false",
  "1.5",
  "\\u0041",
  "\\n",
  "-0",
  "1e5",
  '"":',
  "[[",
  "]]",
);

describe("parseJsonExact", () => {
  test.each<[text: string, value: PickleValue]>([
    ["null", null],
    [" [true, false] ", [true, false]],
    ["1", 1n],
    ["1.0", 1],
    ["-0", 0n],
    ["-0.0", -0],
    ["1E2", 100],
    ["1e400", Infinity],
    ["123456789012345678901234567890", 123456789012345678901234567890n],
    ['"a\\u00e9\\ud83d\\ude00\\n\\"\\/\\\\\u007f"', 'aé😀\n"/\\\u007f'],
    ['"\\ud800"', "\ud800"],
    ["{}", new PyDict()],
    [
      '{"2": 1, "1": {"a": []}}',
      new PyDict([
        ["2", 1n],
        ["1", new PyDict([["a", []]])],
      ]),
    ],
    ['{"a": 1, "a": 2}', new PyDict([["a", 2n]])],
    ['{"__proto__": {"x": 1}}', new PyDict([["__proto__", new PyDict([["x", 1n]])]])],
  ])("reads %s", (text, value) => {
    expect(plainOf(parseJsonExact(text))).toEqual(plainOf(value));
  });

  test("takes exactly what JSON.parse takes", () => {
    const soup = fc
      .array(fc.constantFrom(...PIECES), { maxLength: 12 })
      .map((parts) => parts.join(""));
    const damaged = fc
      .tuple(fc.json(), fc.nat(), fc.nat(2), fc.constantFrom("", ...PIECES))
      .map(([text, place, length, piece]) => {
        const at = place % (text.length + 1);
        return text.slice(0, at) + piece + text.slice(at + length);
      });
    fc.assert(
      fc.property(fc.oneof(soup, damaged, fc.json()), (text) => {
        expect(isTaken(parseJsonExact, text)).toBe(isTaken(JSON.parse, text));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each<[text: string, where: string, problem: string]>([
    ["", "line 1, column 1, end of text", "no value of JSON"],
    [
      "{\n  'a': 1}",
      'line 2, column 3, "\'"',
      'a key is missing: write it in quotes, "key": value',
    ],
    ['{"a" 1}', 'line 1, column 6, "1"', "a colon is missing"],
    ['{"a": 1,}', 'line 1, column 9, "}"', "a key is missing"],
    ["[1,]", 'line 1, column 4, "]"', "no value of JSON"],
    ["[1 2]", 'line 1, column 4, "2"', "write a comma before the next value, or ] at the end"],
    ["[1", "line 1, column 3, end of text", "write a comma before the next value, or ] at the end"],
    ["1 2", 'line 1, column 3, "2"', "the value has ended"],
    ["True", 'line 1, column 1, "True"', "no value of JSON"],
    ["NaN", 'line 1, column 1, "NaN"', "no value of JSON"],
    ['"a', "line 1, column 1", 'the text has no end: close it with "'],
    ['"a\nb"', "line 1, column 3", "a line end or control character inside text"],
    ['"\\x41"', 'line 1, column 2, "\\"', "unknown escape"],
    [`[${"9".repeat(4_301)}]`, "line 1, column 2", "Python takes 4300: write it as text"],
    ["[".repeat(201), "line 1, column 201", "more than 200 levels"],
  ])("refuses %j", (text, where, problem) => {
    const { message } = errorOf(text);
    expect(message).toStartWith(`read JSON, ${where}`);
    expect(message).toContain(problem);
  });

  test("tells line, column and excerpt apart from the message", () => {
    const { line, column, excerpt } = errorOf("[\n  😀 oops]");
    expect({ line, column, excerpt }).toEqual({ line: 2, column: 3, excerpt: "😀" });
  });
});
