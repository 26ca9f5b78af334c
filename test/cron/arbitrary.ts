/** Random expressions, zones and instants, with a liking for clock changes. */
import * as fc from "fast-check";

import { DST_GAPS, DST_OVERLAPS } from "../../src/cron/dst-policy.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { BuiltinZones } from "../../src/cron/zone-builtin.ts";
import type { Zone } from "../../src/cron/zone.ts";

/** How often a property is tried: few times by default, many when BTU_TEST_FULL=1. */
export const RUNS =
  process.env["BTU_TEST_FULL"] === "1"
    ? { short: 20_000, slow: 3_000 }
    : { short: 1_000, slow: 100 };

const HOUR = 3600;
const DAY = 24 * HOUR;

const zones = openZoneData({ choice: "builtin" });

/** All zones there are, links left out. */
const ALL_ZONES: readonly Zone[] = [
  ...new Map(
    [...new BuiltinZones().names()].map((name) => [zones.find(name).fingerprint, zones.find(name)]),
  ).values(),
];

const number = (min: number, max: number): fc.Arbitrary<string> =>
  fc.integer({ min, max }).map(String);

/** An item of a list; wrap-around ranges without a step. */
function item(min: number, max: number): fc.Arbitrary<string> {
  const range = fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));
  const rising = range.map(([from, to]) => `${Math.min(from, to)}-${Math.max(from, to)}`);
  return fc.oneof(
    { arbitrary: number(min, max), weight: 5 },
    {
      arbitrary: fc.tuple(fc.integer({ min: 1, max: max + 3 })).map(([step]) => `*/${step}`),
      weight: 2,
    },
    { arbitrary: rising, weight: 2 },
    { arbitrary: range.map(([from, to]) => `${from}-${to}`), weight: 1 },
    {
      arbitrary: fc
        .tuple(rising, fc.integer({ min: 1, max: 12 }))
        .map(([all, step]) => `${all}/${step}`),
      weight: 1,
    },
    {
      arbitrary: fc
        .tuple(number(min, max), fc.integer({ min: 1, max: 12 }))
        .map(([from, step]) => `${from}/${step}`),
      weight: 1,
    },
  );
}

const list = (one: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(one, { minLength: 1, maxLength: 3 }).map((items) => items.join(","));

/** A field that is often a star, else a list. */
const field = (min: number, max: number, stars: number): fc.Arbitrary<string> =>
  fc.oneof(
    { arbitrary: fc.constant("*"), weight: stars },
    { arbitrary: list(item(min, max)), weight: 2 },
  );

const hour = fc.oneof(
  { arbitrary: fc.constantFrom("0", "1", "2", "3", "23", "0,2", "1-3", "*/2", "0-23"), weight: 4 },
  { arbitrary: field(0, 23, 1), weight: 2 },
);

const dayOfMonth = fc.oneof(
  { arbitrary: field(1, 31, 4), weight: 6 },
  { arbitrary: fc.constantFrom("L", "15,L", "?"), weight: 1 },
);

const weekday = fc.oneof(
  { arbitrary: field(0, 6, 4), weight: 6 },
  {
    arbitrary: fc.constantFrom(
      "7",
      "5-7",
      "6-0",
      "sat-sun",
      "fri-mon",
      "1#2",
      "5L",
      "L2",
      "0#1,3",
      "?",
    ),
    weight: 1,
  },
);

/** Five fields. */
export const expressionText: fc.Arbitrary<string> = fc
  .tuple(field(0, 59, 1), hour, dayOfMonth, field(1, 12, 5), weekday)
  .map((fields) => fields.join(" "));

/** Seven fields, often with several seconds. */
export const expressionWithSeconds: fc.Arbitrary<string> = fc
  .tuple(field(0, 59, 1), expressionText, fc.constantFrom("*", "*", "2026", "1970-2050/2"))
  .map((fields) => fields.join(" "));

/** Minute and hour are numbers, lists or plain ranges. */
export const fixedTimeText: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom("0", "30", "0,30", "15,45", "50-10", "59"),
    fc.constantFrom("0", "1", "2", "3", "23", "0,2", "1-3", "22-2"),
    dayOfMonth,
    weekday,
  )
  .map(([minute, hours, day, week]) => `${minute} ${hours} ${day} * ${week}`);

/** Midnights of any days. */
export const daysText: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(dayOfMonth, fc.constantFrom("29", "30", "31", "L", "28-2,L")),
    field(1, 12, 3),
    fc.oneof(
      weekday,
      list(fc.constantFrom("1#1", "5#5", "0#4", "3L", "L6", "7L", "2", "4-0", "*/3")),
    ),
    fc.constantFrom("*", "*", "2027", "2000-2099/4", "1970,2028-2030"),
  )
  .map(([day, month, week, year]) => `0 0 0 ${day} ${month} ${week} ${year}`);

/** Both choices at a clock change. */
export const dstPolicy = fc.record({
  gap: fc.constantFrom(...DST_GAPS),
  overlap: fc.constantFrom(...DST_OVERLAPS),
});

const SECONDS_1970_TO_2099 = 4_102_444_800;

/** A zone and an instant in it: within `nearSeconds` of a clock change, or in one of five any time at all. */
export function moment(nearSeconds: number): fc.Arbitrary<{ zone: Zone; at: number }> {
  return fc
    .record({
      zone: fc.constantFrom(...ALL_ZONES),
      change: fc.nat(),
      near: fc.integer({ min: -nearSeconds, max: nearSeconds }),
      anyTime: fc.integer({ min: 0, max: SECONDS_1970_TO_2099 - 1 }),
      atChange: fc.integer({ min: 0, max: 4 }),
    })
    .map(({ zone, change, near, anyTime, atChange }) => {
      const { transitions } = zone;
      if (atChange === 0 || transitions.length === 0) return { zone, at: anyTime };
      return { zone, at: transitions[change % transitions.length]! + near };
    });
}

/** A clock change, and a schedule that has times in the hours around it. */
export const changeWithText: fc.Arbitrary<{ zone: Zone; at: number; text: string }> = fc
  .record({
    zone: fc.constantFrom(...ALL_ZONES.filter(({ transitions }) => transitions.length > 0)),
    change: fc.nat(),
    minute: fc.constantFrom("0", "30", "0,30", "15,45", "*/15", "*", "59", "10-20", "5/10"),
    hour: fc.constantFrom("H", "H", "H,A", "B-A", "B,H", "*/2", "H/1", "*", "0-23", "B-A/2"),
    day: fc.constantFrom("* * *", "* * *", "* * *", "1-31 * 0", "L * *", "* * 0,5-6"),
  })
  .map(({ zone, change, minute, hour: hours, day }) => {
    const index = change % zone.transitions.length;
    const at = zone.transitions[index]!;
    const [before, after] = [zone.offsets[index]!, zone.offsets[index + 1]!];
    // The hour that is skipped or repeated, the one before and the one after.
    const touched = Math.floor(((((at + Math.min(before, after)) % DAY) + DAY) % DAY) / HOUR);
    const text = hours
      .replace("H", String(touched))
      .replace("B", String((touched + 23) % 24))
      .replace("A", String((touched + 1) % 24));
    const step = text.replace(/^(\d+)-(\d+)\/2$/, (range, from, to) =>
      Number(from) > Number(to) ? `${from},${to}` : range,
    );
    return { zone, at, text: `${minute} ${step} ${day}` };
  });
