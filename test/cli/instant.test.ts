import { describe, expect, test } from "bun:test";
import { parseInstant } from "../../src/cli/instant.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";

const zones = openZoneData({ choice: "builtin" });

function isoOf(text: string, zone = "America/New_York"): string | null {
  const seconds = parseInstant(text, zones.find(zone));
  return seconds === null ? null : new Date(seconds * 1000).toISOString();
}

describe("parseInstant", () => {
  test.each([
    ["2026-03-08T02:00:00Z", "2026-03-08T02:00:00.000Z"],
    ["2026-03-08t02:00:00z", "2026-03-08T02:00:00.000Z"],
    ["2026-03-08T02:00:00.25Z", "2026-03-08T02:00:00.250Z"],
    ["2026-03-08T02:00:00.123456Z", "2026-03-08T02:00:00.123Z"],
    ["2026-03-08T02:00:00+05:30", "2026-03-07T20:30:00.000Z"],
    ["2026-03-08 02:00-04:00", "2026-03-08T06:00:00.000Z"],
    [" 2026-07-01T02:00Z ", "2026-07-01T02:00:00.000Z"],
  ])("%j is %s", (text, iso) => {
    expect(isoOf(text)).toBe(iso);
  });

  test.each([
    ["2026-07-01", "2026-07-01T04:00:00.000Z"],
    ["2026-07-01T12:00", "2026-07-01T16:00:00.000Z"],
    ["2026-12-01 12:00:00", "2026-12-01T17:00:00.000Z"],
  ])("%j is a time on the clock of the zone", (text, iso) => {
    expect(isoOf(text)).toBe(iso);
  });

  test.each([
    "",
    "now",
    "12:00",
    "2026",
    "2026-13-01",
    "2026-02-30T00:00:00Z",
    "20260301",
    "1767225600",
  ])("%j is none", (text) => {
    expect(isoOf(text)).toBeNull();
  });
});
