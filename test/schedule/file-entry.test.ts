import { describe, expect, test } from "bun:test";
import { parse } from "smol-toml";
import { toPickleValue } from "../../src/pickle/convert.ts";
import { parseJsonExact } from "../../src/pickle/json.ts";
import { pyRepr } from "../../src/pickle/repr.ts";
import { PyTuple } from "../../src/pickle/value.ts";
import { readFileEntry } from "../../src/schedule/file-entry.ts";
import { unpackCall } from "../../src/schedule/packed-call.ts";
import type { CallWork, ScheduleInput } from "../../src/schedule/schedule.ts";
import { policyFor } from "./read-source.ts";

const DEFAULTS = { policyFor, timeZone: "Europe/Berlin" };
const SOUND = 'id = "a"\ncron = "0 2 * * *"\nfunction = "m.f"';

function fromToml(text: string): ScheduleInput {
  return readFileEntry(
    toPickleValue(parse(text, { integersAsBigInt: true }), "schedule 1"),
    1,
    DEFAULTS,
  );
}

function fromJson(text: string): ScheduleInput {
  return readFileEntry(parseJsonExact(text), 1, DEFAULTS);
}

function callOf({ work }: ScheduleInput): CallWork {
  if (work?.kind !== "call") throw new Error("the entry runs no call");
  return work;
}

/** The call's arguments as Python writes them. */
function argumentsOf(input: ScheduleInput): string {
  const { args, kwargs } = unpackCall(callOf(input).call);
  return `${pyRepr(new PyTuple(args))} ${pyRepr(kwargs)}`;
}

describe("an entry", () => {
  test("needs an id, a cron text and a function, and has a default for all else", () => {
    expect(fromToml(SOUND)).toMatchObject({
      id: "a",
      task: "m.f",
      description: "",
      enabled: true,
      cron: "0 2 * * *",
      timeZone: "Europe/Berlin",
      zoneRule: "configuration",
      queue: "default",
      problem: null,
      work: { timeoutSeconds: 180, resultTtlSeconds: 500, failureTtlSeconds: 604_800 },
    });
    expect(fromToml(SOUND).policy).toBe(policyFor("a"));
  });

  const ALL = `
id = "nightly-report"
cron = "0 2 * * *"
time_zone = " America/New_York "
queue = "home-bench:long"
function = "reports.nightly.run"
args = [1, "two"]
kwargs = { full = true }
timeout_secs = 600
result_ttl_secs = 0
failure_ttl_secs = -1
description = "Nightly report"
enabled = false
misfire = "run_all"
misfire_grace_secs = 60
max_catchup = 5
overlap = "skip"
jitter_secs = 30
dst_gap = "skip"
dst_overlap = "both"
`;

  test("may say everything, in TOML and in JSON alike", () => {
    const input = fromToml(ALL);
    expect(input).toMatchObject({
      id: "nightly-report",
      task: "reports.nightly.run",
      description: "Nightly report",
      enabled: false,
      timeZone: "America/New_York",
      zoneRule: "schedule",
      queue: "home-bench:long",
      problem: null,
      policy: {
        misfire: "run_all",
        misfireGraceSeconds: 60,
        maxCatchup: 5,
        overlap: "skip",
        jitterSeconds: 30,
        dst: { gap: "skip", overlap: "both" },
      },
    });
    expect(callOf(input)).toMatchObject({
      timeoutSeconds: 600,
      resultTtlSeconds: 0,
      failureTtlSeconds: -1,
    });
    expect(argumentsOf(input)).toBe("(1, 'two') {'full': True}");
    const json = JSON.stringify(parse(ALL));
    expect(fromJson(json)).toEqual(input);
  });

  test("keeps integers of any size, and floats apart from them", () => {
    const big = "123456789012345678901234567890";
    const args = `[${big}, 1.0, 1, -9223372036854775809]`;
    const wanted = `(${big}, 1.0, 1, -9223372036854775809) {}`;
    expect(argumentsOf(fromToml(`${SOUND}\nargs = ${args}`))).toBe(wanted);
    const json = `{"id": "a", "cron": "* * * * *", "function": "m.f", "args": ${args}}`;
    expect(argumentsOf(fromJson(json))).toBe(wanted);
  });

  test.each([
    ["(1, None, b'x', {'k': (2,)})", "(1, None, b'x', {'k': (2,)}) {}"],
    ["[1, 2]", "(1, 2) {}"],
    ["()", "() {}"],
  ])("takes the literal %p for its arguments", (literal, wanted) => {
    const input = fromToml(`${SOUND}\narguments = ${JSON.stringify(literal)}`);
    expect(input.problem).toBeNull();
    expect(argumentsOf(input)).toBe(wanted);
  });

  test("takes JSON's null for what is not set", () => {
    const text =
      '{"id": "a", "cron": "* * * * *", "function": "m.f", "queue": null, "overlap": null}';
    expect(fromJson(text)).toMatchObject({ queue: "default", problem: null });
  });

  test("keeps null among its arguments", () => {
    const text =
      '{"id": "a", "cron": "* * * * *", "function": "m.f", "args": [null], "kwargs": {"x": null}}';
    expect(argumentsOf(fromJson(text))).toBe("(None,) {'x': None}");
  });

  test("shares what it does not say with all others", () => {
    const [first, second] = [fromToml(SOUND), fromToml(SOUND)];
    expect(callOf(first).call).toBe(callOf(second).call);
    expect(fromToml(`${SOUND}\nmisfire = "run_once"`).policy).toBe(policyFor("a"));
  });
});

