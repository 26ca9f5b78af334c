import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { DEFAULT_DST_POLICY } from "../../src/cron/dst-policy.ts";
import type { DstPolicy } from "../../src/cron/dst-policy.ts";
import { parseExpression } from "../../src/cron/expression.ts";
import { nextInstant } from "../../src/cron/next.ts";
import { countInstants, latestInstant } from "../../src/cron/span.ts";
import type { Span } from "../../src/cron/span.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import type { Zone } from "../../src/cron/zone.ts";
import {
  RUNS,
  changeWithText,
  dstPolicy,
  expressionText,
  expressionWithSeconds,
  moment,
} from "./arbitrary.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const zones = openZoneData({ choice: "builtin" });

const seconds = (text: string): number => Date.parse(text) / 1000;

function within(text: string, zone: Zone, span: Span, dst: DstPolicy): number[] {
  const expression = parseExpression(text);
  const found: number[] = [];
  let at = nextInstant(expression, zone, span.afterSeconds, dst);
  while (at !== null && at <= span.uptoSeconds) {
    found.push(at);
    at = nextInstant(expression, zone, at, dst);
  }
  return found;
}

function expectAgreement(text: string, zone: Zone, span: Span, dst: DstPolicy): void {
  const all = within(text, zone, span, dst);
  expect(countInstants(parseExpression(text), zone, span, dst)).toBe(all.length);
  expect(latestInstant(parseExpression(text), zone, span, dst)).toBe(all.at(-1) ?? null);
}

describe("latest instant and count in a span of time", () => {
  test("agree with going from instant to instant over days", () => {
    fc.assert(
      fc.property(
        expressionText,
        moment(2 * DAY),
        fc.nat(3 * DAY),
        dstPolicy,
        (text, start, length, dst) => {
          const span = { afterSeconds: start.at, uptoSeconds: start.at + length };
          expectAgreement(text, start.zone, span, dst);
        },
      ),
      { numRuns: RUNS.slow * 3 },
    );
  });

  test("agree with going from instant to instant in seconds", () => {
    fc.assert(
      fc.property(
        expressionWithSeconds,
        moment(HOUR),
        fc.nat(2 * HOUR),
        dstPolicy,
        (text, start, length, dst) => {
          const span = { afterSeconds: start.at, uptoSeconds: start.at + length };
          expectAgreement(text, start.zone, span, dst);
        },
      ),
      { numRuns: RUNS.slow * 3 },
    );
  });

  test("agree with going from instant to instant around clock changes", () => {
    fc.assert(
      fc.property(
        changeWithText,
        fc.nat(DAY),
        fc.nat(DAY),
        dstPolicy,
        ({ zone, at, text }, early, late, dst) => {
          expectAgreement(text, zone, { afterSeconds: at - early, uptoSeconds: at + late }, dst);
        },
      ),
      { numRuns: RUNS.slow * 5 },
    );
  });

  test("agree with going from instant to instant over years", () => {
    fc.assert(
      fc.property(moment(DAY), dstPolicy, ({ zone, at }, dst) => {
        const span = { afterSeconds: at, uptoSeconds: at + 3 * 365 * DAY };
        expectAgreement("30 2 * * 0", zone, span, dst);
      }),
      { numRuns: RUNS.slow },
    );
  });

  test.each([
    ["the end is due", "0 12 * * *", ["2026-01-01T12:00:00Z", "2026-01-02T12:00:00Z"], 1],
    [
      "the end is a second early",
      "0 12 * * *",
      ["2026-01-01T12:00:00Z", "2026-01-02T11:59:59Z"],
      0,
    ],
    ["the span is empty", "* * * * *", ["2026-01-01T12:00:00Z", "2026-01-01T12:00:00Z"], 0],
    ["the span is turned round", "* * * * *", ["2026-01-02T12:00:00Z", "2026-01-01T12:00:00Z"], 0],
    ["it began before all time", "0 0 1 1 *", ["1900-01-01T00:00:00Z", "1972-01-01T00:00:00Z"], 3],
    ["it ends after all time", "0 0 1 1 *", ["2098-01-01T00:00:00Z", "2200-01-01T00:00:00Z"], 1],
    ["nothing is ever due", "0 0 30 2 *", ["1970-01-01T00:00:00Z", "2200-01-01T00:00:00Z"], 0],
  ] as const)("are exact when %s", (_case, text, [after, upto], count) => {
    const span = { afterSeconds: seconds(after), uptoSeconds: seconds(upto) };
    expect(countInstants(parseExpression(text), zones.find("UTC"), span)).toBe(count);
    expectAgreement(text, zones.find("UTC"), span, DEFAULT_DST_POLICY);
  });

  test("count ten years of seconds without passing through them", () => {
    const span = {
      afterSeconds: seconds("2020-01-01T00:00:00Z"),
      uptoSeconds: seconds("2030-01-01T00:00:00Z"),
    };
    const everySecond = parseExpression("* * * * * * *");
    const started = performance.now();
    expect(countInstants(everySecond, zones.find("America/New_York"), span)).toBe(315_619_200);
    expect(performance.now() - started).toBeLessThan(100);
  });
});
