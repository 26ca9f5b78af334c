import { afterAll, describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { encodePickle } from "../../src/pickle/encode.ts";
import { pyRepr } from "../../src/pickle/repr.ts";
import { PyDict, PySet, PyTuple } from "../../src/pickle/value.ts";
import type { PickleValue } from "../../src/pickle/value.ts";
import { orderedValues, values } from "../support/arbitrary-value.ts";
import { plainOf, sortSets } from "../support/plain-value.ts";
import { PYTHON, PythonPeer } from "../support/python-peer.ts";

function many(size: number): bigint[] {
  return Array.from({ length: size }, (_, index) => BigInt(index));
}

describe.skipIf(PYTHON === null)("CPython", () => {
  const python = new PythonPeer();
  afterAll(() => python.stop());

  async function readByPython(value: PickleValue): Promise<unknown> {
    return sortSets(await python.loads(encodePickle(value)));
  }

  test("reads every value that we encode", async () => {
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        expect(await readByPython(value)).toEqual(plainOf(value));
      }),
      { numRuns: 500 },
    );
  });

  test("shows every value as we do", async () => {
    await fc.assert(
      fc.asyncProperty(orderedValues, async (value) => {
        expect(pyRepr(value)).toBe(await python.repr(encodePickle(value)));
      }),
      { numRuns: 500 },
    );
  });

  const sizes = [0, 1, 2, 3, 4, 255, 256, 999, 1_000, 1_001, 2_000, 2_001, 2_039, 2_040, 65_536];
  const containers: Array<[name: string, make: (size: number) => PickleValue]> = [
    ["list", (size) => many(size)],
    ["tuple", (size) => new PyTuple(many(size))],
    ["dict", (size) => new PyDict(many(size).map((item) => [item, null]))],
    ["set", (size) => new PySet(many(size))],
    ["frozenset", (size) => new PySet(many(size), { frozen: true })],
    ["str", (size) => "x".repeat(size)],
    ["wide str", (size) => "é".repeat(size)],
    ["bytes", (size) => new Uint8Array(size).fill(7)],
    ["int", (size) => 2n ** BigInt(size)],
    ["negative int", (size) => -(2n ** BigInt(size))],
  ];

  test.each(containers)("reads a %s of any size", async (_name, make) => {
    for (const size of sizes) {
      expect(await readByPython(make(size))).toEqual(plainOf(make(size)));
    }
  });

  test("reads the deepest value that we encode", async () => {
    let value: PickleValue = [];
    for (let depth = 1; depth < 1_000; depth += 1) value = [value];
    expect(await python.depth(encodePickle(value))).toBe(1_000);
  });
});
