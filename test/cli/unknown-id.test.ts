import { expect, test } from "bun:test";
import { unknownId } from "../../src/cli/unknown-id.ts";

test.each([
  ["schedule", "TS-00003", ["TS-000003", "TS-100000"], '(did you mean "TS-000003"?)'],
  ["task", "nightly", ["TASK-000001"], 'no task is called "nightly"'],
  ["job", "x".repeat(200), [], `no job is called "${"x".repeat(100)}…"`],
])("an unknown %s %p is told with the id that was meant", (what, id, known, text) => {
  const { name, message } = unknownId(what, id, known);
  expect([name, message]).toEqual(["NotFoundError", expect.stringContaining(text)]);
});
