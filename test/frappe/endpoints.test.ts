import { describe, expect, test } from "bun:test";
import { htmlReply, jsonReply } from "../support/frappe-replies.ts";
import type { HttpReply } from "../support/http-server.ts";
import { faultOf, setup } from "./setup.ts";

const ROW = {
  name: "TS-000001",
  task: "BT-1",
  task_description: "Nightly",
  enabled: 1,
  queue_name: "default",
  argument_overrides: null,
  schedule_description: "At 02:00",
  cron_string: "0 2 * * *",
  cron_timezone: "Europe/Kyiv",
} as const;

describe("getPickledTask", () => {
  test("gives the bytes of the JSON array, and asks for task and schedule", async () => {
    await using parts = await setup();
    const bytes = await parts.frappe.getPickledTask("BT & Söhne", "TS-1");
    expect(bytes).toEqual(Uint8Array.from([0x80, 4, 0x43, 2, 255, 0, 0x2e]));
    expect(parts.site.requests).toMatchObject([
      { verb: "GET", params: { task_id: "BT & Söhne", task_schedule_id: "TS-1" } },
    ]);
  });

  test("asks for a task alone", async () => {
    await using parts = await setup();
    await parts.frappe.getPickledTask("BT-1", null);
    expect(parts.site.requests[0]?.params).toEqual({ task_id: "BT-1" });
  });

  test.each<[string, HttpReply]>([
    ["a bare array", jsonReply(200, [128, 4, 78, 46])],
    ["raw bytes", { status: 200, body: Uint8Array.from([128, 4, 78, 46]) }],
  ])("takes %s too", async (_, reply) => {
    await using parts = await setup();
    parts.site.misbehave(reply);
    expect(await parts.frappe.getPickledTask("BT-1", null)).toEqual(
      Uint8Array.from([128, 4, 78, 46]),
    );
  });

  test.each<[string, unknown]>([
    ["256", [256]],
    ["a negative number", [-1]],
    ["a fraction", [1.5]],
    ["a text", ["128"]],
    ["nothing", []],
    ["no array", "pong"],
    ["null", null],
  ])("refuses an array with %s", async (_, message) => {
    await using parts = await setup();
    parts.site.misbehave(jsonReply(200, { message }));
    const error = await faultOf(parts.frappe.getPickledTask("BT-1", null));
    expect([error.kind, error.transient]).toEqual(["bad-answer", false]);
    expect(error.message).toContain('"BT-1"');
  });

  test.each<[string, HttpReply]>([
    ["a page of some proxy", htmlReply(200, "Welcome", "It works")],
    ["an empty answer", { status: 200, body: "" }],
    ["the first part of a pickle", { status: 200, body: Uint8Array.from([0x80, 4, 0x4e]) }],
    ["bytes that are no pickle", jsonReply(200, { message: [1, 2, 3] })],
  ])("never takes %s for a job", async (_, reply) => {
    await using parts = await setup();
    parts.site.misbehave(reply);
    const error = await faultOf(parts.frappe.getPickledTask("BT-1", null));
    expect([error.kind, error.transient]).toEqual(["bad-answer", false]);
  });

  test("tells a task that is not there", async () => {
    await using parts = await setup({ tasks: ["BT-1"] });
    const error = await faultOf(parts.frappe.getPickledTask("BT-2", null));
    expect([error.kind, error.transient]).toEqual(["not-found", false]);
    expect(error.message).toContain("BTU Task BT-2 not found");
  });

  test("takes a pickle of a megabyte", async () => {
    const pickle = new Uint8Array(1024 * 1024).fill(200);
    pickle.set([0x80, 4]);
    pickle.set([0x2e], pickle.length - 1);
    await using parts = await setup({ pickledTask: () => pickle });
    expect(await parts.frappe.getPickledTask("BT-1", null)).toEqual(pickle);
  });
});

