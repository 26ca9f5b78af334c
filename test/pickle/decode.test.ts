import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { PickleError } from "../../src/pickle/decode-error.ts";
import type { DecodeLimits } from "../../src/pickle/decode-limits.ts";
import { decodePickle } from "../../src/pickle/decode.ts";
import { encodePickle } from "../../src/pickle/encode.ts";
import { OP } from "../../src/pickle/opcodes.ts";
import { pyRepr } from "../../src/pickle/repr.ts";
import { PyDict, PyGlobal, PySet, PyTuple } from "../../src/pickle/value.ts";
import type { PickleValue, PyObject } from "../../src/pickle/value.ts";
import fixture from "../fixtures/rq/payloads.json";
import { values } from "../support/arbitrary-value.ts";
import { plainOf } from "../support/plain-value.ts";

interface Payload {
  readonly repr: string;
  readonly pickle: Readonly<Record<string, string>>;
}

const payloads: Readonly<Record<string, Payload>> = fixture.payloads;

const pickles = Object.entries(payloads).flatMap(([name, { repr, pickle }]) =>
  Object.entries(pickle).map(
    ([protocol, base64]) => [name, Number(protocol), Buffer.from(base64, "base64"), repr] as const,
  ),
);

/** What Python shows by address or by type is shown by name. */
const OWN_TEXT: Readonly<Record<string, string>> = {
  "job:method": "('times', <probe_tasks.Thing() {'n': 6}>, (7,), {})",
  function_ref: "<probe_tasks.ok>",
  class_ref: "<probe_tasks.Thing>",
  instance: "<probe_tasks.Thing() {'n': 6}>",
  exception: "<ValueError('boom')>",
};

/** A pickle in parts: opcodes as numbers, arguments as text (Latin-1) or bytes. */
function bytesOf(...parts: ReadonlyArray<number | string | Uint8Array>): Uint8Array {
  return Buffer.concat(
    parts.map((part) =>
      typeof part === "number"
        ? Buffer.of(part)
        : Buffer.from(part as Uint8Array & string, "latin1"),
    ),
  );
}

function errorOf(bytes: Uint8Array, limits?: Partial<DecodeLimits>): PickleError {
  try {
    decodePickle(bytes, limits);
  } catch (error) {
    if (error instanceof PickleError) return error;
    throw error;
  }
  throw new Error("the pickle was taken");
}

