/** After which answers the site may have enqueued a job all the same, and which are worth another request. */
import { describe, expect, test } from "bun:test";
import { delegatedBuilder } from "../../src/job/build-delegated.ts";
import { HandOverError } from "../../src/job/builder.ts";
import { setup } from "../frappe/setup.ts";
import { htmlReply, jsonReply } from "../support/frappe-replies.ts";
import { makeSchedule } from "../support/schedules.ts";
import type { StandinFault } from "../support/standin-frappe.ts";

const NEVER = new AbortController().signal;
const SCHEDULE = makeSchedule({ id: "TS-1" });

async function refusal(baseUrl: string | null, fault: StandinFault | null, token?: string) {
  await using parts = await setup(
    {},
    {
      timeoutMs: 200,
      ...(baseUrl !== null && { baseUrl }),
      ...(token !== undefined && { token }),
    },
  );
  parts.site.misbehave(fault);
  const { handOver } = delegatedBuilder({ endpoints: parts.frappe, traces: [] });
  const error = await handOver!.post(SCHEDULE, NEVER).catch((thrown: unknown) => thrown);
  if (error instanceof HandOverError) return error;
  throw new Error("no HandOverError", { cause: error });
}

const NO = jsonReply(200, { message: { has_errors: 1, error_message: "no <b>worker</b>" } });

describe("a request that the site did not take", () => {
  test.each<[string, StandinFault, boolean]>([
    ["has_errors", NO, true],
    ["maintenance", "maintenance", true],
    ["a rate limit", "rate-limited", true],
    ["a broken app", "rq.compat", false],
    ["a document that is missing", { status: 404, type: "DoesNotExistError", message: "x" }, false],
    ["a wrong host", htmlReply(404, "Not Found", "x"), false],
    ["a refusal", { status: 417, type: "ValidationError", message: "x" }, false],
    ["no permission", { status: 403, type: "PermissionError", message: "x" }, false],
    ["a redirection", { status: 301, body: "", headers: { Location: "https://x" } }, false],
  ])("for %s was surely not heard", async (_, fault, transient) => {
    const error = await refusal(null, fault);
    expect([error.mayBeDone, error.transient]).toEqual([false, transient]);
    expect(error.message).toBe('hand over schedule "TS-1"');
  });

  test("for a wrong token was surely not heard", async () => {
    const error = await refusal(null, null, "f7b1c2d3e4a5b6c:wrong");
    expect([error.mayBeDone, error.transient]).toEqual([false, false]);
  });

  test("for want of a server was surely not heard", async () => {
    const error = await refusal("http://127.0.0.1:1", null);
    expect([error.mayBeDone, error.transient]).toEqual([false, true]);
  });

  test("says in the app's own words why", async () => {
    const { cause } = await refusal(null, NO);
    expect(String(cause)).toContain("the app failed: no worker");
  });
});

describe("a request whose fate is not known", () => {
  test.each<[string, StandinFault]>([
    ["a broken connection", "close"],
    ["half an answer", "truncate"],
    ["no answer in time", "hang"],
    ["something else than HTTP", "garbage"],
    ["a gateway that waited in vain", "gateway"],
    ["a failure of Frappe", { status: 500, type: "OperationalError", message: "x" }],
    ["a lock", htmlReply(508, "Busy", "x")],
    ["a page in place of JSON", htmlReply(200, "Login", "x")],
    ["another answer", jsonReply(200, { message: "ok" })],
  ])("since there came %s may have been heard, and is looked up", async (_, fault) => {
    const error = await refusal(null, fault);
    expect([error.mayBeDone, error.transient]).toEqual([true, true]);
    expect(error.message).toContain("may have enqueued it all the same");
  });
});

describe("the builder of sites that enqueue for themselves", () => {
  test("builds no job, and never sends anything before it is due", async () => {
    await using parts = await setup();
    const builder = delegatedBuilder({ endpoints: parts.frappe, traces: [] });
    expect(builder.aheadSeconds).toBe(0);
    const error = await builder.build(SCHEDULE, NEVER).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("only those of its schedules");
    expect(parts.site.requests).toEqual([]);
  });
});
