import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { utcText, zonedText } from "../../src/cron/instant-text.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { formatInstant } from "../../src/cron/zone-luxon.ts";

const zones = openZoneData({ choice: "builtin" });

describe("instants as ISO text", () => {
  test.each([
    ["America/New_York", "2026-03-08T06:59:59Z", "2026-03-08T01:59:59-05:00"],
    ["America/New_York", "2026-03-08T07:00:00Z", "2026-03-08T03:00:00-04:00"],
    ["Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T05:45:00+05:45"],
    ["UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00"],
  ])("in %s %s is %s", (name, utc, local) => {
    const seconds = Date.parse(utc) / 1000;
    expect([utcText(seconds), zonedText(seconds, zones.find(name))]).toEqual([utc, local]);
  });

  test("agree with what luxon prints from the same data", () => {
    const names = fc.constantFrom(
      "Europe/London",
      "Australia/Lord_Howe",
      "Antarctica/Troll",
      "Africa/Casablanca",
    );
    fc.assert(
      fc.property(names, fc.integer({ min: 0, max: 4_000_000_000 }), (name, seconds) => {
        const zone = zones.find(name);
        const printed = formatInstant(seconds, zone, "yyyy-MM-dd'T'HH:mm:ssZZ");
        expect(zonedText(seconds, zone)).toBe(printed);
      }),
    );
  });
});
