import { describe, expect, test } from "bun:test";
import { ChangeTracker } from "../../src/schedule/recent-changes.ts";
import type { RecentChanges, RecentRow } from "../../src/schedule/recent-changes.ts";

function look(
  rows: ReadonlyArray<readonly [RecentRow["part"], string, string]>,
  more: Partial<RecentChanges> = {},
): RecentChanges {
  return {
    rows: rows.map(([part, scheduleId, stamp]) => ({ part, scheduleId, stamp })),
    isCut: false,
    settings: "zones",
    ...more,
  };
}

describe("ChangeTracker", () => {
  test("brings everything of its first look, which costs only a look at it", () => {
    const tracker = new ChangeTracker();
    expect(tracker.news(look([["schedule", "a", "1"]]))).toEqual({
      ids: ["a"],
      needsWholeRead: false,
    });
  });

  test("brings what is new or other than in the last look, each id once", () => {
    const tracker = new ChangeTracker();
    tracker.news(
      look([
        ["schedule", "a", "1"],
        ["schedule", "b", "1"],
        ["task", "a", "1"],
      ]),
    );
    const { ids } = tracker.news(
      look([
        ["schedule", "a", "2"],
        ["task", "a", "2"],
        ["schedule", "b", "1"],
        ["task", "b", "1"],
      ]),
    );
    expect(ids).toEqual(["a", "b"]);
    expect(
      tracker.news(
        look([
          ["schedule", "a", "2"],
          ["schedule", "b", "1"],
        ]),
      ).ids,
    ).toEqual([]);
  });

  test("brings a row again that was gone from a look", () => {
    const tracker = new ChangeTracker();
    tracker.news(look([["schedule", "a", "1"]]));
    tracker.news(look([]));
    expect(tracker.news(look([["schedule", "a", "1"]])).ids).toEqual(["a"]);
  });

  test("wants a whole read when settings change, but not for the first it sees", () => {
    const tracker = new ChangeTracker();
    const settings = (text: string) => tracker.news(look([], { settings: text })).needsWholeRead;
    expect([settings("a"), settings("a"), settings("b"), settings("b")]).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });

  test("wants a whole read when a cut look brings news, and only then", () => {
    const tracker = new ChangeTracker();
    const cut = (stamp: string) =>
      tracker.news(look([["schedule", "a", stamp]], { isCut: true })).needsWholeRead;
    expect([cut("1"), cut("1"), cut("2")]).toEqual([true, false, true]);
  });
});
