import { describe, expect, test } from "bun:test";
import { configChanges, withLiveKeys } from "../../src/config/changes.ts";
import { loadText, SOURCE } from "./load-text.ts";

const before = loadText(SOURCE).config;

function after(lines: string): typeof before {
  return loadText(`${SOURCE}\n${lines}`).config;
}

describe("configChanges", () => {
  test("finds none between equal configurations", () => {
    const policy = '[[policy]]\nmatch = "TS-*"\noverlap = "skip"';
    expect(configChanges(after(policy), after(policy))).toEqual({ live: [], needRestart: [] });
  });

  test.each([
    ['log_level = "debug"', ["log_level"], []],
    ['site = "erp.example.com"', [], ["site"]],
    ['rq_port = 7\nmisfire = "skip"', ["misfire"], ["rq_port"]],
    ['[[policy]]\nmatch = "TS-*"\noverlap = "skip"', ["policy"], []],
  ])("sorts %j", (lines, live, needRestart) => {
    expect(configChanges(before, after(lines))).toEqual({ live, needRestart } as never);
  });
});

test("withLiveKeys takes over what counts at once and nothing else", () => {
  const held = withLiveKeys(before, after('rq_port = 7\nmisfire = "skip"'));
  expect(held).toEqual({ ...before, misfire: "skip" });
  expect(Object.isFrozen(held)).toBeTrue();
});
