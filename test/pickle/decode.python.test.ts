import { afterAll, describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { decodePickle } from "../../src/pickle/decode.ts";
import { encodePickle } from "../../src/pickle/encode.ts";
import { pyRepr } from "../../src/pickle/repr.ts";
import { values } from "../support/arbitrary-value.ts";
import { plainOf } from "../support/plain-value.ts";
import { PYTHON, PythonPeer } from "../support/python-peer.ts";

/** What to import, and an expression whose `repr` we show alike from a pickle of any protocol. */
const EXPRESSIONS: ReadonlyArray<readonly [setup: string, expression: string]> = [
  ["from datetime import *", "datetime(2024, 2, 29, 23, 59, 58, 123456)"],
  ["from datetime import *", "datetime(1, 1, 1)"],
  ["from datetime import *", "datetime(9999, 12, 31, 0, 0, 0, 1)"],
  ["from datetime import *", "datetime(2024, 2, 29, 1, 2, tzinfo=timezone.utc)"],
  ["from datetime import *", "datetime(2024, 2, 29, tzinfo=timezone(timedelta(hours=-3), 'X'))"],
  ["from datetime import *", "date(2024, 2, 29)"],
  ["from datetime import *", "time(0, 0)"],
  ["from datetime import *", "time(23, 59, 58, 999999, tzinfo=timezone.utc)"],
  ["from datetime import *", "timedelta(days=-1, seconds=2, microseconds=3)"],
  ["from datetime import *", "timedelta(0)"],
  ["from datetime import *", "[timedelta(weeks=9), timezone(timedelta(minutes=1))]"],
  ["from decimal import *", "Decimal('-12345.67890')"],
  ["from decimal import *", "{'a': Decimal('NaN'), 'b': Decimal('1E+9')}"],
  ["from uuid import *", "UUID('12345678-1234-5678-1234-567812345678')"],
  ["from uuid import *", "UUID(int=0)"],
  ["from collections import *", "defaultdict(list, {'a': [1]})"],
  ["from collections import *", "defaultdict(None)"],
  ["from collections import *", "deque([1, 2])"],
  ["", "1+2j"],
  ["", "complex('nan-infj')"],
  ["", "-0.0-1.5j"],
  ["", "3j"],
  ["", "bytearray(b'abc\\xff')"],
  ["", "bytearray()"],
  ["", "range(3)"],
  ["", "range(1, 10, 2)"],
  ["", "Ellipsis"],
  ["", "NotImplemented"],
  ["", "[int, list, dict]"],
  ["", "b''"],
  ["", "[frozenset(), frozenset([1]), set(), {b'x'}]"],
  ["a = []; a.append(a)", "a"],
  ["a = {}; a['a'] = a", "a"],
  ["a = ([],); a[0].append(a)", "a"],
  ["b = b'x' * 300", "[b, b, {b: (b,)}]"],
  ["", "[float('inf'), float('-inf'), float('nan'), -0.0, 1e16, 1e-5]"],
  ["", "list(range(3000))"],
  ["", "{str(i): i for i in range(3000)}"],
  ["", "'x' * 70000"],
];

describe.skipIf(PYTHON === null)("pickles of CPython", () => {
  const python = new PythonPeer();
  afterAll(() => python.stop());

  test("read back the same in every protocol", async () => {
    await fc.assert(
      fc.asyncProperty(values, async (value) => {
        const pickles = Object.entries(await python.pickles(encodePickle(value)));
        const decoded = pickles.map(([protocol, base64]) => [
          protocol,
          plainOf(decodePickle(Buffer.from(base64, "base64"))),
        ]);
        expect(decoded).toEqual(pickles.map(([protocol]) => [protocol, plainOf(value)]));
      }),
      { numRuns: 500 },
    );
  });

  test.each(EXPRESSIONS)("%s %s is shown as Python shows it", async (setup, expression) => {
    const { repr, pickles } = await python.evaluate({ setup, expression });
    const shown = Object.entries(pickles).map(([protocol, base64]) => [
      protocol,
      pyRepr(decodePickle(Buffer.from(base64, "base64"))),
    ]);
    expect(shown).toEqual(Object.keys(pickles).map((protocol) => [protocol, repr]));
  });
});
