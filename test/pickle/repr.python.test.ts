import { afterAll, describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { encodePickle } from "../../src/pickle/encode.ts";
import { pyRepr } from "../../src/pickle/repr.ts";
import { PYTHON, PythonPeer } from "../support/python-peer.ts";

describe.skipIf(PYTHON === null)("pyRepr beside CPython", () => {
  const python = new PythonPeer();
  afterAll(() => python.stop());

  test("escapes the same characters", async () => {
    const letters = await python.characters();
    const wrong: string[] = [];
    for (const [code, letter] of Array.from(letters).entries()) {
      const char = String.fromCodePoint(code);
      const shown = pyRepr(char);
      const escaped = shown !== `'${char}'` && shown !== `"${char}"` && shown !== String.raw`'\\'`;
      if (letter !== "u" && escaped !== (letter === "e")) wrong.push(code.toString(16));
    }
    expect(letters).toHaveLength(0x110000);
    expect(wrong).toEqual([]);
  });

  test("shows the same digits of floats", async () => {
    const exponents = fc.integer({ min: -330, max: 310 });
    const digits = fc.bigInt({ min: 0n, max: 10n ** 17n });
    const floats = fc.oneof(
      fc.double(),
      fc.tuple(digits, exponents).map(([whole, exponent]) => Number(`${whole}e${exponent}`)),
      exponents.map((exponent) => Number(`1e${exponent}`)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(floats, { minLength: 20, maxLength: 100 }), async (list) => {
        expect(pyRepr(list)).toBe(await python.repr(encodePickle(list)));
      }),
    );
  });
});
