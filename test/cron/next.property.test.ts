import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";

import { DEFAULT_DST_POLICY } from "../../src/cron/dst-policy.ts";
import { parseExpression } from "../../src/cron/expression.ts";
import { nextInstant } from "../../src/cron/next.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { offsetAt } from "../../src/cron/zone.ts";
import type { Zone } from "../../src/cron/zone.ts";
import {
  RUNS,
  changeWithText,
  daysText,
  dstPolicy,
  expressionText,
  expressionWithSeconds,
  fixedTimeText,
  moment,
} from "./arbitrary.ts";
import { SlowExpression, slowInstants } from "./slow.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const LONG_TEST_MS = 600_000;

const zones = openZoneData({ choice: "builtin" });
const anyText = fc.oneof(expressionText, expressionWithSeconds);

/** At most `max` instants after `after` and up to `upto`. */
function instants(
  text: string,
  zone: Zone,
  { after, upto, max }: { after: number; upto: number; max: number },
  dst = DEFAULT_DST_POLICY,
): number[] {
  const expression = parseExpression(text);
  const found: number[] = [];
  let at = nextInstant(expression, zone, after, dst);
  while (at !== null && at <= upto && found.length < max) {
    found.push(at);
    at = nextInstant(expression, zone, at, dst);
  }
  return found;
}

describe("next instant of any expression, in any zone, from any instant", () => {
  test(
    "lies after the instant asked from",
    () => {
      fc.assert(
        fc.property(anyText, moment(2 * DAY), dstPolicy, (text, { zone, at }, dst) => {
          const next = nextInstant(parseExpression(text), zone, at, dst) ?? Infinity;
          expect(next).toBeGreaterThan(at);
        }),
        { numRuns: RUNS.short },
      );
    },
    LONG_TEST_MS,
  );

  test(
    "does not come earlier when asked later",
    () => {
      fc.assert(
        fc.property(
          anyText,
          moment(DAY),
          fc.nat(2 * DAY),
          dstPolicy,
          (text, { zone, at }, later, dst) => {
            const expression = parseExpression(text);
            const early = nextInstant(expression, zone, at, dst) ?? Infinity;
            expect(
              nextInstant(expression, zone, at + later, dst) ?? Infinity,
            ).toBeGreaterThanOrEqual(early);
          },
        ),
        { numRuns: RUNS.short },
      );
    },
    LONG_TEST_MS,
  );

  test(
    "is the same from every instant before it",
    () => {
      fc.assert(
        fc.property(
          anyText,
          moment(DAY),
          fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
          dstPolicy,
          (text, { zone, at }, part, dst) => {
            const expression = parseExpression(text);
            const next = nextInstant(expression, zone, at, dst);
            const between = at + Math.floor(((next ?? at + 400 * DAY) - at) * part);
            expect(nextInstant(expression, zone, between, dst)).toBe(next);
          },
        ),
        { numRuns: RUNS.short },
      );
    },
    LONG_TEST_MS,
  );

  test(
    "agrees with the definition, minute by minute",
    () => {
      fc.assert(
        fc.property(expressionText, moment(20 * HOUR), dstPolicy, (text, { zone, at }, dst) => {
          const span = { after: at, upto: at + 30 * HOUR, max: 12 };
          expect(instants(text, zone, span, dst)).toEqual(
            slowInstants(new SlowExpression(text), zone, span, dst),
          );
        }),
        { numRuns: RUNS.slow },
      );
    },
    LONG_TEST_MS,
  );

  test(
    "agrees with the definition in the hours around clock changes",
    () => {
      fc.assert(
        fc.property(
          changeWithText,
          fc.nat(3 * HOUR),
          dstPolicy,
          ({ zone, at, text }, early, dst) => {
            const span = { after: at - early, upto: at + 4 * HOUR, max: 500 };
            expect(instants(text, zone, span, dst)).toEqual(
              slowInstants(new SlowExpression(text), zone, span, dst),
            );
          },
        ),
        { numRuns: RUNS.slow * 4 },
      );
    },
    LONG_TEST_MS,
  );

  test(
    "agrees with the definition, day by day",
    () => {
      fc.assert(
        fc.property(daysText, fc.integer({ min: 0, max: 47_000 }), (text, day) => {
          const slow = new SlowExpression(text);
          const days = Array.from({ length: 430 }, (_, index) => (day + index) * DAY);
          const span = { after: day * DAY - 1, upto: (day + 429) * DAY, max: 430 };
          expect(instants(text, zones.find("UTC"), span)).toEqual(
            days.filter((midnight) => slow.matches(midnight)),
          );
        }),
        { numRuns: RUNS.slow * 4 },
      );
    },
    LONG_TEST_MS,
  );

  test(
    "agrees with the definition, second by second",
    () => {
      fc.assert(
        fc.property(expressionWithSeconds, moment(HOUR), dstPolicy, (text, { zone, at }, dst) => {
          const span = { after: at, upto: at + 2 * HOUR, max: 12 };
          expect(instants(text, zone, span, dst)).toEqual(
            slowInstants(new SlowExpression(text), zone, span, dst),
          );
        }),
        { numRuns: RUNS.slow },
      );
    },
    LONG_TEST_MS,
  );

  test(
    "shows a fixed time at most once",
    () => {
      fc.assert(
        fc.property(fixedTimeText, moment(DAY), (text, { zone, at }) => {
          const walls = instants(text, zone, { after: at, upto: at + 4 * DAY, max: 400 }).map(
            (each) => each + offsetAt(zone, each),
          );
          expect(new Set(walls).size).toBe(walls.length);
        }),
        { numRuns: RUNS.short },
      );
    },
    LONG_TEST_MS,
  );

  test(
    "of a daily job is 20 to 28 hours away, but beside a change of more than 4 hours",
    () => {
      const time = fc
        .tuple(fc.nat(59), fc.nat(23))
        .map(([minute, hour]) => `${minute} ${hour} * * *`);
      fc.assert(
        fc.property(time, moment(3 * DAY), (text, { zone, at }) => {
          const [first = 0, second = 0] = instants(text, zone, {
            after: at,
            upto: Infinity,
            max: 2,
          });
          const jump = Math.abs(offsetAt(zone, first - DAY) - offsetAt(zone, second + DAY));
          fc.pre(second > 0 && jump <= 4 * HOUR);
          expect(second - first).toBeWithin(20 * HOUR, 28 * HOUR + 1);
        }),
        { numRuns: RUNS.short },
      );
    },
    LONG_TEST_MS,
  );
});
