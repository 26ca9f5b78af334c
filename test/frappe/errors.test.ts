import { describe, expect, test } from "bun:test";
import { htmlReply, jsonReply } from "../support/frappe-replies.ts";
import type { FrappeGeneration } from "../support/frappe-replies.ts";
import type { StandinFault } from "../support/standin-frappe.ts";
import { faultOf, setup } from "./setup.ts";

const UNKNOWN_TOKEN = "0123456789abcde:0123456789abcde";

/** As Frappe words an error that its code threw. */
function failure(status: number, type: string, message: string): StandinFault {
  return { status, type, message };
}

describe("a fault of the web server or the site", () => {
  test.each<[string, StandinFault, [kind: string, transient: boolean, text: string]]>([
    ["is down behind nginx", "gateway", ["gateway", true, "is the bench running"]],
    ["is being migrated", "maintenance", ["maintenance", true, "bench migrate"]],
    ["limits the rate", "rate-limited", ["rate-limited", true, "rate_limit"]],
    ["has a broken app", "rq.compat", ["app-broken", false, "rq.compat"]],
    ["refuses", failure(417, "ValidationError", "Not <b>now</b>"), ["rejected", false, "Not now"]],
    ["fails", failure(500, "KeyError", "'x'"), ["server-error", true, "KeyError: 'x'"]],
    ["is busy", htmlReply(508, "Busy", "lock"), ["busy", true, "deadlock"]],
    ["wants a CSRF token", failure(400, "CSRFTokenError", "x"), ["rejected", false, "a proxy"]],
    ["takes nothing", failure(400, "DataError", "bad"), ["rejected", false, "it is: "]],
    ["is a teapot", htmlReply(418, "Teapot", "x"), ["unexpected-status", false, "HTTP 418"]],
    ["is unheard of", htmlReply(599, "X", "x"), ["unexpected-status", true, "HTTP 599"]],
    ["says nothing", { status: 500, body: "" }, ["server-error", true, "Frappe failed;"]],
    ["answers in HTML", htmlReply(200, "Login", "x"), ["bad-answer", false, "200 Login Login x"]],
    ["answers what is not asked", jsonReply(200, { message: 1 }), ["bad-answer", false, "pong"]],
  ])("that %s", async (_, fault, [kind, transient, text]) => {
    await using parts = await setup();
    parts.site.misbehave(fault);
    const error = await faultOf(parts.frappe.ping());
    expect([error.kind, error.transient]).toEqual([kind as never, transient]);
    expect(error.message).toStartWith("ping the app: ");
    expect(error.message).toContain(text);
  });

  test.each<[FrappeGeneration, string, string]>([
    ["v13", "forbidden", "Frappe 13"],
    ["v14", "unauthorized", "Generate Keys"],
    ["v16", "unauthorized", "webserver_token"],
  ])("of %s to a wrong token is %s", async (generation, kind, text) => {
    await using parts = await setup({ generation }, { token: "f7b1c2d3e4a5b6c:wrong-secret" });
    const error = await faultOf(parts.frappe.ping());
    expect([error.kind as string, error.transient]).toEqual([kind, false]);
    expect(error.message).toContain(text);
  });

  test("to a token of nobody says where to make one", async () => {
    await using parts = await setup({}, { token: UNKNOWN_TOKEN });
    const error = await faultOf(parts.frappe.ping());
    expect([error.kind, error.status]).toEqual(["unauthorized", 401]);
    expect(error.message).toContain("Generate Keys");
    expect(error.message).not.toContain(UNKNOWN_TOKEN.slice(0, 15));
  });

  test("to a token without a colon is told as no access", async () => {
    await using parts = await setup({}, { token: "two words" });
    expect((await faultOf(parts.frappe.ping())).kind).toBe("forbidden");
  });

  test("that knows no such site names the key to change", async () => {
    await using parts = await setup({ chooseSiteByName: true });
    const error = await faultOf(parts.frappe.ping());
    expect([error.kind, error.transient]).toEqual(["wrong-site", false]);
    expect(error.message).toContain("webserver_host_header");
  });

  test.each<FrappeGeneration>(["v13", "v14"])("of %s in maintenance passes", async (generation) => {
    await using parts = await setup({ generation });
    parts.site.misbehave("maintenance");
    const error = await faultOf(parts.frappe.ping());
    expect([error.kind, error.transient]).toEqual(["maintenance", true]);
  });

  test("whose tracebacks are off is told by what is left", async () => {
    await using parts = await setup({ tracebacks: false });
    parts.site.misbehave({
      status: 417,
      type: "ValidationError",
      message: "Too <i>late</i> &amp; gone",
    });
    expect((await faultOf(parts.frappe.ping())).message).toEndWith("Too late & gone");
  });

  test("that the app lacks an endpoint is told as such", async () => {
    await using parts = await setup({ generation: "v14" });
    const error = await faultOf(parts.frappe.getEnabledTaskSchedules());
    expect([error.kind, error.transient]).toEqual(["app-broken", false]);
    expect(error.message).toContain("get_enabled_task_schedules");
  });

  test.each([
    ["_server_messages", '["{\\"message\\": 1}", "no json", {}, 7]'],
    ["_server_messages", "{"],
    ["_server_messages", '{"message": "x"}'],
    ["exception", { a: 1 }],
    ["exc_type", ["x"]],
  ])("with a strange %s (%j) is still told", async (name, value) => {
    await using parts = await setup();
    parts.site.misbehave(jsonReply(500, { [name]: value }));
    expect((await faultOf(parts.frappe.ping())).kind).toBe("server-error");
  });

  test("cannot forge lines or fill the log", async () => {
    await using parts = await setup();
    const exception = `\u001b[31mred\nsecond line ${"x".repeat(1_000)}`;
    parts.site.misbehave(jsonReply(500, { exception }));
    const { message } = await faultOf(parts.frappe.ping());
    expect(message).not.toMatch(/\p{Cc}/u);
    expect(message.length).toBeLessThan(600);
  });
});
