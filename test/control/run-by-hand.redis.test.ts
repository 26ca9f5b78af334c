/** What is run by hand without a schedule, and what the site itself enqueues. */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { silentLog } from "../../src/base/log.ts";
import { delegatedBuilder } from "../../src/job/build-delegated.ts";
import { nativeBuilder } from "../../src/job/build-native.ts";
import type { Builder } from "../../src/job/builder.ts";
import { newJobId } from "../../src/job/job-ids.ts";
import { QueueNames } from "../../src/job/queue-names.ts";
import type { TaskPlace } from "../../src/job/task-wish.ts";
import { Remembered } from "../../src/redis/remembered.ts";
import { detectGeneration } from "../../src/schedule/btu-generation.ts";
import { btuTask } from "../../src/schedule/btu-task.ts";
import { setup } from "../frappe/setup.ts";
import { startControl } from "../support/control.ts";
import type { Control } from "../support/control.ts";
import { readLedger } from "../support/engine.ts";
import { connectRaw } from "../support/raw-client.ts";
import { startRedis } from "../support/redis-server.ts";
import { makeSchedule } from "../support/schedules.ts";

const server = await startRedis();
const client = await server.client();
afterAll(() => server[Symbol.asyncDispose]());

beforeEach(async () => {
  await client.flushall();
});

const GENERATION = detectGeneration(
  new Map([
    ["tabBTU Task Schedule", new Set(["cron_timezone"])],
    ["tabBTU Task Log", new Set(["rq_job_id"])],
  ]),
);

const ROWS = [
  { name: "BT-1", desc_short: "One", queue_name: "long", max_task_duration: 90, docstatus: 1 },
  { name: "BT-2", desc_short: "Two", queue_name: "long", max_task_duration: 90, docstatus: 2 },
];

/** A site with one task that runs and one that was withdrawn. */
const SITE: TaskPlace = {
  generation: GENERATION,
  records: {
    isRemote: false,
    readTasks: (only) =>
      Promise.resolve(ROWS.filter(({ name }) => only === null || only === name).map(btuTask)),
    readRunning: null,
    findLog: () => Promise.resolve(null),
  },
};

/** Makes the jobs of tasks. */
function native(): Builder {
  const remembered = new Remembered({ client, key: "r" });
  return nativeBuilder({
    queueNames: new QueueNames({ client, remembered, log: silentLog, prefix: "" }),
    frappe: {
      site: "erp",
      user: () => Promise.resolve("btu@example.com"),
      ids: { next: () => Promise.resolve(newJobId()) },
      ttls: { resultTtlSeconds: 600, failureTtlSeconds: 604_800 },
    },
  });
}

function startTasks(places: readonly TaskPlace[] = [SITE]): Promise<Control> {
  return startControl({ server, builder: native(), places });
}

function onLong(): Promise<string[]> {
  return client.lrange("rq:queue:long", 0, -1);
}