describe("decodePickle", () => {
  test.each(pickles)("reads %s in protocol %d", (name, protocol, bytes, repr) => {
    // Only protocol 4 and 5 keep the fold.
    const lost = name === "datetime:fold" && protocol < 4;
    const expected = OWN_TEXT[name] ?? (lost ? repr.replace(", fold=1", "") : repr);
    expect(pyRepr(decodePickle(bytes), { maxLength: 400 })).toBe(expected);
  });

  test("gives back what was encoded", () => {
    fc.assert(
      fc.property(values, (value) => {
        expect(plainOf(decodePickle(encodePickle(value)))).toEqual(plainOf(value));
      }),
      { numRuns: 500 },
    );
  });

  test("keeps what the memo shares shared", () => {
    const base64 = payloads["shared_list"]!.pickle["4"]!;
    const [first, second] = decodePickle(Buffer.from(base64, "base64")) as PickleValue[];
    expect(first).toBe(second);
  });

  test("keeps classes and calls as inert records", () => {
    const value = decodePickle(bytesOf("cos\nsystem\n(S'rm -rf /'\ntR.")) as PyObject;
    expect(value.callee).toEqual(new PyGlobal("os", "system"));
    expect(value.args).toEqual(["rm -rf /"]);
    expect(pyRepr(value)).toBe("<os.system('rm -rf /')>");
  });

  test("reads a key named __proto__ as a key", () => {
    const dict = decodePickle(encodePickle(new PyDict([["__proto__", 1n]]))) as PyDict;
    expect([...dict]).toEqual([["__proto__", 1n]]);
    expect(Object.keys(dict.toRecord())).toEqual(["__proto__"]);
  });

  test("ignores what follows the pickle", () => {
    expect(decodePickle(bytesOf("N.garbage"))).toBeNull();
  });

  test.each([
    ["text of Python 2", bytesOf("S'a\\x41\\101\\n'\n."), "aAA\n"],
    ["bytes of Python 2", bytesOf("U\x03a\xffb."), new Uint8Array(Buffer.of(0x61, 0xff, 0x62))],
    ["a long of Python 2", bytesOf("L123L\n."), 123n],
    ["bools of protocol 0", bytesOf("(I01\nI00\nI0\nt."), new PyTuple([true, false, 0n])],
    ["a dict of protocol 0", bytesOf("(dS'a'\nI1\ns."), new PyDict([["a", 1n]])],
    ["a set of Python 2", bytesOf("c__builtin__\nset\n((lI1\natR."), new PySet([1n])],
    ["surrogates as two escapes", bytesOf("V\\ud83d\\ude00\n."), "😀"],
    ["an escaped backslash", bytesOf("V\\u005cu0041\n."), "\\u0041"],
    ["a byte order mark", bytesOf(OP.SHORT_BINUNICODE, 3, "\xef\xbb\xbf."), "\ufeff"],
    ["POP of a mark", bytesOf("N(0."), null],
    ["DUP", bytesOf("N2\x86."), new PyTuple([null, null])],
  ])("reads %s", (_name, bytes, expected) => {
    expect(plainOf(decodePickle(bytes))).toEqual(plainOf(expected));
  });

  test.each<[shown: string, bytes: Uint8Array]>([
    ["<app.Box(1)>", bytesOf("(K\x01iapp\nBox\n.")],
    ["<app.Box(1)>", bytesOf("(capp\nBox\nK\x01o.")],
    ["<app.Box(1)>", bytesOf("ccopyreg\n__newobj__\n(capp\nBox\nK\x01tR.")],
    ["<app.Box(1, size=2)>", bytesOf("capp\nBox\nK\x01\x85}U\x04sizeK\x02s\x92.")],
    ["<app.Box() [1, 2] {'a': 3}>", bytesOf("capp\nBox\n)\x81(K\x01K\x02eU\x01aK\x03s.")],
    ["<app.Box() [1]>", bytesOf("capp\nBox\n)\x81(K\x01\x90.")],
    ["<app.Box({})>", bytesOf("ccopy_reg\n_reconstructor\n(capp\nBox\nc__builtin__\ndict\n}tR.")],
    ["<pickle.persistent_load('id')>", bytesOf("Pid\n.")],
    ["<pickle.persistent_load(7)>", bytesOf("K\x07Q.")],
    ["<copyreg.extension 258>", bytesOf("\x83\x02\x01.")],
    ["<app.Box.make>", bytesOf("c__builtin__\ngetattr\n(capp\nBox\nU\x04maketR.")],
    ["<class 'str'>", bytesOf("c__builtin__\nunicode\n.")],
    ["<__builtin__.unicode>", bytesOf("\x80\x03c__builtin__\nunicode\n.")],
    ["<_codecs.encode('x', 'rot13')>", bytesOf("c_codecs\nencode\n(U\x01xU\x05rot13tR.")],
  ])("keeps %s as an inert record", (shown, bytes) => {
    expect(pyRepr(decodePickle(bytes))).toBe(shown);
  });

  test.each<[message: string, bytes: Uint8Array]>([
    ["at byte 0, end of input: no STOP; the pickle is cut off", bytesOf("")],
    ["at byte 1, end of input: no STOP; the pickle is cut off", bytesOf("N")],
    ["at byte 0, STOP: nothing on the stack", bytesOf(".")],
    ["at byte 0, PROTO: protocol 6; known are 0 to 5", bytesOf("\x80\x06N.")],
    ["at byte 1, 0xff: no opcode of protocols 0 to 5", bytesOf("N\xffN.")],
    ["at byte 0, BININT1: needs 1 bytes, 0 are left; the pickle is cut off", bytesOf("K")],
    ["at byte 3, TUPLE: no MARK on the stack", bytesOf("]N\x94t.")],
    ["at byte 2, APPEND: cannot append to a None", bytesOf("NNa.")],
    ["at byte 3, SETITEM: a list cannot be a key: Python calls it unhashable", bytesOf("}]Ns.")],
    ["at byte 0, BINGET: nothing in the memo under 5", bytesOf("h\x05.")],
    ['at byte 0, GET: "x" is no index of the memo', bytesOf("gx\n.")],
    ['at byte 0, INT: "1x" is no int', bytesOf("I1x\n.")],
    ['at byte 0, FLOAT: "x" is no float', bytesOf("Fx\n.")],
    ["at byte 0, STRING: the text is not in quotes", bytesOf("Sx\n.")],
    [
      "at byte 0, STRING: no newline at the end of the argument; the pickle is cut off",
      bytesOf("S'x."),
    ],
    ["at byte 0, UNICODE: a broken escape in the text", bytesOf("V\\u12\n.")],
    ["at byte 0, SHORT_BINUNICODE: the text is not UTF-8", bytesOf("\x8c\x01\xff.")],
    ["at byte 2, REDUCE: the arguments are a None, not a tuple", bytesOf("NNR.")],
    ["at byte 3, NEWOBJ_EX: the named arguments are a None, not a dict", bytesOf("NNN\x92.")],
    ["at byte 2, STACK_GLOBAL: a None and a None name nothing", bytesOf("NN\x93.")],
    ["at byte 2, BUILD: cannot set the state of a None", bytesOf("NNb.")],
    ["at byte 0, NEXT_BUFFER: its buffer was sent beside the pickle, not in it", bytesOf("\x97.")],
    ["at byte 1, APPEND: nothing on the stack", bytesOf("(a.")],
    ["at byte 3, SETITEMS: a key without a value", bytesOf("}(Nu.")],
    ["at byte 1, OBJ: no class above the mark", bytesOf("(o.")],
    ["at byte 3, ADDITEMS: cannot add members to a None", bytesOf("N(N\x90.")],
  ])("refuses %s", (message, bytes) => {
    expect(errorOf(bytes).message).toBe(`decode pickle ${message}`);
  });

  test.each<[name: string, bytes: Uint8Array]>([
    ["BINUNICODE8", bytesOf(OP.BINUNICODE8, "\xff\xff\xff\xff\xff\xff\xff\xff", "x.")],
    ["BINBYTES8", bytesOf(OP.BINBYTES8, "\x00\x00\x00\x00\x01\x00\x00\x00", "x.")],
    ["BYTEARRAY8", bytesOf(OP.BYTEARRAY8, "\x00\x00\x00\x40\x00\x00\x00\x00", "x.")],
    ["BINUNICODE", bytesOf(OP.BINUNICODE, "\xff\xff\xff\xff", "x.")],
    ["LONG4", bytesOf(OP.LONG4, "\xff\xff\xff\x7f", "x.")],
    ["FRAME", bytesOf(OP.FRAME, "\xff\xff\xff\xff\xff\xff\xff\xff", "N.")],
  ])("refuses a %s that is longer than the input", (opcode, bytes) => {
    const error = errorOf(bytes);
    expect(error.opcode).toBe(opcode);
    expect(error.offset).toBe(0);
    expect(error.message).toContain("the pickle is cut off");
  });

  test.each(["LONG4", "BINSTRING"] as const)("refuses a negative length in %s", (opcode) => {
    expect(errorOf(bytesOf(OP[opcode], "\xff\xff\xff\xff.")).message).toContain("a length of -1");
  });
});

