import { afterAll, describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { parseJsonExact } from "../../src/pickle/json.ts";
import { plainOf } from "../support/plain-value.ts";
import { PYTHON, PythonPeer } from "../support/python-peer.ts";
import type { Attempt } from "../support/python-peer.ts";

describe.skipIf(PYTHON === null)("parseJsonExact beside json.loads", () => {
  const python = new PythonPeer();
  afterAll(() => python.stop());

  test("gives the same values", async () => {
    const number = fc
      .stringMatching(/^-?(?:0|[1-9][0-9]{0,30})(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?$/)
      .map((text) => text.trim());
    const text = fc.oneof(
      fc.json(),
      number,
      fc.string({ unit: "binary" }).map((s) => JSON.stringify(s)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 20, maxLength: 50 }), async (texts) => {
        const theirs = await python.jsons(texts);
        const ours = texts.map((one): Attempt => ({ plain: plainOf(parseJsonExact(one)) }));
        expect(ours).toEqual(theirs);
      }),
    );
  });
});
