import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import { systemClock } from "../../src/base/clock.ts";
import { FrappeClient } from "../../src/frappe/client.ts";
import { FrappeEndpoints } from "../../src/frappe/endpoints.ts";
import { freePort } from "../support/free-port.ts";
import { jsonReply } from "../support/frappe-replies.ts";
import type { FrappeGeneration } from "../support/frappe-replies.ts";
import type { StandinFault } from "../support/standin-frappe.ts";
import { faultOf, setup } from "./setup.ts";

const GENERATIONS: readonly FrappeGeneration[] = ["v13", "v14", "v15.0", "v15.2", "v16"];
const TLS = resolve(import.meta.dir, "../fixtures/tls");
const certificates = {
  caPath: `${TLS}/ca.pem`,
  certPath: `${TLS}/erp.example.com.pem`,
  keyPath: `${TLS}/erp.example.com.key`,
  ca: await Bun.file(`${TLS}/ca.pem`).text(),
};

describe("FrappeClient", () => {
  test.each([...GENERATIONS])("is understood by a site of %s", async (generation) => {
    await using parts = await setup({ generation });
    await parts.frappe.ping();
    expect(await parts.frappe.loggedUser()).toBe("btu@example.com");
  });

  test.each([
    ["as KEY:SECRET", (token: string) => token],
    ["with the word token", (token: string) => `token ${token}`],
    ["with blanks around", (token: string) => `  token   ${token} `],
  ])("takes the token %s", async (_, write) => {
    await using parts = await setup();
    const { baseUrl, token } = parts.site;
    const options = { baseUrl, token: write(token), clock: systemClock, timeoutMs: 2_000 };
    await new FrappeEndpoints(new FrappeClient(options)).ping();
    expect(parts.site.requests.map(({ status }) => status)).toEqual([200]);
  });

  test("chooses the site by the Host header", async () => {
    const sites = ["one.example.com", "two.example.com"];
    const names = { hostHeader: "two.example.com" };
    await using parts = await setup({ sites, chooseSiteByName: true }, names);
    await parts.frappe.ping();
    expect(parts.site.requests[0]?.site).toBe("two.example.com");
  });

  test("chooses the site by X-Frappe-Site-Name before the Host header", async () => {
    const sites = ["one.example.com", "two.example.com"];
    const names = { hostHeader: "two.example.com", siteName: "one.example.com" };
    await using parts = await setup({ sites, chooseSiteByName: true }, names);
    await parts.frappe.ping();
    expect(parts.site.requests[0]?.site).toBe("one.example.com");
  });

  test("verifies the certificate under the name of the Host header", async () => {
    const { ca } = certificates;
    await using parts = await setup({ certificates }, { hostHeader: "erp.example.com:443", ca });
    await parts.frappe.ping();
    expect(parts.site.requests).toHaveLength(1);
  });

  test.each([
    ["under another name", { hostHeader: "other.example.com", ca: certificates.ca }],
    ["without a name", { ca: certificates.ca }],
    ["of an unknown authority", { hostHeader: "erp.example.com" }],
  ])("does not trust a certificate %s", async (_, names) => {
    await using parts = await setup({ certificates }, names);
    const fault = await faultOf(parts.frappe.ping());
    expect([fault.kind, fault.transient]).toEqual(["certificate", false]);
    expect(parts.site.requests).toHaveLength(0);
  });

  test("does not follow a redirection, and names where it leads", async () => {
    await using parts = await setup();
    const headers = { Location: "https://erp.example.com/api" };
    parts.site.misbehave({ status: 301, headers, body: "" });
    const fault = await faultOf(parts.frappe.ping());
    expect([fault.kind, fault.transient]).toEqual(["redirected", false]);
    expect(fault.message).toContain('"https://erp.example.com/api"');
    expect(parts.site.requests).toHaveLength(1);
  });

  test.each<[StandinFault, string]>([
    ["hang", "timeout"],
    [{ dripMs: 50 }, "timeout"],
    [{ delayMs: 1_000 }, "timeout"],
    ["close", "unreachable"],
    ["garbage", "unreachable"],
    ["truncate", "unreachable"],
  ])("calls a web server that does %p %s, which passes", async (fault, kind) => {
    await using parts = await setup({}, { timeoutMs: 150 });
    parts.site.misbehave(fault);
    const startMs = performance.now();
    const error = await faultOf(parts.frappe.enqueueForNextAvailableWorker("TS-1"));
    expect([error.kind, error.transient]).toEqual([kind as never, true]);
    expect(performance.now() - startMs).toBeLessThan(600);
    expect(parts.site.requests).toHaveLength(1);
  });

  test("calls nobody at the port unreachable, which passes", async () => {
    const baseUrl = `http://127.0.0.1:${await freePort()}`;
    await using parts = await setup({}, { baseUrl });
    const fault = await faultOf(parts.frappe.ping());
    expect([fault.kind, fault.transient]).toEqual(["unreachable", true]);
    expect(fault.message).toContain(`"${baseUrl}"`);
  });

  test("gives up when its caller does, with the caller's reason", async () => {
    await using parts = await setup();
    parts.site.misbehave("hang");
    const controller = new AbortController();
    const call = parts.frappe.ping(controller.signal);
    controller.abort(new Error("going down"));
    expect(call).rejects.toThrow("going down");
  });

  test("takes no more than 32 MiB", async () => {
    await using parts = await setup();
    const body = new Uint8Array(33 * 1024 * 1024).fill(0x20);
    parts.site.misbehave({ status: 200, body });
    const fault = await faultOf(parts.frappe.ping());
    expect([fault.kind, fault.transient]).toEqual(["too-large", false]);
  });

  test("asks no proxy of the environment for this machine", async () => {
    await using parts = await setup();
    const before = process.env["http_proxy"];
    process.env["http_proxy"] = "http://127.0.0.1:9";
    try {
      await parts.frappe.ping();
    } finally {
      if (before === undefined) delete process.env["http_proxy"];
      else process.env["http_proxy"] = before;
    }
    expect(parts.site.requests).toHaveLength(1);
  });

  test("shows no token, even when the site repeats it", async () => {
    await using parts = await setup();
    const { token } = parts.site;
    const secret = token.split(":")[1] ?? "";
    const message = `Authorization: token ${token} is bad, ${secret} too`;
    for (const status of [200, 403, 417, 500, 599]) {
      parts.site.misbehave({ status, body: JSON.stringify({ exception: message }) });
      const fault = await faultOf(parts.frappe.ping());
      expect(fault.message).not.toContain(secret);
    }
    parts.site.misbehave({ status: 200, body: message });
    expect((await faultOf(parts.frappe.ping())).message).not.toContain(secret);
    parts.site.misbehave(jsonReply(200, { message: { has_errors: 1, error_message: message } }));
    const fault = await faultOf(parts.frappe.enqueueForNextAvailableWorker("TS-1"));
    expect(fault.message).not.toContain(secret);
  });
});
