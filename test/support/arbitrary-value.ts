/** Random Python values. */
import * as fc from "fast-check";
import { PyDict, PySet, PyTuple } from "../../src/pickle/value.ts";
import type { PickleValue } from "../../src/pickle/value.ts";

const EDGES = [
  0n,
  1n,
  255n,
  256n,
  65_535n,
  65_536n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n,
]
  .flatMap((edge) => [edge, edge - 1n, edge + 1n])
  .flatMap((edge) => [edge, -edge]);

const ints = fc.oneof(
  fc.bigInt({ min: -300n, max: 300n }),
  fc.constantFrom(...EDGES),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  fc.bigInt({ min: -(2n ** 2100n), max: 2n ** 2100n }),
);

const floats = fc.oneof(
  fc.double(),
  fc.integer().map(Number),
  fc.constantFrom(0, -0, 1e16, 9999999999999998, 1e-4, 1e-5, 123456789012345680, 5e-324, NaN),
);

/**
 * Characters of every kind that Python shows in its own way, all of them known since Unicode 9. The surrogates cannot meet
 * to form a pair, which would be one character here and two in Python.
 */
const characters = fc.constantFrom(
  ...Array.from(
    "'\"\\\n\r\t\0\x07\x7f a\x80\xa0\xad\xe9\u0301\u06dd\u200b\u2028\u3000\u65e5\ue000\ufeff\uffff",
  ),
  ...Array.from("\u{1d173}\u{1f600}\u{e0001}\u{10ffff}"),
  "\ud800.",
  "\udead.",
);

const knownTexts = fc.oneof(
  fc.string(),
  fc.string({ unit: characters }),
  fc.constantFrom("x".repeat(255), "x".repeat(256), "é".repeat(127), "é".repeat(128), "\udfff"),
);

const bytes = fc.uint8Array({ maxLength: 300 });

/** None, bools, numbers, text and bytes. */
const leaves = fc.oneof(fc.constantFrom(null, true, false), ints, floats, knownTexts, bytes);

const keys: fc.Arbitrary<PickleValue> = fc.letrec<{ key: PickleValue }>((tie) => ({
  key: fc.oneof(
    { depthSize: "small", maxDepth: 3 },
    leaves,
    fc.string({ unit: "binary" }),
    fc.array(tie("key"), { maxLength: 4 }).map((items) => new PyTuple(items)),
    fc.array(tie("key"), { maxLength: 4 }).map((items) => new PySet(items, { frozen: true })),
  ),
})).key;

const orderedKeys = fc.oneof(
  leaves,
  fc.array(leaves, { maxLength: 3 }).map((items) => new PyTuple(items)),
);

/** Values whose texts and sets are the given ones. */
function valuesWith(
  key: fc.Arbitrary<PickleValue>,
  set: fc.Arbitrary<PySet>,
): fc.Arbitrary<PickleValue> {
  return fc.letrec<{ value: PickleValue }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", maxDepth: 5 },
      key,
      fc.array(tie("value"), { maxLength: 6 }),
      fc.array(tie("value"), { maxLength: 6 }).map((items) => new PyTuple(items)),
      fc.array(fc.tuple(key, tie("value")), { maxLength: 6 }).map((pairs) => new PyDict(pairs)),
      set,
    ),
  })).value;
}

function setsOf(key: fc.Arbitrary<PickleValue>, maxLength: number): fc.Arbitrary<PySet> {
  return fc
    .tuple(fc.array(key, { maxLength }), fc.boolean())
    .map(([members, frozen]) => new PySet(members, { frozen }));
}

/** Any value that can be encoded. */
export const values: fc.Arbitrary<PickleValue> = valuesWith(keys, setsOf(keys, 6));

/** Values that every Python shows alike: sets have one member at most, characters are old. */
export const orderedValues: fc.Arbitrary<PickleValue> = valuesWith(
  orderedKeys,
  setsOf(orderedKeys, 1),
);
