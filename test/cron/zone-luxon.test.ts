import { describe, expect, test } from "bun:test";
import { DateTime } from "luxon";

import { openZoneData } from "../../src/cron/zone-data.ts";
import { formatInstant, luxonZone } from "../../src/cron/zone-luxon.ts";

const zones = openZoneData({ choice: "builtin" });
const at = (text: string): number => Date.parse(text) / 1000;

describe("instant for people", () => {
  test.each([
    ["America/New_York", "2026-03-08T06:59:59Z", "Sun 2026-03-08 01:59:59 -05:00"],
    ["America/New_York", "2026-03-08T07:00:00Z", "Sun 2026-03-08 03:00:00 -04:00"],
    ["America/Vancouver", "2026-12-01T00:00:00Z", "Mon 2026-11-30 17:00:00 -07:00"],
    ["Asia/Kathmandu", "2026-01-01T00:00:00Z", "Thu 2026-01-01 05:45:00 +05:45"],
    ["Pacific/Kiritimati", "2099-12-31T12:00:00Z", "Fri 2100-01-01 02:00:00 +14:00"],
    ["UTC", "1970-01-01T00:00:00Z", "Thu 1970-01-01 00:00:00 +00:00"],
  ])("in %s of %s is %s", (name, instant, text) => {
    expect(formatInstant(at(instant), zones.find(name))).toBe(text);
  });

  test("follows other formats", () => {
    expect(
      formatInstant(
        at("2026-01-01T00:00:00Z"),
        zones.find("Asia/Kolkata"),
        "HH:mm z Z ZZ ZZZ ZZZZ",
      ),
    ).toBe("05:30 Asia/Kolkata +5:30 +05:30 +0530 +05:30");
  });

  test("is counted back from the same wall time", () => {
    const zone = luxonZone(zones.find("Australia/Lord_Howe"));
    const date = DateTime.fromObject({ year: 2026, month: 10, day: 4, hour: 3 }, { zone });
    expect(date.toSeconds()).toBe(at("2026-10-03T16:00:00Z"));
    expect(date.minus({ days: 1 }).toISO()).toBe("2026-10-03T03:00:00.000+10:30");
  });

  test("has one luxon zone for each zone", () => {
    const [paris, london] = [zones.find("Europe/Paris"), zones.find("Europe/London")];
    expect(luxonZone(paris)).toBe(luxonZone(paris));
    expect(luxonZone(paris).equals(luxonZone(london))).toBe(false);
    expect([luxonZone(paris).isUniversal, luxonZone(zones.find("UTC")).isUniversal]).toEqual([
      false,
      true,
    ]);
  });
});