describe("a task that is run by hand", () => {
  test("is placed once, and entered under an id that no schedule can have", async () => {
    await using control = await startTasks();
    const reply = await control.ask("socket", "run", { task: "BT-1" });
    const [job = "none"] = await onLong();
    expect(reply).toEqual({
      ok: true,
      result: {
        schedule: null,
        task: "BT-1",
        job,
        queue: "long",
        handed_over: false,
        again: false,
        next: null,
        next_local: null,
      },
    });
    expect(await client.hmget(`rq:job:${job}`, "status", "timeout")).toEqual(["queued", "90"]);
    expect(await readLedger(client)).toEqual([
      expect.objectContaining({ schedule: "task|BT-1", outcome: "manual", queue: "long", job }),
    ]);
    expect(makeSchedule({ id: "task|BT-1" }).problem).toContain('holds a "|"');
  });

  test("waits for the last job that was run so, unless it is forced", async () => {
    await using control = await startTasks();
    await control.ask("socket", "run", { task: "BT-1" });
    const [job = "none"] = await onLong();
    expect(await control.ask("redis", "run", { task: "BT-1" })).toEqual({
      ok: false,
      code: "still_running",
      message: `the last job of "BT-1", ${job}, still waits or runs; to run it all the same, add --force`,
    });
    const forced = { task: "BT-1", force: true };
    expect(await control.ask("redis", "run", forced)).toMatchObject({ ok: true });
    expect(await onLong()).toHaveLength(2);
  });

  test("is refused while all schedules are paused, unless it is forced", async () => {
    await using control = await startTasks();
    await control.ask("socket", "pause", { all: true });
    expect(await control.ask("socket", "run", { task: "BT-1" })).toEqual({
      ok: false,
      code: "paused",
      message: "all schedules are paused; to run it all the same, add --force",
    });
    expect(await onLong()).toEqual([]);
  });

  test.each<[string, readonly TaskPlace[], string, string]>([
    ["BT-3", [SITE], "not_found", 'no BTU Task is called "BT-3" (did you mean "BT-1"?)'],
    ["BT-2", [SITE], "invalid", 'run BTU Task "BT-2": it is cancelled'],
    ["BT-1", [], "invalid", 'run BTU Task "BT-1": the configuration names no site'],
    [
      "BT-1",
      [{ ...SITE, generation: null }],
      "unavailable",
      'run: look up BTU Task "BT-1": the site was not read yet',
    ],
    [
      "BT-1",
      [
        {
          ...SITE,
          records: { ...SITE.records!, readTasks: () => Promise.reject(new Error("gone")) },
        },
      ],
      "unavailable",
      'run: read BTU Task "BT-1": gone',
    ],
  ])("%s is refused: %#", async (task, places, code, message) => {
    await using control = await startTasks(places);
    const reply = await control.ask("socket", "run", { task });
    expect(reply).toEqual({ ok: false, code, message: expect.stringContaining(message) } as never);
    expect(await readLedger(client)).toEqual([]);
  });
});

const REMOTE = makeSchedule({
  id: "TS-1",
  task: "BT-1",
  cron: "@yearly",
  work: { kind: "btu_task", taskId: "BT-1", timeoutSeconds: 600, runsById: true, isRemote: true },
});

interface Handing extends AsyncDisposable {
  readonly control: Control;
  readonly site: Awaited<ReturnType<typeof setup>>["site"];
  /** Schedules that the site enqueued. */
  readonly enqueued: readonly string[];
}

