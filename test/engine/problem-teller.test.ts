/** What the log tells of schedules, and how often. */
import { describe, expect, test } from "bun:test";
import type { Log } from "../../src/base/log.ts";
import { silentLog } from "../../src/base/log.ts";
import { ProblemTeller } from "../../src/engine/problem-teller.ts";
import type { ScheduleParts } from "../support/schedules.ts";
import { makeSchedule } from "../support/schedules.ts";

function open() {
  const told: unknown[][] = [];
  const log: Log = { ...silentLog, warn: (text, fields) => told.push([text, fields]) };
  return { teller: new ProblemTeller(log), take: () => told.splice(0) };
}

const schedules = (...parts: readonly ScheduleParts[]) => parts.map((one) => makeSchedule(one));

const WARNING = 'the time zone "europe/berlin" is spelled "Europe/Berlin"';
const BERLIN = { id: "a", timeZone: "europe/berlin" };
const BAD = { id: "bad", cron: "99 * * * *" };

describe("a problem", () => {
  test("is told once, and again when it came back", () => {
    const { teller, take } = open();
    teller.tellAll(schedules(BAD));
    teller.tellAll(schedules(BAD));
    teller.tellSome(new Map(schedules(BAD).map((one) => [one.id, one])));
    expect(take()).toEqual([
      ["schedule is invalid", { schedule: "bad", problem: expect.any(String) }],
    ]);
    teller.tellAll([]);
    teller.tellAll(schedules(BAD));
    expect(take()).toHaveLength(1);
  });
});

describe("a zone's name in another letter case", () => {
  test("is told once for all schedules that have it", () => {
    const { teller, take } = open();
    teller.tellAll(schedules(BERLIN, { ...BERLIN, id: "b" }, { id: "c" }));
    expect(take()).toEqual([[WARNING, { schedule: "a", schedules: 2 }]]);
    teller.tellAll(schedules(BERLIN));
    teller.tellSome(new Map(schedules({ ...BERLIN, id: "d" }).map((one) => [one.id, one])));
    expect(take()).toEqual([]);
  });

  test("is told of a schedule that was read alone", () => {
    const { teller, take } = open();
    teller.tellAll(schedules({ id: "a" }));
    const [schedule = null] = schedules(BERLIN);
    teller.tellSome(new Map([["a", schedule]]));
    teller.tellSome(new Map([["a", schedule]]));
    teller.tellSome(new Map([["a", null]]));
    expect(take()).toEqual([[WARNING, { schedule: "a", schedules: 1 }]]);
  });

  test("is told again when it came back", () => {
    const { teller, take } = open();
    teller.tellAll(schedules(BERLIN));
    teller.tellAll(schedules({ id: "a", timeZone: "Europe/Berlin" }));
    take();
    teller.tellAll(schedules(BERLIN));
    expect(take()).toHaveLength(1);
  });

  test.each([{ enabled: false }, { cron: "99 * * * *" }])(
    "is no matter where the schedule does not run: %p",
    (parts) => {
      const { teller, take } = open();
      teller.tellAll(schedules({ ...BERLIN, ...parts }));
      expect(take().filter(([text]) => text === WARNING)).toEqual([]);
    },
  );
});
