import { describe, expect, test } from "bun:test";
import { FrappeClient } from "../../src/frappe/client.ts";
import { FrappeEndpoints } from "../../src/frappe/endpoints.ts";
import { openHttpSource } from "../../src/schedule/source-http.ts";
import { SourceError } from "../../src/schedule/source-error.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { startStandinFrappe } from "../support/standin-frappe.ts";
import type { ScheduleRow, StandinFrappe } from "../support/standin-frappe.ts";
import {
  CLOCK,
  NEVER,
  policyFor,
  readAll,
  readDefined,
  readOne,
  rejection,
} from "./read-source.ts";
import { readSomeContract, sourceContract } from "./source-contract.ts";
import type { ContractPlace } from "./source-contract.ts";

const DETAILS = "get_task_schedule_details";

function sourceOf(site: StandinFrappe) {
  const { baseUrl, token } = site;
  const client = new FrappeClient({ baseUrl, token, clock: CLOCK, timeoutMs: 5_000 });
  const endpoints = new FrappeEndpoints(client);
  return openHttpSource({ endpoints, policyFor, timeZone: "Europe/Berlin" });
}

function row(name: string, more: Partial<ScheduleRow> = {}): ScheduleRow {
  return {
    name,
    task: "BTU-00001",
    enabled: 1,
    cron_string: "0 5 * * *",
    cron_timezone: "UTC",
    queue_name: "default",
    task_description: "Ping",
    ...more,
  };
}

async function place(): Promise<ContractPlace> {
  const site = await startStandinFrappe({ generation: "v16" });
  const remove = (id: string): void => {
    const at = site.schedules.findIndex(({ name }) => name === id);
    if (at >= 0) site.schedules.splice(at, 1);
  };
  return {
    source: sourceOf(site),
    secrets: [site.token, site.token.slice(site.token.indexOf(":") + 1)],
    put: async ({ id, cron }) => {
      remove(id);
      site.schedules.push(row(id, { cron_string: cron }));
    },
    remove: async (id) => remove(id),
    goAway: async () => site.misbehave("close"),
    comeBack: async () => site.misbehave(null),
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };
}

sourceContract("the web server", place);
readSomeContract("the web server", place);