/** A daemon beside a site that enqueues for itself; `trace` is what is found there of a lost request. */
async function startHanding(trace: string | null = null): Promise<Handing> {
  await using stack = new AsyncDisposableStack();
  const enqueued: string[] = [];
  const parts = stack.use(await setup({ enqueue: (id) => enqueued.push(id) }));
  const traces = [() => Promise.resolve(trace)];
  const builder = delegatedBuilder({ endpoints: parts.frappe, traces });
  const options = { server, builder, places: [SITE], schedules: [REMOTE] };
  const control = stack.use(await startControl(options));
  const owned = stack.move();
  return {
    control,
    site: parts.site,
    enqueued,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function reasons(): Promise<unknown[]> {
  return readLedger(client).then((entries) =>
    entries.map(({ schedule, outcome, reason }) => [schedule, outcome, reason]),
  );
}

/** The same request each time it is sent. */
function makeRequest(): string {
  return JSON.stringify({
    id: "0123456789abcdef",
    request_type: "run",
    request_content: "TS-1",
    sent_ms: Date.now(),
  });
}

async function sendRaw({ socketPath }: Control, message: string): Promise<unknown> {
  using raw = await connectRaw(socketPath);
  raw.send(message);
  raw.end();
  return JSON.parse(await raw.closes());
}

const BY = "asked for by somebody through Redis";

describe("a schedule whose job the site enqueues, run by hand", () => {
  test("is handed over once, entered, and leaves the timetable alone", async () => {
    await using handing = await startHanding();
    const { control, enqueued } = handing;
    const before = await client.hgetall(control.keys.planned);
    expect(await control.ask("redis", "run", "TS-1")).toMatchObject({
      ok: true,
      result: { schedule: "TS-1", job: null, queue: "default", handed_over: true, again: false },
    });
    expect(enqueued).toEqual(["TS-1"]);
    expect(await reasons()).toEqual([["TS-1", "manual", BY]]);
    expect(await client.hgetall(control.keys.planned)).toEqual(before);
    expect(await client.exists(control.keys.settled)).toBe(0);
  });

  test("is handed over once for one request that is sent twice", async () => {
    await using handing = await startHanding();
    const message = makeRequest();
    const replies: unknown[] = [];
    for (let time = 0; time < 2; time += 1) replies.push(await sendRaw(handing.control, message));
    expect(replies).toEqual([
      expect.objectContaining({ result: expect.objectContaining({ again: false }) }),
      expect.objectContaining({ result: expect.objectContaining({ again: true, job: null }) }),
    ]);
    expect(handing.enqueued).toEqual(["TS-1"]);
    expect(await reasons()).toHaveLength(1);
  });

  test("is refused while it is paused, unless it is forced", async () => {
    await using handing = await startHanding();
    const { control, enqueued } = handing;
    await control.ask("socket", "pause", "TS-1");
    expect(await control.ask("socket", "run", "TS-1")).toMatchObject({ code: "paused" });
    expect(enqueued).toEqual([]);
    const forced = { schedule: "TS-1", force: true };
    expect(await control.ask("socket", "run", forced)).toMatchObject({ ok: true });
    expect(enqueued).toEqual(["TS-1"]);
  });

  test("whose answer is lost is looked up, and entered with what was found", async () => {
    await using handing = await startHanding("log TL-7");
    const { control, site, enqueued } = handing;
    site.misbehave("truncate");
    expect(await control.ask("redis", "run", "TS-1")).toMatchObject({ ok: true });
    expect(enqueued).toEqual(["TS-1"]);
    expect(await reasons()).toEqual([
      ["TS-1", "manual", `${BY}; the answer was lost, and log TL-7 was found`],
    ]);
  });

  test("whose answer is lost without a trace is told as such, and not asked for again by that request", async () => {
    await using handing = await startHanding();
    const { control, site, enqueued } = handing;
    site.misbehave("truncate");
    const message = makeRequest();
    expect(await sendRaw(control, message)).toMatchObject({
      ok: false,
      code: "unavailable",
      message: expect.stringContaining("(the site may have enqueued it all the same)"),
    });
    expect(await sendRaw(control, message)).toMatchObject({
      ok: false,
      code: "unavailable",
      message: expect.stringContaining("look for the job before you ask anew"),
    });
    expect(enqueued).toEqual(["TS-1"]);
    expect(await reasons()).toEqual([]);
  });

  test("that the site refused may be asked for again by the same request", async () => {
    await using handing = await startHanding();
    const { control, site, enqueued } = handing;
    site.misbehave("maintenance");
    const message = makeRequest();
    expect(await sendRaw(control, message)).toMatchObject({ ok: false });
    expect([enqueued, await reasons()]).toEqual([[], []]);
    site.misbehave(null);
    expect(await sendRaw(control, message)).toMatchObject({ ok: true });
    expect(enqueued).toEqual(["TS-1"]);
  });

  test("is not what a task without a schedule can be: the site enqueues schedules alone", async () => {
    await using handing = await startHanding();
    expect(await handing.control.ask("socket", "run", { task: "BT-1" })).toEqual({
      ok: false,
      code: "invalid",
      message: expect.stringContaining("only those of its schedules"),
    } as never);
    expect(handing.enqueued).toEqual([]);
  });
});
