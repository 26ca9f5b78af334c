import { describe, expect, test } from "bun:test";
import {
  distanceText,
  durationText,
  millisecondsText,
  secondsOf,
  shortTime,
  spokenTime,
} from "../../src/base/times.ts";

describe("durationText", () => {
  test.each([
    [0, "0s"],
    [59.9, "59s"],
    [60, "1min"],
    [61, "1min 1s"],
    [3_600, "1h"],
    [3_659, "1h"],
    [7_500, "2h 5min"],
    [86_400 * 3 + 3_600 * 4, "3d 4h"],
    [31_536_000 + 86_400 * 40, "1y 40d"],
    [31_536_000 * 2, "2y"],
  ])("%p seconds are %p", (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});

describe("distanceText", () => {
  test.each([
    [1_000, 1_000.4, "now"],
    [1_005, 1_000, "in 5s"],
    [1_000, 1_065, "1min 5s ago"],
  ])("%p seen from %p is %p", (at, now, text) => {
    expect(distanceText(at, now)).toBe(text);
  });
});

test.each([
  [0.4, "0 ms"],
  [999, "999 ms"],
  [1_234, "1.2 s"],
  [65_000, "1min 5s"],
])("%p milliseconds are %p", (ms, text) => {
  expect(millisecondsText(ms)).toBe(text);
});

test.each([
  ["2026-03-08T03:00:00-04:00", "Sun 2026-03-08 03:00:00 -04:00"],
  ["2026-03-09T00:00:00+05:45", "Mon 2026-03-09 00:00:00 +05:45"],
  ["2026-03-08T07:00:00Z", "Sun 2026-03-08 07:00:00 UTC"],
  ["2026-03-08T07:00:00.123Z", "Sun 2026-03-08 07:00:00 UTC"],
])("%s is spoken as %s, whatever the machine's own zone", (iso, text) => {
  expect(spokenTime(iso)).toBe(text);
});

test("secondsOf counts from the epoch", () => {
  expect([secondsOf("1970-01-01T00:01:00Z"), secondsOf("")]).toEqual([60, NaN]);
});

describe("shortTime", () => {
  const nowMs = Date.parse("2026-03-07T12:00:00Z");

  test.each([
    ["2026-03-08T03:00:00-04:00", "03-08 03:00 -04:00"],
    ["2026-03-08T03:00:15-04:00", "03-08 03:00:15 -04:00"],
    ["2027-01-01T00:00:00Z", "2027-01-01 00:00 UTC"],
    ["2026-03-08T03:00:00+00:00", "03-08 03:00 UTC"],
    ["2026-03-08T03:00:00.250Z", "03-08 03:00 UTC"],
  ])("%p is %p", (iso, text) => {
    expect(shortTime(iso, nowMs)).toBe(text);
  });
});