describe("the source behind a web server", () => {
  test("names the site's address and its generation, and can be asked for no changes", async () => {
    await using site = await startStandinFrappe({ generation: "v16" });
    const source = sourceOf(site);
    expect(source.name).toBe(`web server ${site.baseUrl}`);
    expect(source.generation?.label).toBe("16 or newer");
    expect(source.readChanges).toBeNull();
  });

  test("reads rows that only Frappe itself can enqueue", async () => {
    await using site = await startStandinFrappe({
      generation: "v16",
      schedules: [row("TS-1", { queue_name: " long ", cron_timezone: " Asia/Tokyo " })],
    });
    expect(await readOne(sourceOf(site), "TS-1")).toMatchObject({
      timeZone: "Asia/Tokyo",
      zoneRule: "schedule",
      queue: "long",
      description: "Ping",
      work: { kind: "btu_task", taskId: "BTU-00001", isRemote: true },
    });
  });

  test.each([null, "", "  "])("takes the zone of the configuration for %p", async (zone) => {
    await using site = await startStandinFrappe({
      generation: "v16",
      schedules: [row("TS-1", { cron_timezone: zone })],
    });
    expect(await readOne(sourceOf(site), "TS-1")).toMatchObject({
      timeZone: "Europe/Berlin",
      zoneRule: "configuration",
    });
  });

  test("names what a row lacks", async () => {
    await using site = await startStandinFrappe({
      generation: "v16",
      schedules: [row("a", { task: "" }), row("b", { cron_string: null })],
    });
    const found = await readDefined(sourceOf(site));
    expect(found.get("a")!.problem).toBe("the schedule names no BTU Task");
    expect(found.get("b")!.problem).toBe("the schedule has no cron text");
  });

  test("skips a row that is gone since the list was made", async () => {
    await using site = await startStandinFrappe({
      generation: "v16",
      schedules: [row("a"), row("b")],
    });
    const gone = { status: 404, type: "DoesNotExistError", message: "gone" };
    site.misbehave(gone, DETAILS, ({ task_schedule_key: key }) => key === "a");
    expect((await readAll(sourceOf(site))).map(({ id }) => id)).toEqual(["b"]);
  });

  test.each([
    ["says no to", { status: 417, type: "ValidationError", message: "no" }, 1],
    ["fails over", { status: 500, type: "KeyError", message: "'x'" }, 2],
  ])("names a row that the site %s", async (_, fault, attempts) => {
    await using site = await startStandinFrappe({
      generation: "v16",
      schedules: [row("a"), row("b"), row("c")],
    });
    site.misbehave(fault, DETAILS, ({ task_schedule_key: key }) => key === "b");
    const source = sourceOf(site);
    const found = await readDefined(source);
    expect([...found.keys()].toSorted()).toEqual(["a", "b", "c"]);
    expect(found.get("a")!.problem).toBeNull();
    expect(found.get("b")!.problem).toContain(`get schedule "b": HTTP ${fault.status}`);
    const asked = site.requests.filter(({ params }) => params["task_schedule_key"] === "b");
    expect(asked).toHaveLength(attempts);
    // Of a row that it cannot tell, a look at some ids says nothing.
    const { found: some, absent } = await source.readSome!(["a", "b"], NEVER);
    expect([some.map(({ id }) => id), absent]).toEqual([["a"], []]);
  });

  test("takes the site for faulty when most of its rows are", async () => {
    await using site = await startStandinFrappe({
      generation: "v16",
      schedules: [row("a"), row("b"), row("c")],
    });
    const fault = { status: 500, type: "OperationalError", message: "" };
    site.misbehave(fault, DETAILS, ({ task_schedule_key: key }) => key !== "b");
    const error = await rejection(readAll(sourceOf(site)));
    expect(error.message).toContain("HTTP 500");
    expect(error).not.toBeInstanceOf(SourceError);
  });

  test("leaves out disabled schedules in a whole read, and tells them when asked", async () => {
    await using site = await startStandinFrappe({
      generation: "v16",
      schedules: [row("on"), row("off", { enabled: 0 })],
    });
    const source = sourceOf(site);
    expect((await readAll(source)).map(({ id }) => id)).toEqual(["on"]);
    const { found } = await source.readSome!(["off"], NEVER);
    expect(found).toMatchObject([{ id: "off", enabled: false }]);
  });

  test("asks for four rows at once at most", async () => {
    const schedules = Array.from({ length: 40 }, (_, index) => row(`TS-${index}`));
    await using site = await startStandinFrappe({ generation: "v16", schedules });
    site.misbehave("hang", DETAILS);
    const stop = new AbortController();
    const reading = rejection(readAll(sourceOf(site), stop.signal));
    const asked = (): number => site.requests.filter(({ endpoint }) => endpoint === DETAILS).length;
    await eventually(() => asked() >= 4, { what: "four rows are asked for" });
    await realDelay(50);
    expect(asked()).toBe(4);
    stop.abort(new Error("enough"));
    expect((await reading).message).toBe("enough");
  });

  test.each([
    ["the token is wrong", { status: 401, type: "AuthenticationError", message: "" }],
    ["the app is older", { status: 417, type: "ValidationError", message: "Failed to get method" }],
  ])("says that somebody has to act when %s", async (_, fault) => {
    await using site = await startStandinFrappe({ generation: "v16", schedules: [row("a")] });
    site.misbehave(fault, "get_enabled_task_schedules");
    expect(await rejection(readAll(sourceOf(site)))).toBeInstanceOf(SourceError);
  });

  test.each(["maintenance", "gateway", "rate-limited", "close"] as const)(
    "tries again later in case of %s, in the midst of a read as well",
    async (fault) => {
      await using site = await startStandinFrappe({ generation: "v16", schedules: [row("a")] });
      site.misbehave(fault, DETAILS);
      const error = await rejection(readAll(sourceOf(site)));
      expect(error).not.toBeInstanceOf(SourceError);
    },
  );
});
