import { describe, expect, test } from "bun:test";
import { pyRepr } from "../../src/pickle/repr.ts";
import { PyDict, PyGlobal, PyObject, PySet, PyTuple } from "../../src/pickle/value.ts";
import type { PickleValue } from "../../src/pickle/value.ts";

function object(path: string, ...args: PickleValue[]): PyObject {
  const dot = path.lastIndexOf(".");
  return new PyObject(new PyGlobal(path.slice(0, dot), path.slice(dot + 1)), args);
}

describe("pyRepr", () => {
  test.each<[text: string, value: PickleValue]>([
    ["None", null],
    ["True", true],
    ["-12345678901234567890", -12345678901234567890n],
    ["<int of 20004 bits>", 2n ** 20_000n],
    ["0.0", 0],
    ["-0.0", -0],
    ["1.0", 1],
    ["0.1", 0.1],
    ["0.0001", 0.0001],
    ["1e-05", 0.00001],
    ["1234567890123456.0", 1234567890123456],
    ["1e+16", 1e16],
    ["1.5e+300", 1.5e300],
    ["5e-324", 5e-324],
    ["inf", Infinity],
    ["-inf", -Infinity],
    ["nan", NaN],
    ["'it is'", "it is"],
    ['"it\'s"', "it's"],
    ["'\"it\\'s\"'", '"it\'s"'],
    [
      "'\\\\ \\n\\r\\t\\x00\\x7f\\xad\\u200b\\ud800 é日😀'",
      "\\ \n\r\t\0\x7f\xad\u200b\ud800 é日😀",
    ],
    ["b'a\\x00\\xff\\n\\\\\"'", Buffer.from('a\0\xff\n\\"', "latin1")],
    ['b"\'"', Buffer.from("'")],
    ["()", new PyTuple([])],
    ["(1,)", new PyTuple([1n])],
    ["(1, 2)", new PyTuple([1n, 2n])],
    ["[[], [1]]", [[], [1n]]],
    ["{}", new PyDict()],
    [
      "{1: 'a', 'b': None}",
      new PyDict([
        [1n, "a"],
        ["b", null],
      ]),
    ],
    ["set()", new PySet()],
    ["{1, 2}", new PySet([1n, 2n])],
    ["frozenset()", new PySet([], { frozen: true })],
    ["frozenset({1})", new PySet([1n], { frozen: true })],
    ["<os.system>", new PyGlobal("os", "system")],
    ["<class 'list'>", new PyGlobal("builtins", "list")],
    ["<os.system('true')>", object("os.system", "true")],
    ["<ValueError('boom')>", object("builtins.ValueError", "boom")],
    [
      "<zoneinfo.ZoneInfo._unpickle('Asia/Kolkata', True)>",
      new PyObject(object("builtins.getattr", new PyGlobal("zoneinfo", "ZoneInfo"), "_unpickle"), [
        "Asia/Kolkata",
        true,
      ]),
    ],
    ["datetime.date(2024, 2, 29)", object("datetime.date", Buffer.of(7, 232, 2, 29))],
    ["<datetime.date('x')>", object("datetime.date", "x")],
    ["<datetime.timedelta('x')>", object("datetime.timedelta", "x")],
    ["<uuid.UUID()>", object("uuid.UUID")],
    ["<collections.deque((), 5)>", object("collections.deque", new PyTuple([]), 5n)],
    ["<<os.x()>(1)>", new PyObject(object("os.x"), [1n])],
  ])("shows %s", (text, value) => {
    expect(pyRepr(value)).toBe(text);
  });

  test("shows all that is known of an object", () => {
    const value = new PyObject(new PyGlobal("app", "Box"), [1n], new PyDict([["size", 2n]]));
    value.items.push("item");
    value.entries = new PyDict([["key", 3n]]);
    value.state = new PyDict([["colour", "red"]]);
    expect(pyRepr(value)).toBe("<app.Box(1, size=2) ['item'] {'key': 3} {'colour': 'red'}>");
  });

  test("shows three dots for what contains itself", () => {
    const list: PickleValue[] = [];
    const dict = new PyDict([["list", list]]);
    const value = object("app.Box", list);
    list.push(list, dict, new PyTuple([list]), value);
    expect(pyRepr(list)).toBe("[[...], {'list': [...]}, ([...],), <app.Box([...])>]");
  });

  test.each<[maxLength: number, text: string]>([
    [6, "['a😀b'..."],
    [5, "['a😀b..."],
    [4, "['a😀..."],
    [3, "['a..."],
    [0, "..."],
    [14, "['a😀b', 'cdefg..."],
    [17, "['a😀b', 'cdefgh']"],
  ])("cuts after %d characters, never through one", (maxLength, text) => {
    expect(pyRepr(["a😀b", "cdefgh"], { maxLength })).toBe(text);
  });

  test("cuts a long value without going through all of it", () => {
    const long = "'\n".repeat(10_000_000);
    const values = [long, Buffer.from(long), [long, long], new PyDict([[long, long]])];
    const start = performance.now();
    for (let round = 0; round < 20; round += 1) {
      for (const value of values) expect(pyRepr(value, { maxLength: 75 })).toHaveLength(78);
    }
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test("cuts after a million characters when nothing else is asked", () => {
    let value: PickleValue = "x".repeat(1_000);
    for (let level = 0; level < 50; level += 1) value = [value, value];
    expect(pyRepr(value)).toHaveLength(1_000_003);
  });
});
