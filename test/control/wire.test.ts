import { describe, expect, test } from "bun:test";
import { readRequest, writeReply } from "../../src/control/wire.ts";
import type { Reply } from "../../src/control/command.ts";

const DONE: Reply = { ok: true, result: null };

function answer(message: object, reply: Reply = DONE): string | null {
  const request = readRequest(JSON.stringify(message));
  return request === null ? null : writeReply(request, reply);
}

describe("the app's old form is answered word for word", () => {
  test.each([
    ["ping", null, "pong"],
    [
      "create_task_schedule",
      "TS-1",
      "BTU Scheduler now re-processing Task Schedule TS-1 in Python RQ.",
    ],
    [
      "cancel_task_schedule",
      "TS-Ü🚀",
      "Successfully cancelled BTU Task Schedule TS-Ü🚀 in Python RQ.",
    ],
    ["make_tea", null, "Client message has an unhandled 'request_type': make_tea"],
  ])("%s", (request_type, request_content, text) => {
    expect(answer({ request_type, request_content })).toBe(text);
  });

  test.each([
    {},
    { request_type: 7 },
    { request_type: "create_task_schedule" },
    { request_type: "create_task_schedule", request_content: "" },
    { request_type: "cancel_task_schedule", request_content: { schedule: "TS-1" } },
    { request_type: "create_task_schedule", request_content: "x".repeat(201) },
  ])("by silence: %j", (message) => {
    expect(answer(message)).toBeNull();
  });
});

describe("our own form is answered by one line that repeats the id", () => {
  test.each([1, 0, "abc", "ü"])("%p", (id) => {
    expect(answer({ id, request_type: "ping" }, { ok: true, result: "pong" })).toBe(
      `${JSON.stringify({ id, ok: true, result: "pong" })}\n`,
    );
  });

  test("also where the request is not understood", () => {
    const refused: Reply = { ok: false, code: "bad_request", message: "no" };
    expect(answer({ id: 7, request_type: "create_task_schedule" }, refused)).toBe(
      '{"id":7,"ok":false,"code":"bad_request","message":"no"}\n',
    );
  });

  test.each([{ id: { a: 1 } }, { id: [1] }, { id: true }, { id: "x".repeat(201) }])(
    "but an id that is none makes it the old form: %j",
    (id) => {
      expect(answer({ ...id, request_type: "ping" })).toBe("pong");
    },
  );
});
