import { describe, expect, test } from "bun:test";
import { Flags } from "../../src/cli/flags.ts";
import { chooseRows, sortRows } from "../../src/cli/list-args.ts";
import type { ListFlags } from "../../src/cli/list-args.ts";
import type { ListRow } from "../../src/observe/listing.ts";

const ROW: ListRow = {
  id: "a",
  task: "Send statements",
  description: "",
  cron: "30 2 * * *",
  time_zone: "UTC",
  zone_rule: "schedule",
  queue: "default",
  state: "active",
  next: "2026-03-08T02:30:00Z",
  next_local: null,
  last: null,
  last_local: null,
  problem: null,
  warnings: [],
};

const ROWS: readonly ListRow[] = [
  { ...ROW, id: "d", state: "disabled", next: null, queue: "long", task: "Clean up" },
  { ...ROW, id: "c", next: "2026-03-08T02:00:00Z", last: "2026-03-07T02:00:00Z" },
  { ...ROW, id: "b", queue: "site-long", last: "2026-03-07T03:00:00Z", task: "reports.daily.run" },
  { ...ROW, id: "a" },
  { ...ROW, id: "p", state: "paused", next: null, last: "2026-03-01T03:00:00Z" },
];

function flags(values: Readonly<Record<string, unknown>>): ListFlags {
  return new Flags(values);
}

function ids(rows: readonly ListRow[]): string {
  return rows.map(({ id }) => id).join(" ");
}

describe("btu list", () => {
  test.each([
    [{}, "c a b p d"],
    [{ sort: "next" }, "c a b p d"],
    [{ sort: "next", reverse: true }, "d p b a c"],
    [{ sort: "last" }, "b c p a d"],
    [{ sort: "schedule" }, "a b c d p"],
    [{ sort: "task" }, "d a c p b"],
    [{ sort: "queue" }, "a c p d b"],
    [{ sort: "state" }, "a b c p d"],
  ])("with %p comes in the order %p", (values, order) => {
    expect(ids(sortRows(ROWS, flags(values)))).toBe(order);
  });

  test.each([
    [{}, "d c b a p"],
    [{ queue: "long" }, "d"],
    [{ queue: "*long" }, "d b"],
    [{ queue: "LONG, site-?ong" }, "d b"],
    [{ state: "paused,disabled" }, "d p"],
    [{ match: "?" }, "d c b a p"],
    [{ match: "reports.*" }, "b"],
    [{ match: "*STATE*" }, "c a p"],
    [{ match: "reports" }, ""],
    [{ match: "*", queue: "default", state: "active" }, "c a"],
  ])("with %p holds %p", (values, chosen) => {
    expect(ids(chooseRows(ROWS, flags(values)))).toBe(chosen);
  });

  test("a state that does not exist is refused, and the nearest named", () => {
    expect(() => chooseRows(ROWS, flags({ state: "active,pausd" }))).toThrow(
      '--state "pausd": expected some of active, paused, invalid, never, disabled (did you mean "paused"?)',
    );
  });
});
