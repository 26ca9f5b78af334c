import { describe, expect, test } from "bun:test";
import { ExpressionCache } from "../../src/cron/expression-cache.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { PyDict } from "../../src/pickle/value.ts";
import { packCall } from "../../src/schedule/packed-call.ts";
import { defineSchedule } from "../../src/schedule/schedule.ts";
import type {
  BtuTaskWork,
  CallWork,
  Schedule,
  ScheduleInput,
} from "../../src/schedule/schedule.ts";
import { policyFor, ZONES } from "./read-source.ts";

const TOOLS = { expressions: new ExpressionCache(), zones: ZONES };

const TASK: BtuTaskWork = {
  kind: "btu_task",
  taskId: "BTU-1",
  timeoutSeconds: 600,
  runsById: true,
};

function call(more: Partial<CallWork> = {}): CallWork {
  return {
    kind: "call",
    function: "m.f",
    call: packCall({ args: [1n], kwargs: PyDict.fromRecord({ x: "y" }) }),
    timeoutSeconds: 180,
    resultTtlSeconds: 500,
    failureTtlSeconds: 600,
    ...more,
  };
}

function input(more: Partial<ScheduleInput> = {}): ScheduleInput {
  return {
    id: "TS-1",
    task: "BTU-1",
    description: "Ping",
    enabled: true,
    cron: "0 5 * * *",
    timeZone: "America/New_York",
    zoneRule: "schedule",
    queue: "default",
    work: { ...TASK },
    policy: policyFor("TS-1"),
    problem: null,
    ...more,
  };
}

function define(more: Partial<ScheduleInput> = {}, known?: Schedule): Schedule {
  return defineSchedule(input(more), TOOLS, known);
}

describe("a schedule", () => {
  test("is compiled, its zone under its proper name", () => {
    const { timing, timeZone, problem } = define({ timeZone: "america/new_york" });
    expect(problem).toBeNull();
    expect(timeZone).toBe("America/New_York");
    expect(timing).toMatchObject({ expression: { text: "0 5 * * *" } });
  });

  test.each<[string, Partial<ScheduleInput>, string]>([
    ["no id", { id: "" }, "the schedule has no id"],
    ["a bar in its id", { id: "a|b" }, 'the id "a|b" holds a "|"'],
    ["too long an id", { id: "x".repeat(201) }, "the id is longer than 200 characters"],
    ["no cron text", { cron: null }, "the schedule has no cron text"],
    ["a blank cron text", { cron: " \t" }, "the schedule has no cron text"],
    ["a bad cron text", { cron: "61 * * * *" }, "minute '61' is outside 0-59"],
    ["no zone", { timeZone: null }, "the schedule has no time zone, and none is configured"],
    ["an unknown zone", { timeZone: "Mars/Olympus" }, "unknown time zone 'Mars/Olympus'"],
    ["nothing to run", { work: null }, "nothing to run is given"],
    ["a problem that its source found", { problem: "mine", cron: "bad" }, "mine"],
  ])("with %s tells its problem", (_, more, problem) => {
    expect(define(more).problem).toStartWith(problem);
  });

  test("that is due as another one shares its times", () => {
    const [first, second] = [define(), define({ id: "TS-2", queue: "long" })];
    expect(first.timing).toBe(second.timing);
    expect(first.timingFingerprint).toBe(second.timingFingerprint);
  });
});

describe("the fingerprint of", () => {
  test.each<[string, Partial<ScheduleInput>]>([
    ["the cron text", { cron: "1 5 * * *" }],
    ["the zone", { timeZone: "Asia/Tokyo" }],
    [
      "the clock-change policy",
      { policy: { ...policyFor(""), dst: { gap: "skip", overlap: "first" } } },
    ],
  ])("times changes with %s", (_, more) => {
    expect(define(more).timingFingerprint).not.toBe(define().timingFingerprint);
    expect(define(more).timingFingerprint).toMatch(/^[\w-]{12}$/);
  });

  test.each<[string, Partial<ScheduleInput>]>([
    ["the queue", { queue: "long" }],
    ["the task", { work: { ...TASK, taskId: "BTU-2" } }],
    ["its duration", { work: { ...TASK, timeoutSeconds: 601 } }],
    ["the overlap policy", { policy: { ...policyFor(""), overlap: "skip" } }],
  ])("work changes with %s, and leaves times alone", (_, more) => {
    expect(define(more).workFingerprint).not.toBe(define().workFingerprint);
    expect(define(more).timingFingerprint).toBe(define().timingFingerprint);
  });

  test("work is the same for calls that are equal, each made anew", () => {
    const [first, second] = [define({ work: call() }), define({ work: call() })];
    expect(first.workFingerprint).toBe(second.workFingerprint);
    const other = define({
      work: call({ call: packCall({ args: [1], kwargs: PyDict.fromRecord({ x: "y" }) }) }),
    });
    expect(other.workFingerprint).not.toBe(first.workFingerprint);
  });

  test("work that several schedules share depends on their own queues", () => {
    const work = { ...TASK };
    const queues = ["a", "b", "a"].map((queue) => define({ work, queue }).workFingerprint);
    expect(queues[0]).toBe(queues[2]);
    expect(queues[0]).not.toBe(queues[1]);
  });
});

describe("a schedule that is read again", () => {
  test.each<[string, Partial<ScheduleInput>]>([
    ["a BTU Task", {}],
    ["a call", { work: call() }],
    ["a zone in another spelling", { timeZone: "america/new_york" }],
    ["a problem", { cron: "61 * * * *" }],
  ])("is the same object when nothing has changed: %s", (_, more) => {
    const known = define(more);
    expect(define(more, known)).toBe(known);
  });

  test.each<[string, Partial<ScheduleInput>]>([
    ["enabled", { enabled: false }],
    ["cron text", { cron: "1 5 * * *" }],
    ["zone", { timeZone: "Asia/Tokyo" }],
    ["spelling of the zone", { timeZone: "america/new_york" }],
    ["zone rule", { zoneRule: "system_settings" }],
    ["queue", { queue: "long" }],
    ["task", { task: "BTU-2" }],
    ["description", { description: "Pong" }],
    ["duration", { work: { ...TASK, timeoutSeconds: 601 } }],
    ["the way it is run", { work: { ...TASK, runsById: false } }],
    ["policy", { policy: { ...policyFor(""), misfire: "skip" } }],
    ["a problem of its source", { problem: "mine" }],
    ["a bad cron text", { cron: "61 * * * *" }],
    ["a zone that is unknown", { timeZone: "Mars/Olympus" }],
    ["no zone", { timeZone: null }],
    ["no cron text", { cron: null }],
  ])("is another one when there is another: %s", (_, more) => {
    const known = define();
    const found = define(more, known);
    expect(found).not.toBe(known);
    expect(found).toEqual(define(more));
  });

  test("is another one when a call's arguments are others", () => {
    const known = define({ work: call() });
    const other = packCall({ args: [1n], kwargs: PyDict.fromRecord({ x: "z" }) });
    expect(define({ work: call({ call: other }) }, known)).not.toBe(known);
  });

  test("is another one when its zone has other rules", () => {
    const known = define();
    const tools = { ...TOOLS, zones: openZoneData({ choice: "builtin" }) };
    const found = defineSchedule(input(), tools, known);
    expect(found).not.toBe(known);
    expect(found.timing!.zone).not.toBe(known.timing!.zone);
  });

  test("is sound again when its problem is mended", () => {
    const broken = define({ cron: "61 * * * *" });
    expect(define({}, broken)).toEqual(define());
  });
});
