/** How long a site that has no time is left alone. */
import { describe, expect, test } from "bun:test";
import { retryAfterMs } from "../../src/frappe/retry-after.ts";
import { faultOf, setup } from "./setup.ts";

const NOW_MS = Date.UTC(2026, 2, 8, 12, 0, 0);

describe("the header Retry-After", () => {
  test.each<readonly [string | null, number | null]>([
    ["30", 30_000],
    [" 5 ", 5_000],
    ["3600", 60_000],
    ["999999999999999999999", 60_000],
    ["Sun, 08 Mar 2026 12:00:20 GMT", 20_000],
    ["Sun, 08 Mar 2026 13:00:00 GMT", 60_000],
    ["Sun, 08 Mar 2026 11:00:00 GMT", null],
    ["0", null],
    ["-5", null],
    ["1.5", null],
    ["soon", null],
    ["Sun, 99 Foo 2026 GMT", null],
    ["", null],
    [null, null],
  ])("%j is read as %j ms", (header, waitMs) => {
    expect(retryAfterMs(header, NOW_MS)).toBe(waitMs);
  });

  test.each<readonly [number, number]>([
    [429, 30_000],
    [503, 30_000],
    [500, 0],
    [403, 0],
  ])("counts by the status: with %i it gives %i ms", async (status, waitMs) => {
    await using web = await setup();
    web.site.misbehave({ status, headers: { "Retry-After": "30" }, body: "" });
    const fault = await faultOf(web.frappe.ping());
    expect(fault.retryAfterMs).toBe(waitMs);
    expect(fault.message.includes("left alone for 30 s")).toBe(waitMs > 0);
    expect(fault.ofUnsent().retryAfterMs).toBe(waitMs);
  });
});