describe("an entry is told what is wrong with it:", () => {
  test.each([
    [
      'id is missing: expected letters, digits, ".", "_" and "-", 200 at most',
      'cron = "* * * * *"\nfunction = "m.f"',
    ],
    [
      'id "a|b": expected letters, digits, ".", "_" and "-", 200 at most',
      SOUND.replace('"a"', '"a|b"'),
    ],
    ['id "a b": expected letters', SOUND.replace('"a"', '"a b"')],
    ["id: expected text in quotes", SOUND.replace('"a"', "7")],
    [
      "function is missing: expected a dotted path such as reports.nightly.run",
      'id = "a"\ncron = "* * * * *"',
    ],
    ['function "f": expected a dotted path', SOUND.replace("m.f", "f")],
    ['function "m.f()": expected a dotted path', SOUND.replace("m.f", "m.f()")],
    ['unknown key "crn" (did you mean "cron"?)', `${SOUND}\ncrn = "x"`],
    ['unknown key "timezone" (did you mean "time_zone"?)', `${SOUND}\ntimezone = "UTC"`],
    ['unknown key "schedule_of_everything"', `${SOUND}\nschedule_of_everything = 1`],
    ["cron: expected text in quotes", SOUND.replace('"0 2 * * *"', "7")],
    ["time_zone: expected text in quotes", `${SOUND}\ntime_zone = 7`],
    ['queue "": expected a queue name without blanks', `${SOUND}\nqueue = ""`],
    ['queue "a b": expected a queue name without blanks', `${SOUND}\nqueue = "a b"`],
    ["args: expected a list", `${SOUND}\nargs = "x"`],
    ["arguments: expected text in quotes", `${SOUND}\narguments = 7`],
    [
      'arguments: expected a tuple such as (1, "two"); one value: (1,)',
      `${SOUND}\narguments = "(1)"`,
    ],
    [
      'arguments: read Python literal, line 1, column 1, "open"',
      `${SOUND}\narguments = "open('x')"`,
    ],
    ["args and arguments: give only one of them", `${SOUND}\nargs = [1]\narguments = "(1,)"`],
    ["kwargs: expected a table of named arguments", `${SOUND}\nkwargs = [1]`],
    [
      'timeout_secs "0": expected a whole number of seconds from 1 to 3200000000, or -1 for no limit',
      `${SOUND}\ntimeout_secs = 0`,
    ],
    ['timeout_secs "1.5": expected a whole number', `${SOUND}\ntimeout_secs = 1.5`],
    [
      'result_ttl_secs "-2": expected a whole number of seconds from 0',
      `${SOUND}\nresult_ttl_secs = -2`,
    ],
    [
      'failure_ttl_secs "1d": expected a whole number of seconds from 0',
      `${SOUND}\nfailure_ttl_secs = "1d"`,
    ],
    ["description: expected text in quotes", `${SOUND}\ndescription = 7`],
    ["enabled: expected true or false", `${SOUND}\nenabled = "yes"`],
    ['misfire "never": expected run_once, skip or run_all', `${SOUND}\nmisfire = "never"`],
    ['jitter_secs "-1": expected an integer 0-86400 (seconds)', `${SOUND}\njitter_secs = -1`],
    ['max_catchup "0": expected an integer 1-100000', `${SOUND}\nmax_catchup = 0`],
    ['dst_gap "1": expected run_after or skip, in quotes', `${SOUND}\ndst_gap = 1`],
  ])("%s", (problem, text) => {
    expect(fromToml(text).problem).toStartWith(problem);
  });

  test("everything at once", () => {
    expect(fromToml('id = "a"\nfunction = "f"\nenabled = 1\nx = 1').problem).toBe(
      'unknown key "x"; function "f": expected a dotted path such as reports.nightly.run; enabled: expected true or false',
    );
  });

  test.each(["[1]", "7", '"x"', "null"])("%p is no table", (text) => {
    expect(fromJson(text)).toMatchObject({ id: "#1", problem: "expected a table" });
  });

  test("long values are cut", () => {
    const { problem } = fromToml(`${SOUND}\nqueue = "${"a b".repeat(1_000)}"`);
    expect(problem!.length).toBeLessThan(200);
  });

  test("its number stands for an id that it lacks", () => {
    const entry = toPickleValue({}, "x");
    expect(readFileEntry(entry, 17, DEFAULTS).id).toBe("#17");
  });
});
