import { describe, expect, test } from "bun:test";
import { deflateSync, gzipSync } from "node:zlib";
import { readCall } from "../../src/observe/rq-call.ts";
import { jobResults, lastLine } from "../../src/observe/rq-results.ts";
import { runningJob } from "../../src/observe/rq-jobs.ts";
import { encodePickle } from "../../src/pickle/encode.ts";
import { PyDict, PyTuple } from "../../src/pickle/value.ts";
import type { PickleValue } from "../../src/pickle/value.ts";

const LIMITS = { maxBytes: 100_000, valueLength: 40 };

function stored(
  name: PickleValue,
  kwargs: Record<string, PickleValue> = {},
  args: PickleValue[] = [],
) {
  const call = new PyTuple([name, null, new PyTuple(args), PyDict.fromRecord(kwargs)]);
  return deflateSync(encodePickle(call));
}

function frappe(kwargs: Record<string, PickleValue>) {
  return stored("frappe.utils.background_jobs.execute_job", kwargs);
}

function summaryOf(data: Uint8Array): string | undefined {
  return readCall(data, LIMITS).call?.summary;
}

/** `(func, None, (os.system('x'),), {})` as Python would pickle it: whoever loads it runs a command. */
const HARMFUL = Buffer.from("(Va.b\nN(cposix\nsystem\n(Vtouch /tmp/harm\ntRt(dt.", "latin1");

describe("readCall", () => {
  test.each([
    ["a call", stored("a.b", { x: 1n }, ["y", null]), "a.b('y', None, x=1)"],
    ["no arguments", stored("a.b"), "a.b()"],
    ["an uncompressed pickle", Buffer.from(HARMFUL), "a.b(<posix.system('touch /tmp/harm')>)"],
    ["JSON", deflateSync('["a.b", null, ["y", 1], {"x": true}]'), "a.b('y', 1, x=True)"],
    [
      "a Frappe job",
      frappe({ method: "erp.mail.send", kwargs: PyDict.fromRecord({ to: "ü" }) }),
      "erp.mail.send(to='ü')",
    ],
    [
      "a BTU job",
      frappe({
        method: "btu.btu_core.task_runner.run_task_by_id",
        kwargs: PyDict.fromRecord({ task_id: "BT-1", schedule_id: "TS-1" }),
      }),
      "BTU task BT-1 of TS-1",
    ],
    ["a Frappe job without a method", frappe({ job_name: "Nightly" }), "Nightly()"],
  ])("sums up %s", (_, data, summary) => {
    expect(readCall(data, LIMITS).problem).toBeNull();
    expect(summaryOf(data)).toBe(summary);
  });

  test("shows what runs nothing of it", () => {
    const { call } = readCall(HARMFUL, LIMITS);
    expect(call?.args).toEqual(["<posix.system('touch /tmp/harm')>"]);
  });

  test("cuts long values", () => {
    const { call } = readCall(stored("a.b", { text: "x".repeat(1000) }), LIMITS);
    expect(call?.kwargs).toEqual([{ name: "text", value: `'${"x".repeat(39)}...` }]);
  });

  test.each([
    ["nothing", null, "the job holds no call"],
    ["three parts", deflateSync('["a.b", null, []]'), "it is no call"],
    ["a function that is no text", stored(1n), "it is no call"],
    ["gzip", gzipSync("x"), "the call cannot be read"],
    ["no pickle", Buffer.from("rubbish"), "the call cannot be read"],
    ["a bomb", deflateSync(Buffer.alloc(1_000_000)), "longer than 100000 bytes"],
  ])("says why %s is no call", (_, data, problem) => {
    const reading = readCall(data, LIMITS);
    expect(reading.call).toBeNull();
    expect(reading.problem).toContain(problem);
  });
});

describe("jobResults", () => {
  test("reads every type, and what it does not know as unknown", () => {
    const types = ["1", "2", "3", "4", "5", "9"];
    const entries = types.map((type, index) => [`${index}-0`, ["type", type]]);
    expect(jobResults(entries).map(({ type }) => type)).toEqual([
      "ok",
      "failed",
      "stopped",
      "retried",
      "retries_exceeded",
      "unknown",
    ]);
  });

  test("tells a value that cannot be read", () => {
    const [result] = jobResults([["1000-0", ["type", "1", "return_value", "AAAA"]]]);
    expect(result).toMatchObject({ at: "1970-01-01T00:00:01.000Z" });
    expect(result?.return_value).toStartWith("(cannot be read: ");
  });

  test.each([null, undefined, "x", [["no id"], 7]])("takes %p for no results", (reply) => {
    expect(jobResults(reply).filter(({ type }) => type !== "unknown")).toEqual([]);
  });
});

describe("lastLine", () => {
  test.each([
    ["one line", "Traceback\n  File a\n    x()\nValueError: no\n", "ValueError: no"],
    ["the first of several", "Traceback\n  File a\n    x()\nE: first\nsecond\n\n", "E: first"],
    [
      "a text without frames",
      "Moved to FailedJobRegistry, due to AbandonedJobError",
      "Moved to FailedJobRegistry, due to AbandonedJobError",
    ],
    ["nothing", null, null],
    ["blanks", " \n", null],
  ])("takes %s", (_, traceback, line) => {
    expect(lastLine(traceback)).toBe(line);
  });
});

describe("runningJob", () => {
  const execution = "c779837bb45f4cad95cf06313eb158b4";
  test.each([
    [`job-1:${execution}`, "job-1"],
    ["job-1", "job-1"],
    [`site::${execution}`, `site::${execution}`],
    [`site||x:${execution}`, "site||x"],
  ])("of %s is %s", (member, id) => {
    expect(runningJob(member)).toBe(id);
  });
});
