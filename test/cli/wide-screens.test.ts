/** Screens of schedules with texts of all kinds: no line is wider than the terminal, and none is broken by what it shows. */
import { describe, expect, test } from "bun:test";
import { nextLines } from "../../src/cli/next-screen.ts";
import { showLines } from "../../src/cli/show-screen.ts";
import { makeStyle } from "../../src/cli/style.ts";
import { widthOf } from "../../src/cli/text.ts";
import { shortTime } from "../../src/base/times.ts";
import type { ScheduleDocument } from "../../src/observe/explain.ts";
import type { TimelineDocument } from "../../src/observe/timeline.ts";

const nowMs = Date.parse("2026-03-07T12:00:00Z");
const EVIL = "毎日の報告を全員に送る\u001b[2J\nsecond line \u202eturned";
const FIRING = {
  schedule: EVIL,
  due: "2026-03-07T07:30:00Z",
  due_local: "2026-03-07T02:30:00-05:00",
  fired_at: "2026-03-07T07:30:00.004Z",
  outcome: "failed",
  queue: EVIL,
  job: null,
  reason: EVIL,
  until: null,
  count: 3,
};

const SCHEDULE: ScheduleDocument = {
  id: EVIL,
  task: EVIL,
  description: EVIL,
  cron: "30 2 * * *",
  time_zone: "America/New_York",
  zone_rule: "constructor",
  queue: EVIL,
  state: "invalid",
  next: null,
  next_local: null,
  last: null,
  last_local: null,
  problem: EVIL,
  warnings: [EVIL],
  enabled: true,
  meaning: "At 02:30, every day.",
  work: { kind: "call", runs: EVIL, arguments: 0, timeout_s: 180 },
  policy: {
    misfire: "run_all",
    misfire_grace_s: 86_400,
    max_catchup: 100,
    overlap: "skip",
    jitter_s: 30,
    dst_gap: "run_after",
    dst_overlap: "first",
  },
  runs: [{ utc: "2026-03-08T07:00:00Z", local: "2026-03-08T03:00:00-04:00" }],
  paused: { since: null, note: EVIL, all: true },
  outcomes: [FIRING],
  last_job: { id: EVIL, queue: EVIL, placed_at: "2026-03-07T07:30:00.000Z", status: EVIL },
  queue_state: { name: EVIL, workers: 1, waiting: 2 },
  changed: { at: "2026-03-01T00:00:00.000Z", change: EVIL },
  why: { last: EVIL, next: EVIL },
};

const TIMELINE: TimelineDocument = {
  unit: "hour",
  occurrences: [
    {
      id: EVIL,
      task: EVIL,
      queue: EVIL,
      time_zone: "UTC",
      due: "2026-03-07T13:00:00Z",
      due_local: "2026-03-07T13:00:00+00:00",
    },
  ],
  buckets: [
    { at: "2026-03-07T13:00:00Z", count: 100_000 },
    { at: "2026-03-07T14:00:00Z", count: 1 },
  ],
};

const WIDTHS = Array.from({ length: 181 }, (_, index) => index + 20);
const style = makeStyle({ isTerminal: true, env: {}, color: true });
const base = { style, nowMs, showTime: (utc: string) => shortTime(utc, nowMs) };

const SCREENS: ReadonlyArray<[string, (width: number) => string[]]> = [
  ["show", (width) => showLines(SCHEDULE, { ...base, width })],
  ["next", (width) => nextLines(TIMELINE, { ...base, width, hasBlocks: true })],
];

describe.each(SCREENS)("the screen of btu %s", (_, linesAt) => {
  test("is never wider than the terminal", () => {
    const wide = WIDTHS.flatMap((width) => linesAt(width).filter((line) => widthOf(line) > width));
    expect(wide).toEqual([]);
  });

  test("lets nothing of what it shows move the cursor or turn the line", () => {
    const text = linesAt(Infinity).join("");
    expect(text).not.toContain("\u001b[2J");
    expect(text).not.toContain("\u202e");
    expect(text).not.toContain("\n");
  });
});

test("the longest bar has the room there is, and the shortest a mark", () => {
  const [, ...bars] = linesOfBars();
  expect(bars.map((line) => line.split("█").length - 1)).toEqual([40, 1]);
});

function linesOfBars(): string[] {
  const lines = nextLines(TIMELINE, { ...base, width: 100, hasBlocks: true });
  return lines.slice(lines.findIndex((line) => line.includes("EACH HOUR")));
}

test("without a run to come btu next says so", () => {
  const nothing = { unit: "minute", occurrences: [], buckets: [] } as const;
  const lines = nextLines(nothing, { ...base, width: 80, hasBlocks: true });
  expect(lines).toEqual(["nothing is to run"]);
});
