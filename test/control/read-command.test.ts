import { describe, expect, test } from "bun:test";
import { BadRequestError, readCommand } from "../../src/control/read-command.ts";

const ONCE = { id: "0123456789abcdef", sent_ms: 1_742_489_940_000 };
const READ = { requestId: ONCE.id, sentMs: ONCE.sent_ms };

function read(type: string, content: unknown, rest: object = ONCE): unknown {
  return readCommand(type, { ...rest, request_content: content });
}

describe("readCommand", () => {
  test.each([
    [
      "run",
      "TS-1",
      { kind: "run", target: { kind: "schedule", id: "TS-1" }, isForced: false, ...READ },
    ],
    [
      "run",
      { task: "BT-1" },
      { kind: "run", target: { kind: "task", id: "BT-1" }, isForced: false, ...READ },
    ],
    [
      "run",
      { schedule: "TS-1", force: true },
      { kind: "run", target: { kind: "schedule", id: "TS-1" }, isForced: true, ...READ },
    ],
    ["pause", "TS-1", { kind: "pause", scheduleId: "TS-1", note: "", ...READ }],
    [
      "pause",
      { all: true, note: "why" },
      { kind: "pause", scheduleId: null, note: "why", ...READ },
    ],
    ["resume", { all: true }, { kind: "resume", scheduleId: null, note: "", ...READ }],
    ["history", null, { kind: "history", scheduleId: null, limit: 20, sinceMs: 0, outcomes: null }],
    [
      "history",
      { schedule: "TS-1", limit: 5 },
      { kind: "history", scheduleId: "TS-1", limit: 5, sinceMs: 0, outcomes: null },
    ],
    ["reconcile", null, { kind: "reconcile" }],
    ["reload_configuration", null, { kind: "reload_configuration" }],
    ["status", "whatever", { kind: "status" }],
    ["make_tea", null, null],
  ])("understands %s with %j", (type, content, command) => {
    expect(read(type, content)).toEqual(command as never);
  });

  test.each([
    ["run", null, ONCE, "request_content is to be the schedule's name"],
    ["run", { schedule: 7 }, ONCE, "request_content is to be the schedule's name"],
    ["run", { task: "" }, ONCE, "task is to be the task's name"],
    ["run", { task: "BT-1", schedule: "TS-1" }, ONCE, "either schedule or task, not both"],
    ["run", { schedule: "TS-1", force: "yes" }, ONCE, "force is to be true or false"],
    ["run", "TS-1", { sent_ms: 1 }, "id is to be a text of its own"],
    ["run", "TS-1", { id: 12_345_678, sent_ms: 1 }, "id is to be a text of its own"],
    ["run", "TS-1", { id: "a:b:c:d:e", sent_ms: 1 }, "id is to be a text of its own"],
    ["run", "TS-1", { id: ONCE.id }, "sent_ms is to tell when it was sent"],
    ["pause", { all: true, schedule: "TS-1" }, ONCE, "either schedule or all"],
    ["pause", { all: false }, ONCE, "request_content is to be the schedule's name"],
    ["pause", { schedule: "TS-1", note: 7 }, ONCE, "note is to be a text"],
    ["pause", { schedule: "TS-1", note: "x".repeat(501) }, ONCE, "note is to be a text"],
    ["history", { limit: 0 }, ONCE, "limit is to be a whole number 1-10000"],
    ["history", { limit: 1e9 }, ONCE, "limit is to be a whole number 1-10000"],
    ["history", { schedule: ["TS-1"] }, ONCE, "schedule is to be a schedule's name"],
  ])("tells what %s with %j lacks", (type, content, rest, text) => {
    expect(() => read(type, content, rest)).toThrow(BadRequestError);
    expect(() => read(type, content, rest)).toThrow(text);
  });
});
