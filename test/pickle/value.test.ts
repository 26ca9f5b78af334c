import { describe, expect, test } from "bun:test";
import {
  PyDict,
  PyGlobal,
  PyObject,
  PySet,
  PyTuple,
  UnhashableError,
} from "../../src/pickle/value.ts";
import type { PickleValue } from "../../src/pickle/value.ts";

function frozen(...members: PickleValue[]): PySet {
  return new PySet(members, { frozen: true });
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

const OBJECT = new PyObject(new PyGlobal("app", "Box"), []);
const NAN_TUPLE = new PyTuple([NaN]);

describe("PyDict", () => {
  test.each<[name: string, first: PickleValue, second: PickleValue]>([
    ["1 and 1.0", 1n, 1],
    ["1 and True", 1n, true],
    ["0.0 and False", 0, false],
    ["0 and -0.0", 0n, -0],
    ["2**100 and 2.0**100", 2n ** 100n, 2 ** 100],
    ["equal text", "\0sa", "\0sa"],
    ["equal bytes", bytes("ab"), bytes("ab")],
    ["(1, True) and (1.0, 1)", new PyTuple([1n, true]), new PyTuple([1, 1n])],
    ["frozensets in any order", frozen(1n, "a"), frozen("a", 1n)],
    ["an object and itself", OBJECT, OBJECT],
    ["(nan,) and itself", NAN_TUPLE, NAN_TUPLE],
  ])("takes %s for one key and keeps the first", (_name, first, second) => {
    const dict = new PyDict([
      [first, "old"],
      ["other", 0n],
      [second, "new"],
    ]);
    expect([...dict]).toEqual([
      [first, "new"],
      ["other", 0n],
    ]);
    expect(dict.get(second)).toBe("new");
  });

  test.each<[name: string, first: PickleValue, second: PickleValue]>([
    ["text and bytes", "a", bytes("a")],
    ["text and text that looks like the key of bytes", "\0b1:a", bytes("a")],
    ["'1' and 1", "1", 1n],
    ["None and 'None'", null, "None"],
    ["nan and nan", NaN, NaN],
    ["1 and 1.5", 1n, 1.5],
    ["neighbours above 2**53", 2n ** 53n, 2n ** 53n + 1n],
    ["a tuple and a frozenset", new PyTuple([1n]), frozen(1n)],
    ["('a', 'b') and ('a,b',)", new PyTuple(["a", "b"]), new PyTuple(["a,b"])],
    ["((), 1) and ((1,),)", new PyTuple([new PyTuple([]), 1n]), new PyTuple([new PyTuple([1n])])],
    ["two objects alike", OBJECT, new PyObject(OBJECT.callee, [])],
  ])("takes %s for two keys", (_name, first, second) => {
    expect(
      new PyDict([
        [first, 1n],
        [second, 2n],
      ]).size,
    ).toBe(2);
    expect(new PySet([first, second]).size).toBe(2);
  });

  test.each<[type: string, key: PickleValue]>([
    ["list", []],
    ["dict", new PyDict()],
    ["set", new PySet()],
    ["list", new PyTuple([frozen(), []])],
  ])("refuses a %s as a key", (type, key) => {
    const message = `a ${type} cannot be a key: Python calls it unhashable`;
    expect(() => new PyDict([[key, null]])).toThrow(new UnhashableError(message));
    expect(() => new PySet([key])).toThrow(new UnhashableError(message));
  });

  test("turns into a record and back", () => {
    const dict = PyDict.fromRecord({ a: 1n, ["__proto__"]: [2n] });
    expect(Object.entries(dict.toRecord())).toEqual([
      ["a", 1n],
      ["__proto__", [2n]],
    ]);
    expect(Object.getPrototypeOf(dict.toRecord())).toBeNull();
  });

  test("turns into no record with keys that are not text", () => {
    expect(() => new PyDict([[1n, null]]).toRecord()).toThrow("a key is not text but int");
  });

  test("tells a missing key from None", () => {
    const dict = new PyDict([["a", null]]);
    expect([dict.has("a"), dict.get("a"), dict.has("b"), dict.get("b")]).toEqual([
      true,
      null,
      false,
      undefined,
    ]);
  });
});

describe("PySet", () => {
  test("keeps the first of equal members", () => {
    const set = new PySet([1n, 1, true, 2n]);
    expect([...set]).toEqual([1n, 2n]);
    expect([set.has(2), set.has(3n)]).toEqual([true, false]);
  });
});