describe("enqueueForNextAvailableWorker", () => {
  test("posts the schedule once", async () => {
    const enqueued: string[] = [];
    await using parts = await setup({ enqueue: (schedule) => enqueued.push(schedule) });
    await parts.frappe.enqueueForNextAvailableWorker("TS-1");
    expect(enqueued).toEqual(["TS-1"]);
    expect(parts.site.requests.map(({ verb }) => verb)).toEqual(["POST"]);
  });

  test("takes has_errors in an answer of status 200 for what it is", async () => {
    await using parts = await setup({
      enqueue: () => Promise.reject(new Error("No <b>Redis</b> at &gt; 1")),
    });
    const error = await faultOf(parts.frappe.enqueueForNextAvailableWorker("TS-1"));
    expect([error.kind, error.transient, error.status]).toEqual(["not-enqueued", true, 200]);
    expect(error.message).toContain("No Redis at > 1");
  });

  test("is never sent twice, also when the connection breaks", async () => {
    await using parts = await setup();
    for (let round = 0; round < 5; round += 1) await parts.frappe.ping();
    parts.site.misbehave("close", "enqueue_for_next_available_worker");
    await faultOf(parts.frappe.enqueueForNextAvailableWorker("TS-1"));
    expect(parts.site.requests.filter(({ verb }) => verb === "POST")).toHaveLength(1);
  });
});

describe("the lists of BTU 16", () => {
  const schedules = [ROW, { ...ROW, name: "TS-000002", enabled: 0 as const }];

  test("name the enabled schedules and their tasks", async () => {
    await using parts = await setup({ schedules });
    expect(await parts.frappe.getEnabledTaskSchedules()).toEqual([
      { scheduleKey: "TS-000001", taskKey: "BT-1" },
    ]);
  });

  test("give a schedule's row", async () => {
    await using parts = await setup({ schedules });
    expect(await parts.frappe.getTaskScheduleDetails("TS-000001")).toEqual({
      name: "TS-000001",
      task: "BT-1",
      taskDescription: "Nightly",
      enabled: true,
      queueName: "default",
      argumentOverrides: null,
      scheduleDescription: "At 02:00",
      cronString: "0 2 * * *",
      cronTimezone: "Europe/Kyiv",
    });
    expect(await parts.frappe.getTaskScheduleDetails("TS-000002")).toMatchObject({
      enabled: false,
    });
  });

  test("give null for a schedule that is not there", async () => {
    await using parts = await setup({ schedules });
    expect(await parts.frappe.getTaskScheduleDetails("TS-9")).toBeNull();
  });

  test("give commands in the order they were made, by POST, once", async () => {
    await using parts = await setup();
    parts.site.pushCommand("cancel_task_schedule", "TS-1");
    parts.site.pushCommand("create_task_schedule", "TS-1");
    parts.site.pushCommand("ping", null);
    expect(await parts.frappe.getPendingSchedulerCommands()).toEqual({
      commands: [
        { requestType: "cancel_task_schedule", requestContent: "TS-1" },
        { requestType: "create_task_schedule", requestContent: "TS-1" },
        { requestType: "ping", requestContent: null },
      ],
      unreadable: 0,
    });
    expect(parts.site.requests[0]?.verb).toBe("POST");
    expect((await parts.frappe.getPendingSchedulerCommands()).commands).toEqual([]);
  });

  test("keep the good commands among bad ones", async () => {
    await using parts = await setup();
    const message = [{ request_type: "ping" }, "x", null, { request_type: 1 }];
    parts.site.misbehave(jsonReply(200, { message }));
    expect(await parts.frappe.getPendingSchedulerCommands()).toEqual({
      commands: [{ requestType: "ping", requestContent: null }],
      unreadable: 3,
    });
  });

  test.each([{ a: 1 }, "x", [{ schedule_key: 1 }], ["x"]])("refuse %j", async (message) => {
    await using parts = await setup();
    parts.site.misbehave(jsonReply(200, { message }));
    const error = await faultOf(parts.frappe.getEnabledTaskSchedules());
    expect([error.kind, error.transient]).toEqual(["bad-answer", false]);
  });
});

describe("pingPickle", () => {
  test("gives the bytes of a pickle", async () => {
    await using parts = await setup();
    expect(await parts.frappe.pingPickle()).toEqual(Uint8Array.from([0x80, 4, 0x4e, 0x2e]));
  });
});
