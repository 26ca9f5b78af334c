import { describe, expect, test } from "bun:test";
import { asRows, asStatus } from "../../src/cli/answers.ts";
import { HEALTHY } from "./status-document.ts";

describe("a daemon's answer", () => {
  test("of this version is taken as it is", () => {
    const document: unknown = JSON.parse(JSON.stringify(HEALTHY));
    expect(asStatus(document)).toEqual(HEALTHY);
    expect(asRows([])).toEqual([]);
  });

  test.each([null, "pong", {}, { ...HEALTHY, next: undefined }, { ...HEALTHY, daemon: null }])(
    "of another version is told as such: %#",
    (document) => {
      expect(() => asStatus(document)).toThrow("another version than btu");
    },
  );

  test.each([null, {}, [null], [{ id: "x" }]])("that is no list is told as such: %j", (rows) => {
    expect(() => asRows(rows)).toThrow("another version than btu");
  });
});
