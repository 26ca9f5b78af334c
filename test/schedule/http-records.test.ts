/** Tasks and logs of a site of which only the web server can be reached. */
import { describe, expect, test } from "bun:test";
import { httpRecords } from "../../src/schedule/http-records.ts";
import { setup } from "../frappe/setup.ts";
import { at } from "../support/schedules.ts";
import type { StandinOptions } from "../support/standin-frappe.ts";
import { NEVER, ZONES } from "./read-source.ts";

const DOCUMENTS: NonNullable<StandinOptions["documents"]> = {
  "BTU Task": [
    {
      name: "BTU-1",
      desc_short: "One",
      function_string: "a.b",
      max_task_duration: 60,
      docstatus: 1,
    },
    { name: "BTU-2", queue_name: "long", max_task_duration: "x", docstatus: 0 },
  ],
  "BTU Task Log": [
    { name: "BTLOG-1", schedule: "TS-1", creation: "2026-01-15 09:00:00.250000" },
    { name: "BTLOG-2", schedule: "TS-2", creation: "2026-01-15 10:00:00.000000" },
  ],
};

async function site(options: Partial<StandinOptions> = {}) {
  const parts = await setup({ documents: DOCUMENTS, ...options });
  const records = httpRecords({ endpoints: parts.frappe, zones: ZONES });
  return { ...parts, records, [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose]() };
}

describe("the records of a site behind its web server", () => {
  test("tell its tasks, all or one", async () => {
    await using parts = await site();
    expect(await parts.records.readTasks(null, NEVER)).toEqual([
      {
        id: "BTU-1",
        description: "One",
        function: "a.b",
        queue: "default",
        timeoutSeconds: 60,
        state: "submitted",
      },
      {
        id: "BTU-2",
        description: "",
        function: "",
        queue: "long",
        timeoutSeconds: null,
        state: "draft",
      },
    ]);
    const [one] = await parts.records.readTasks("BTU-2", NEVER);
    expect(one?.id).toBe("BTU-2");
    expect(parts.site.requests.every(({ verb }) => verb === "GET")).toBe(true);
  });

  test("find a schedule's log by the clock of the site's zone", async () => {
    await using parts = await site();
    const find = (scheduleId: string, sinceMs: number) =>
      parts.records.findLog({ scheduleId, sinceMs }, NEVER);
    const madeMs = at("2026-01-15T14:00:00.250Z") * 1000;
    expect(await find("TS-1", madeMs)).toBe("BTLOG-1");
    expect(await find("TS-1", madeMs + 1)).toBeNull();
    expect(await find("TS-3", 0)).toBeNull();
  });

  test("show no log to a user who may read none, but do not hide that the server is away", async () => {
    await using parts = await site({ documents: {} });
    const wish = { scheduleId: "TS-1", sinceMs: 0 };
    expect(await parts.records.findLog(wish, NEVER)).toBeNull();
    parts.site.misbehave("gateway");
    const error = await parts.records.findLog(wish, NEVER).catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("is the bench running");
  });
});