describe("limits of decodePickle", () => {
  const deepTuple = (depth: number): Uint8Array => bytesOf(")", "\x85".repeat(depth - 1), ".");
  const deepList = (depth: number): Uint8Array =>
    bytesOf("]".repeat(depth), "a".repeat(depth - 1), ".");

  test.each<[problem: string, limits: Partial<DecodeLimits>, bytes: Uint8Array]>([
    ["4 bytes, more than the limit of 3", { inputMaxBytes: 3 }, bytesOf("NNN.")],
    ["more than 3 opcodes", { opcodesMax: 3 }, bytesOf("N0N.")],
    ["more than 2 values in the memo", { memoMax: 2 }, bytesOf("]\x94\x94\x94.")],
    ["the value nests deeper than 9 levels", { depthMax: 9 }, deepTuple(10)],
    ["the value nests deeper than 8 levels", { depthMax: 8 }, deepList(10)],
    ["the value nests deeper than 1000 levels", {}, deepTuple(100_000)],
    ["the value needs more than 99 bytes of memory", { memoryMaxBytes: 99 }, bytesOf("]]]].")],
  ])("refuse: %s", (problem, limits, bytes) => {
    expect(errorOf(bytes, limits).message).toEndWith(problem);
  });

  test("a value as deep as allowed is taken", () => {
    expect(decodePickle(deepTuple(9), { depthMax: 9 })).toBeInstanceOf(PyTuple);
    expect(decodePickle(deepList(9), { depthMax: 9 })).toBeArray();
  });

  test("a list that contains itself is taken", () => {
    const list = decodePickle(bytesOf("]\x94h\x00a.")) as PickleValue[];
    expect(list[0]).toBe(list);
    expect(pyRepr(list)).toBe("[[...]]");
  });

  test("depth is found through values shared by many paths", () => {
    // Each level holds the one below twice: 2^900 paths, 900 levels.
    const laughs = bytesOf(")", "2\x86".repeat(899), ".");
    expect(errorOf(laughs, { depthMax: 899 }).message).toEndWith("deeper than 899 levels");
    expect(pyRepr(decodePickle(laughs, { depthMax: 900 }), { maxLength: 10 })).toHaveLength(13);
  });

  test("a key with endless paths costs no endless time", () => {
    const laughs = bytesOf("}", ")", "2\x86".repeat(100), "Ns.");
    expect(errorOf(laughs).message).toEndWith("the keys are too big to be compared");
  });

  test("a big key used again and again costs no endless time", () => {
    const key = bytesOf(OP.BINBYTES, "\x40\x42\x0f\x00", "x".repeat(1_000_000), "\x94");
    expect(errorOf(bytesOf(key, "}", "h\x00Ns".repeat(1_000), ".")).message).toEndWith(
      "the keys are too big to be compared",
    );
  });

  test("a set made again and again from one list takes no endless memory", () => {
    const set = "c__builtin__\nset\n\x94";
    const list = `](${"K\x01".repeat(10_000)}e\x94`;
    const again = "h\x00h\x01\x85R0".repeat(10_000);
    expect(errorOf(bytesOf(set, list, again, "N.")).message).toContain("bytes of memory");
  });

  test("mutilated pickles give a value or a PickleError, soon", () => {
    const sources = pickles.map(([, , bytes]) => bytes).filter((bytes) => bytes.length < 3_000);
    const edit = fc.tuple(fc.nat(), fc.constantFrom("set", "insert", "drop", "copy"), fc.nat(255));
    const mutilated = fc
      .tuple(fc.constantFrom(...sources), fc.array(edit, { minLength: 1, maxLength: 8 }))
      .map(([bytes, edits]) => mutilate(bytes, edits));
    fc.assert(fc.property(fc.oneof(mutilated, fc.uint8Array()), isHarmless), { numRuns: 5_000 });
  });
});

type Edit = readonly [place: number, kind: "set" | "insert" | "drop" | "copy", byte: number];

function mutilate(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const result = [...bytes];
  for (const [place, kind, byte] of edits) {
    const at = place % Math.max(result.length, 1);
    if (kind === "set") result[at] = byte;
    else if (kind === "insert") result.splice(at, 0, byte);
    else if (kind === "drop") result.splice(at, 1 + (byte % 4));
    else result.push(...result.slice(at, at + byte));
  }
  return Uint8Array.from(result);
}

function isHarmless(bytes: Uint8Array): boolean {
  const start = performance.now();
  try {
    pyRepr(decodePickle(bytes));
  } catch (error) {
    if (!(error instanceof PickleError)) throw error;
  }
  return performance.now() - start < 1_000;
}
