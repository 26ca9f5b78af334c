import { describe, expect, test } from "bun:test";
import { parse } from "smol-toml";
import { toPickleValue } from "../../src/pickle/convert.ts";
import { PyDict, PySet, PyTuple } from "../../src/pickle/value.ts";
import { plainOf } from "../support/plain-value.ts";

function fromToml(text: string): unknown {
  return parse(text, { integersAsBigInt: true })["v"];
}

describe("toPickleValue", () => {
  test("keeps ints and floats of TOML apart", () => {
    const value = fromToml("v = [1, 1.0, 123456789012345678901234567890, -0.0, inf, nan]");
    expect(plainOf(toPickleValue(value, "args"))).toEqual(
      plainOf([1n, 1, 123456789012345678901234567890n, -0, Infinity, NaN]),
    );
  });

  test("makes dicts of tables, whatever their keys", () => {
    const value = fromToml('v = { a = true, b = { c = ["x"] }, "__proto__" = 1 }');
    const expected = new PyDict([
      ["a", true],
      ["b", new PyDict([["c", ["x"]]])],
      ["__proto__", 1n],
    ]);
    expect(plainOf(toPickleValue(value, "kwargs"))).toEqual(plainOf(expected));
  });

  test("leaves Python's values as they are", () => {
    const value = [null, new PyTuple([1n]), new PySet(), new PyDict(), new Uint8Array(2)];
    expect(plainOf(toPickleValue(value, "args"))).toEqual(plainOf(value));
  });

  test.each([
    [
      "v = [[1979-05-27]]",
      'convert args[0][0], "1979-05-27": jobs take no dates: write it as text, in quotes',
    ],
    ["v = { a.b = 07:32:00 }", 'convert args.a.b, "07:32:00.000": jobs take no dates'],
  ])("refuses the date in %s", (text, message) => {
    expect(() => toPickleValue(fromToml(text), "args")).toThrow(message);
  });

  test.each([
    [undefined, "undefined"],
    [() => 1, "function"],
    [new Map(), "object"],
    [Symbol("s"), "symbol"],
  ])("refuses %p", (value, kind) => {
    expect(() => toPickleValue({ deep: [value] }, "args")).toThrow(
      new TypeError(`convert args.deep[0]: no counterpart in Python for type "${kind}"`),
    );
  });

  test("refuses what contains itself", () => {
    const list: unknown[] = [];
    list.push(list);
    expect(() => toPickleValue(list, "args")).toThrow("more than 1000 levels: nest less deeply");
  });
});
