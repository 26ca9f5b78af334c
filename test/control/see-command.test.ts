import { describe, expect, test } from "bun:test";
import { readSeeCommand, seeContent } from "../../src/control/see-command.ts";
import type { SeeCommand } from "../../src/control/see-command.ts";

const COMMANDS: readonly SeeCommand[] = [
  { kind: "history", scheduleId: null, limit: 20, sinceMs: 0, outcomes: null },
  { kind: "history", scheduleId: "TS-1", limit: 5, sinceMs: 1_000, outcomes: ["failed", "lost"] },
  { kind: "explain", scheduleId: "TS-1" },
  { kind: "timeline", limit: 7, unit: null },
  { kind: "timeline", limit: 10_000, unit: "hour" },
];

describe("questions about schedules", () => {
  test.each(COMMANDS.map((command) => [command.kind, command] as const))(
    "%s is read as it was sent",
    (kind, command) => {
      expect(readSeeCommand(kind, JSON.parse(JSON.stringify(seeContent(command))))).toEqual(
        command,
      );
    },
  );

  test("a name alone stands for the schedule", () => {
    expect(readSeeCommand("explain", "TS-1")).toEqual({ kind: "explain", scheduleId: "TS-1" });
    expect(readSeeCommand("history", "TS-1")).toMatchObject({ scheduleId: "TS-1", limit: 20 });
  });

  test("without a content history and timeline have their usual length", () => {
    expect(readSeeCommand("history", null)).toMatchObject({ scheduleId: null, limit: 20 });
    expect(readSeeCommand("timeline", undefined)).toMatchObject({ unit: null, limit: 20 });
  });

  test.each([
    ["history", { limit: 0 }, "limit"],
    ["history", { limit: 1.5 }, "limit"],
    ["history", { limit: 10_001 }, "limit"],
    ["history", { limit: "5" }, "limit"],
    ["history", { schedule: 7 }, "schedule"],
    ["history", { since_ms: "yesterday" }, "since_ms"],
    ["history", { outcomes: "failed" }, "outcomes"],
    ["history", { outcomes: [1] }, "outcomes"],
    ["timeline", { limit: -1 }, "limit"],
    ["timeline", { unit: "year" }, "unit"],
    ["explain", null, "request_content"],
    ["explain", { schedule: "" }, "request_content"],
  ])("%s with %p is told what is wrong", (type, content, word) => {
    expect(readSeeCommand(type, content)).toStartWith(`${type}: ${word} is to be `);
  });

  test("another word is none of them", () => {
    expect(readSeeCommand("status", null)).toBeNull();
  });
});
