import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { MessageSplitter } from "../../src/control/message-splitter.ts";

const BYTES_MAX = 64 * 1024;

function bytes(text: string): Buffer {
  return Buffer.from(text);
}

/** A message of just this many bytes. */
function messageOf(length: number): string {
  const frame = '{"request_type":""}';
  return frame.replace('""', `"${"x".repeat(length - frame.length)}"`);
}

const anyObject = fc
  .dictionary(
    fc.string({ unit: "binary" }),
    fc.json().map((text) => JSON.parse(text) as unknown),
  )
  .map((object) => JSON.stringify(object));
const anyBlank = fc.constantFrom("", "\n", " ", "\r\n\t");

describe("MessageSplitter", () => {
  test("gives the same messages however their bytes are split", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anyObject, anyBlank), { maxLength: 6 }),
        fc.array(fc.nat(200)),
        (parts, cuts) => {
          const all = bytes(parts.map(([object, blank]) => object + blank).join(""));
          const splitter = new MessageSplitter();
          const found: string[] = [];
          let start = 0;
          for (const cut of [...cuts, all.length]) {
            found.push(...splitter.push(all.subarray(start, start + cut)));
            start += cut;
          }
          expect(splitter.fault).toBeNull();
          expect(splitter.isHalfway).toBeFalse();
          expect(found).toEqual(parts.map(([object]) => object));
        },
      ),
    );
  });

  test("never throws, and keeps no more than a message may have", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }), (chunks) => {
        const splitter = new MessageSplitter();
        for (const chunk of chunks) splitter.push(chunk);
        expect(splitter.fault === null || !splitter.isHalfway).toBeTrue();
      }),
    );
  });

  test("takes a message up to 64 KiB", () => {
    const message = messageOf(BYTES_MAX);
    expect(new MessageSplitter().push(bytes(message))).toEqual([message]);
  });

  test("refuses a longer one, whether it comes in one piece or without an end", () => {
    const [whole, endless] = [new MessageSplitter(), new MessageSplitter()];
    expect(whole.push(bytes(messageOf(BYTES_MAX + 1)))).toEqual([]);
    expect(whole.fault).toBe("the message is too long");
    for (let sent = 0; sent < BYTES_MAX; sent += 1_024) endless.push(bytes("{".repeat(1_024)));
    expect([endless.fault, endless.isHalfway]).toEqual(["the message is too long", false]);
  });

  test("still gives what came before the fault, and nothing after it", () => {
    const splitter = new MessageSplitter();
    expect(splitter.push(bytes('{"a":1} nonsense {"b":2}'))).toEqual(['{"a":1}']);
    expect(splitter.fault).toBe("expected a JSON object");
    expect(splitter.push(bytes('{"c":3}'))).toEqual([]);
  });

  test.each(['{"a":"}"}', '{"a":"\\"}"}', '{"a":{"b":"{"}}', '{"ключ":"😀}"}'])(
    "knows that braces in texts close nothing: %s",
    (message) => {
      const [first, rest] = [message.slice(0, 5), message.slice(5)];
      const splitter = new MessageSplitter();
      expect(splitter.push(bytes(first))).toEqual([]);
      expect(splitter.push(bytes(rest))).toEqual([message]);
    },
  );
});
