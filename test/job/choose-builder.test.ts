/** Which builder makes the jobs of a task. */
import { describe, expect, test } from "bun:test";
import { openChoice } from "../../src/job/choose-builder.ts";
import type { ChoiceOptions } from "../../src/job/choose-builder.ts";
import type { BtuTaskWork } from "../../src/schedule/schedule.ts";

const NEW: BtuTaskWork = {
  kind: "btu_task",
  taskId: "BT-000001",
  timeoutSeconds: 3600,
  runsById: true,
};
const OLD: BtuTaskWork = { ...NEW, runsById: false };
const REMOTE: BtuTaskWork = { ...NEW, isRemote: true };
const ALL: ChoiceOptions = { choice: "auto", hasSite: true, hasServer: true };

describe("the choice of a builder", () => {
  test.each<readonly [string, BtuTaskWork, Partial<ChoiceOptions>, string]>([
    ["a new app whose site is named is served natively", NEW, {}, "native"],
    ["a new app needs no web server for it", NEW, { hasServer: false }, "native"],
    [
      "a new app whose site is not named has the web server pickle",
      NEW,
      { hasSite: false },
      "pickled",
    ],
    ["an old app has the web server pickle", OLD, {}, "pickled"],
    ["a site out of reach enqueues itself", REMOTE, { choice: "native" }, "delegated"],
    ["what is written down holds", NEW, { choice: "delegated" }, "delegated"],
  ])("%s", (_, work, options, kind) => {
    expect(openChoice({ ...ALL, ...options })(work)).toMatchObject({ kind, problem: null });
  });

  test.each<readonly [string, BtuTaskWork, Partial<ChoiceOptions>, RegExp]>([
    ["native by hand for an old app", OLD, { choice: "native" }, /older than 15\.1\.1/],
    [
      "native by hand without the name of the site",
      NEW,
      { choice: "native", hasSite: false },
      /"site"/,
    ],
    ["pickled without a token", OLD, { hasServer: false }, /pickle it.*webserver_token/],
    [
      "delegated without a token",
      NEW,
      { choice: "delegated", hasServer: false },
      /enqueue it.*webserver_token/,
    ],
  ])("%s makes no job, and says why", (_, work, options, problem) => {
    expect(openChoice({ ...ALL, ...options })(work).problem).toMatch(problem);
  });

  test("only a new app without the name of its site is advised to set it", () => {
    const advised = [NEW, OLD, REMOTE].flatMap((work) =>
      [true, false].map((hasSite) => openChoice({ ...ALL, hasSite })(work).advice !== null),
    );
    expect(advised).toEqual([false, true, false, false, false, false]);
  });

  test("tasks alike get the same choice", () => {
    const choose = openChoice(ALL);
    expect(choose({ ...NEW, taskId: "BT-000002" })).toBe(choose(NEW));
  });
});
