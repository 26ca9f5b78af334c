import { describe, expect, test } from "bun:test";
import { array, assert, integer, property, tuple } from "fast-check";
import { nextDue, isActive } from "../../src/agenda/plan.ts";
import { utcText } from "../../src/cron/instant-text.ts";
import { Book } from "../../src/engine/book.ts";
import { timeline } from "../../src/observe/timeline.ts";
import { PAUSED_ALL } from "../../src/redis/keys.ts";
import type { Schedule } from "../../src/schedule/schedule.ts";
import { at, makeSchedule, scheduleMap } from "../support/schedules.ts";

const NOW = at("2026-03-07T12:00:30Z");

function bookOf(...schedules: readonly Schedule[]): Book {
  const book = new Book();
  book.replace(scheduleMap(...schedules), []);
  return book;
}

function show(book: Book, limit: number, unit: "minute" | "hour" | null = null) {
  const { occurrences, ...rest } = timeline(book, { nowSeconds: NOW, limit, unit });
  return { ...rest, occurrences: occurrences.map(({ id, due }) => `${id} ${due.slice(11, 16)}`) };
}

describe("timeline", () => {
  test("merges the occurrences of all schedules, equal ones by their ids", () => {
    const book = bookOf(
      makeSchedule({ id: "b", cron: "*/2 * * * *" }),
      makeSchedule({ id: "a", cron: "*/3 * * * *" }),
    );
    expect(show(book, 6)).toEqual({
      unit: "minute",
      occurrences: ["b 12:02", "a 12:03", "b 12:04", "a 12:06", "b 12:06", "b 12:08"],
      buckets: [
        { at: "2026-03-07T12:02:00Z", count: 1 },
        { at: "2026-03-07T12:03:00Z", count: 1 },
        { at: "2026-03-07T12:04:00Z", count: 1 },
        { at: "2026-03-07T12:06:00Z", count: 2 },
        { at: "2026-03-07T12:08:00Z", count: 1 },
      ],
    });
  });

  test("counts the last unit whole, however few were asked for", () => {
    const many = Array.from({ length: 50 }, (_, n) =>
      makeSchedule({ id: `s${n}`, cron: "5 * * * *" }),
    );
    const { buckets } = show(bookOf(...many), 3);
    expect(buckets).toEqual([{ at: "2026-03-07T12:05:00Z", count: 50 }]);
  });

  test("counts by the hour where runs lie further apart", () => {
    const book = bookOf(makeSchedule({ id: "a", cron: "*/20 * * * *" }));
    expect(show(book, 5)).toMatchObject({
      unit: "hour",
      buckets: [
        { at: "2026-03-07T12:00:00Z", count: 2 },
        { at: "2026-03-07T13:00:00Z", count: 3 },
      ],
    });
  });

  test("follows the unit that is asked for", () => {
    const book = bookOf(makeSchedule({ id: "a" }));
    expect(show(book, 2, "hour").buckets).toEqual([{ at: "2026-03-07T12:00:00Z", count: 59 }]);
  });

  test("begins with what is planned, though it is overdue", () => {
    const book = bookOf(makeSchedule({ id: "a", cron: "0 * * * *" }));
    book.setDue("a", at("2026-03-07T11:00:00Z"));
    expect(show(book, 3).occurrences).toEqual(["a 11:00", "a 12:00", "a 13:00"]);
  });

  test("leaves out what is disabled, invalid, paused or has come to its end", () => {
    const book = bookOf(
      makeSchedule({ id: "a", enabled: false }),
      makeSchedule({ id: "b", cron: "0 25 * * *" }),
      makeSchedule({ id: "c" }),
      makeSchedule({ id: "d", cron: "0 0 30 2 *" }),
    );
    book.setPauses(new Map([["c", "{}"]]));
    expect(show(book, 3)).toEqual({ unit: "minute", occurrences: [], buckets: [] });
  });

  test("is empty while all schedules are paused", () => {
    const book = bookOf(makeSchedule({ id: "a" }));
    book.setPauses(new Map([[PAUSED_ALL, "{}"]]));
    expect(show(book, 3).occurrences).toEqual([]);
  });

  test("is for any schedules what walking through each of them gives", () => {
    const cron = tuple(integer({ min: 0, max: 59 }), integer({ min: 1, max: 30 }));
    const crons = array(cron, { minLength: 1, maxLength: 20 });
    assert(
      property(crons, integer({ min: 1, max: 60 }), (all, limit) => {
        const schedules = all.map(([minute, step], n) =>
          makeSchedule({ id: `s${n}`, cron: `${minute}-59/${step} * * * *` }),
        );
        const found = timeline(bookOf(...schedules), { nowSeconds: NOW, limit, unit: "minute" });
        const walked = schedules.filter(isActive).flatMap((schedule) => {
          const dues: number[] = [];
          for (let due = nextDue(schedule, NOW); due !== null && dues.length < limit;) {
            dues.push(due);
            due = nextDue(schedule, due);
          }
          return dues;
        });
        const expected = walked.toSorted((a, b) => a - b).slice(0, limit);
        expect(found.occurrences.map(({ due }) => due)).toEqual(expected.map(utcText));
      }),
      { numRuns: 50 },
    );
  });
});
