import { describe, expect, test } from "bun:test";
import { encodePickle } from "../../src/pickle/encode.ts";
import { PyDict, PyGlobal, PyObject, PyTuple } from "../../src/pickle/value.ts";
import type { PickleValue } from "../../src/pickle/value.ts";

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

describe("encodePickle", () => {
  test.each<[name: string, value: PickleValue, pickle: string]>([
    ["None", null, "N"],
    ["bools", [true, false], "](\x88\x89e"],
    [
      "ints by their size",
      [0n, 255n, 256n, 65_536n, -1n, -(2n ** 31n)],
      "](K\0K\xffM\0\x01J\0\0\x01\0J\xff\xff\xff\xffJ\0\0\0\x80e",
    ],
    [
      "ints beyond 32 bits",
      [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 39n],
      "](\x8a\x05\0\0\0\x80\0\x8a\x05\xff\xff\xff\x7f\xff\x8a\x06\0\0\0\0\x80\0e",
    ],
    ["a float", 1.5, "G\x3f\xf8\0\0\0\0\0\0"],
    ["ASCII text", "abc", "\x8c\x03abc"],
    ["other text", "é", "\x8c\x02\xc3\xa9"],
    ["a lone surrogate", "a\ud800", "\x8c\x04a\xed\xa0\x80"],
    ["a pair of surrogates", "\ud83d\ude00", "\x8c\x04\xf0\x9f\x98\x80"],
    ["bytes", new Uint8Array([0, 255]), "C\x02\0\xff"],
    [
      "a job",
      new PyTuple(["f", null, new PyTuple([1n]), new PyDict([["k", 2n]])]),
      "(\x8c\x01fNK\x01\x85}\x8c\x01kK\x02st",
    ],
  ])("writes %s", (_name, value, pickle) => {
    expect(latin1(encodePickle(value))).toBe(`\x80\x04${pickle}.`);
  });

  test("gives bytes of its own for each call", () => {
    const first = encodePickle("first");
    encodePickle("other");
    expect(latin1(first)).toContain("first");
  });

  test.each([
    ["a class", new PyGlobal("os", "system")],
    ["an object", [new PyObject(new PyGlobal("os", "system"), [])]],
  ])("refuses %s", (_name, value) => {
    expect(() => encodePickle(value)).toThrow(
      new TypeError(
        "encode pickle: cannot write a Python object, only None, bool, int, float, str, bytes, list, tuple, dict, set " +
          "and frozenset",
      ),
    );
  });

  test("refuses what contains itself", () => {
    const list: PickleValue[] = [1n];
    list.push(new PyDict([["list", list]]));
    expect(() => encodePickle(list)).toThrow(
      new RangeError("encode pickle: the value nests deeper than 1000 levels, or contains itself"),
    );
  });

  test("refuses what would not fit into Redis", () => {
    const big = new Uint8Array(200 * 1024 * 1024);
    expect(() => encodePickle([big, big, big])).toThrow(
      new RangeError("encode pickle: the value needs more than 512 MiB"),
    );
  });
});
