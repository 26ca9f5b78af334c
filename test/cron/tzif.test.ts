import { describe, expect, test } from "bun:test";

import { readTzif, writtenOut } from "../../src/cron/tzif.ts";
import { offsetAt, zoneTable } from "../../src/cron/zone.ts";
import { zoneFileBytes } from "../support/tzif.ts";
import type { ZoneFile } from "../support/tzif.ts";

const at = (text: string): number => Date.parse(text) / 1000;

function tableOf(file: ZoneFile) {
  return zoneTable(writtenOut(readTzif(zoneFileBytes(file))));
}

/** The instants of a year at which the offset changes, and the offsets from then on. */
function changesOf(rule: string, year: number): string[] {
  const table = tableOf({ offsets: [0], rule });
  return Array.from(table.transitions)
    .filter((instant) => new Date(instant * 1000).getUTCFullYear() === year)
    .map((instant) => {
      const hours = offsetAt(table, instant) / 3600;
      return `${new Date(instant * 1000).toISOString().slice(0, 16)}Z ${hours}`;
    });
}

describe("time zone file", () => {
  test("gives offsets before, between and after its changes", () => {
    const table = tableOf({ transitions: [1000, 2000], offsets: [3600, 7200, 1800] });
    expect([999, 1000, 1999, 2000, 1e10].map((instant) => offsetAt(table, instant))).toEqual([
      3600, 7200, 7200, 1800, 1800,
    ]);
  });

  test("tells nothing of the time before 1970", () => {
    const table = tableOf({ transitions: [-1e9, 1000], offsets: [60, 3600, 7200] });
    expect(Array.from(table.transitions)).toEqual([1000]);
    expect(offsetAt(table, 0)).toBe(3600);
  });

  test("leaves out changes that change no offset", () => {
    const table = tableOf({ transitions: [1000, 2000, 3000], offsets: [0, 0, 3600, 3600] });
    expect(Array.from(table.transitions)).toEqual([2000]);
  });

  test("goes on by its rule after its last change", () => {
    const last = at("2026-06-01T00:00:00Z");
    const table = tableOf({
      transitions: [last],
      offsets: [0, -14_400],
      rule: "EST5EDT,M3.2.0,M11.1.0",
    });
    expect(table.transitions[1]).toBe(at("2026-11-01T06:00:00Z"));
    expect(table.transitions.at(-1)).toBe(at("2099-11-01T06:00:00Z"));
  });

  test.each([
    ["EST5EDT,M3.2.0,M11.1.0", 2026, ["2026-03-08T07:00Z -4", "2026-11-01T06:00Z -5"]],
    ["CET-1CEST,M3.5.0,M10.5.0/3", 2027, ["2027-03-28T01:00Z 2", "2027-10-31T01:00Z 1"]],
    ["IST-1GMT0,M10.5.0,M3.5.0/1", 2026, ["2026-03-29T01:00Z 1", "2026-10-25T01:00Z 0"]],
    ["<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, ["2026-03-29T01:00Z -1", "2026-10-25T01:00Z -2"]],
    ["<-04>4<-03>,M9.1.6/24,M4.1.6/24", 2026, ["2026-04-05T03:00Z -4", "2026-09-06T04:00Z -3"]],
    ["EET-2EEST,M3.4.4/50,M10.4.4/50", 2026, ["2026-03-28T00:00Z 3", "2026-10-23T23:00Z 2"]],
    [
      "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
      2026,
      ["2026-04-04T15:00Z 10.5", "2026-10-03T15:30Z 11"],
    ],
    ["AAA3BBB,J60/0,J300/0", 2028, ["2028-03-01T03:00Z -2", "2028-10-27T02:00Z -3"]],
    ["AAA3BBB,59/0,299/0", 2028, ["2028-02-29T03:00Z -2", "2028-10-26T02:00Z -3"]],
  ])("reads the rule %s", (rule, year, changes) => {
    expect(changesOf(rule, year)).toEqual(changes);
  });

  test("takes summer time all year as no change at all", () => {
    const table = tableOf({ offsets: [0], rule: "XXX3EDT4,0/0,J365/23" });
    expect(offsetAt(table, at("2026-07-01T00:00:00Z"))).toBe(-14_400);
    expect(table.transitions.length).toBe(1);
  });

  test.each([
    ["is empty", new Uint8Array()],
    ["is something else", Buffer.from("not a zone ".repeat(20))],
    ["is cut off in its header", zoneFileBytes({ offsets: [0] }).subarray(0, 60)],
    [
      "is cut off in its table",
      zoneFileBytes({ transitions: [1, 2], offsets: [0, 1, 2] }).subarray(0, 110),
    ],
    ["is cut off in its rule", zoneFileBytes({ offsets: [0], rule: "EST5" }).subarray(0, -3)],
    ["counts leap seconds", zoneFileBytes({ offsets: [0], leaps: 27 })],
    ["has no offset", zoneFileBytes({ offsets: [] })],
    ["has an index out of range", zoneFileBytes({ transitions: [1, 2, 3], offsets: [0, 60] })],
    ["has a malformed rule", zoneFileBytes({ offsets: [0], rule: "EST5EDT" })],
  ])("is refused when it %s", (_case, bytes) => {
    expect(() => writtenOut(readTzif(bytes))).toThrow(Error);
  });
});
