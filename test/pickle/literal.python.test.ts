import { afterAll, describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseLiteral } from "../../src/pickle/literal.ts";
import { pyRepr } from "../../src/pickle/repr.ts";
import { LiteralError } from "../../src/pickle/text-error.ts";
import { values } from "../support/arbitrary-value.ts";
import { plainOf, sortSets } from "../support/plain-value.ts";
import { PythonPeer, pythonMinor } from "../support/python-peer.ts";
import type { Attempt } from "../support/python-peer.ts";

const TOKENS = [
  ...Array.from("()[]{},:-+#\\ \n\t\f'\""),
  ..."() [] {} , , : 1 0 00 01 1. .5 1e5 1_0 0x1f 0o7 0b1 1j 0_0 1__0 1_ ... + - -".split(" "),
  ..."'a' \"b\" b'c' r'\\' '''d''' '''e\nf''' u'g' f'h' '\\n' '\\x41' '\\777' b'\\777' '\\q'".split(
    " ",
  ),
  ..."None True False set() set set( x true nan if not".split(" "),
  "'\\N{DIGIT ONE}'",
  "'\\ud83d'",
  "'\\ude00'",
  "'a\\\nb'",
  "r'a\\\nb'",
  "\\\n",
  "# c\n",
  "\r\n",
  "\r",
];

const soup = fc.array(fc.constantFrom(...TOKENS), { maxLength: 12 }).map((parts) => parts.join(""));

const written = values.map((value) => pyRepr(value));

/** Text that is nearly a literal. */
const damaged = fc
  .tuple(
    written.filter((text) => text.length < 2_000),
    fc.array(fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom("", ...TOKENS)), { maxLength: 3 }),
  )
  .map(([text, edits]) =>
    edits.reduce((rest, [place, length, token]) => {
      const at = place % (rest.length + 1);
      return rest.slice(0, at) + token + rest.slice(at + length);
    }, text),
  )
  .filter((text) => text.isWellFormed());

/** What Python takes and we refuse, by a part of our message. */
const REFUSED_BY_US =
  /complex numbers are not taken|\.\.\. is not taken|names of characters|two halves of one character|joined line before/;

/** Names in parentheses: Python drops those around `set` before it looks, `(set)()`. */
const SET_IN_PARENTHESES = /\(\s*set\s*\)/;

function attempt(text: string): Attempt | LiteralError {
  try {
    return { plain: plainOf(parseLiteral(text)) };
  } catch (error) {
    if (error instanceof LiteralError) return error;
    throw error;
  }
}

/** How the two readings of a text differ; null when they do not, or as documented. */
function difference(text: string, ours: Attempt | LiteralError, theirs: Attempt): unknown {
  const refusedByUs = ours instanceof LiteralError;
  const refusedByThem = "error" in theirs;
  if (refusedByUs && refusedByThem) return null;
  const documented = refusedByUs && REFUSED_BY_US.test(ours.message);
  if (documented || (refusedByUs && SET_IN_PARENTHESES.test(text))) return null;
  const same =
    "plain" in ours && "plain" in theirs && Bun.deepEquals(ours.plain, sortSets(theirs.plain));
  return same ? null : { text, ours, theirs };
}

/** Older Pythons read signs, blanks and indents in other ways. */
const MINOR_MIN = 10;

describe.skipIf(pythonMinor() < MINOR_MIN)("parseLiteral beside ast.literal_eval", () => {
  const python = new PythonPeer();
  afterAll(() => python.stop());

  test.each([
    ["literals", written, 1_000],
    ["damaged literals", damaged, 3_000],
    ["heaps of tokens", soup, 10_000],
  ])("agrees on %s", async (_name, texts, count) => {
    await fc.assert(
      fc.asyncProperty(fc.array(texts, { minLength: 10, maxLength: 100 }), async (batch) => {
        const theirs = await python.literals(batch);
        const differences = batch.map((text, index) =>
          difference(text, attempt(text), theirs[index]!),
        );
        expect(differences.filter((found) => found !== null)).toEqual([]);
      }),
      { numRuns: count / 50 },
    );
  });
});
