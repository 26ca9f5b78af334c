import { expect, test } from "bun:test";
import { siteOffsetSeconds } from "../../src/schedule/site-clock.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { ZONES } from "./read-source.ts";

const HOUR = 3600;

test.each([
  ["America/New_York in winter", "America/New_York", "2026-01-15T12:00:00Z", -5 * HOUR],
  ["America/New_York in summer", "America/New_York", "2026-07-15T12:00:00Z", -4 * HOUR],
  [
    "just after clocks went forward: as before",
    "America/New_York",
    "2026-03-08T07:10:00Z",
    -5 * HOUR,
  ],
  ["a while after clocks went forward", "America/New_York", "2026-03-08T07:16:00Z", -4 * HOUR],
  ["just after clocks went back", "America/New_York", "2026-11-01T06:01:00Z", -5 * HOUR],
  ["a zone of half an hour", "Asia/Kolkata", "2026-01-15T12:00:00Z", 5.5 * HOUR],
  ["a name in another spelling", "asia/kolkata", "2026-01-15T12:00:00Z", 5.5 * HOUR],
  ["a zone that nobody knows: the earliest", "Mars/Olympus", "2026-01-15T12:00:00Z", -12 * HOUR],
  ["none: the earliest", null, "2026-01-15T12:00:00Z", -12 * HOUR],
])("the site's clock is so far from UTC: %s", (_, zone, at, offsetSeconds) => {
  const clock = new FakeClock(Date.parse(at));
  expect(siteOffsetSeconds(zone, { clock, zoneData: ZONES })).toBe(offsetSeconds);
});
