import { describe, expect, test } from "bun:test";
import { assert, constantFrom, nat, property } from "fast-check";
import { SPLITTERS } from "./message-splitter.ts";
import type { Protocol } from "./message-splitter.ts";

function redis(...words: string[]): Buffer {
  const bulk = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return Buffer.from(`*${words.length}\r\n${bulk.join("")}`);
}

function mysql(sequence: number, body: string): Buffer {
  const head = Buffer.alloc(4);
  head.writeUIntLE(Buffer.byteLength(body, "latin1"), 0, 3);
  head[3] = sequence;
  return Buffer.concat([head, Buffer.from(body, "latin1")]);
}

function postgres(letter: string, body: string): Buffer {
  const head = Buffer.alloc(5);
  head.write(letter);
  head.writeUInt32BE(4 + body.length, 1);
  return Buffer.concat([head, Buffer.from(body)]);
}

const MESSAGES: ReadonlyArray<[Protocol, string, Buffer]> = [
  ["redis", "PING", redis("ping")],
  ["redis", "SCRIPT LOAD", redis("script", "load", "return 1\r\n")],
  ["redis", "SET", redis("SET", "ключ", "*3\r\n$3\r\nGET\r\n")],
  ["mysql", "COM_QUERY SELECT 1", mysql(0, "\u0003SELECT 1")],
  ["mysql", "COM_PING", mysql(0, "\u000e")],
  ["mysql", "", mysql(1, "greeting")],
  ["postgres", "Query SELECT 1", postgres("Q", "SELECT 1\0")],
  ["postgres", "Sync", postgres("S", "")],
  ["postgres", "", postgres("p", "SCRAM\0")],
  ["postgres", "", Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])],
  ["http", "GET /a?b=c", Buffer.from("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n")],
  ["http", "POST /a", Buffer.from("POST /a HTTP/1.1\r\nContent-Length: 6\r\n\r\n\r\n\r\nxx")],
];

describe("a splitter", () => {
  test.each(MESSAGES)("of %s knows %p", (protocol, name, bytes) => {
    const next = Buffer.from("more");
    expect(SPLITTERS[protocol](Buffer.concat([bytes, next]))).toEqual({ name, bytes });
  });

  test("waits until a message is whole, wherever it is cut", () => {
    const cases = constantFrom(...MESSAGES);
    assert(
      property(cases, nat(), ([protocol, , bytes], cut) => {
        expect(SPLITTERS[protocol](bytes.subarray(0, cut % bytes.length))).toBeNull();
      }),
    );
  });
});
