/** What holds over both transports alike: the same questions, the same answers, the same effects. */
import { afterAll, describe, expect, test } from "bun:test";
import { connect } from "node:net";
import { startControl, WAYS } from "../support/control.ts";
import type { Control, Way } from "../support/control.ts";
import { readLedger } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import { makeSchedule } from "../support/schedules.ts";

const server = await startRedis();
afterAll(() => server[Symbol.asyncDispose]());

const RESPONSE_KEY = "btu:scheduler:rpc:0123456789abcdef";

/** Sends a message as it is, and gives the answer of our own form. */
async function send(control: Control, way: Way, message: object): Promise<unknown> {
  if (way === "redis") {
    const whole = { ...message, response_key: RESPONSE_KEY };
    await control.client.lpush("btu:scheduler:commands", JSON.stringify(whole));
    await control.client.blpop(RESPONSE_KEY, 5);
    return JSON.parse((await control.client.blpop(RESPONSE_KEY, 5))?.[1] ?? "null");
  }
  return new Promise((done, reject) => {
    const socket = connect(control.socketPath, () => socket.write(JSON.stringify(message)));
    socket.on("error", reject);
    socket.once("data", (bytes) => {
      socket.destroy();
      done(JSON.parse(bytes.toString()));
    });
  });
}

async function start(): Promise<Control> {
  await (await server.client()).flushall();
  return startControl({ server, schedules: [makeSchedule({ id: "TS-1", cron: "@yearly" })] });
}

function queued(control: Control): Promise<string[]> {
  return control.client.lrange("rq:queue:default", 0, -1);
}

/** What the timetable consists of. */
async function timetable({ client, keys }: Control): Promise<unknown> {
  const agenda = await client.zrange(keys.agenda, 0, "-1", "WITHSCORES");
  return [agenda, await client.hgetall(keys.planned), await client.hgetall(keys.settled)];
}

describe.each([...WAYS])("over the %s", (way) => {
  test("ping, status, list, history, reconcile and reload_configuration are answered", async () => {
    await using control = await start();
    expect(await control.ask(way, "ping")).toEqual({ ok: true, result: "pong" });
    expect(await control.ask(way, "status")).toEqual({ ok: true, result: { health: "healthy" } });
    expect(await control.ask(way, "list")).toEqual({ ok: true, result: [] });
    expect(await control.ask(way, "history", { limit: 2 })).toMatchObject({
      ok: true,
      result: { kind: "history", limit: 2 },
    });
    expect(await control.ask(way, "reconcile")).toEqual({ ok: true, result: { schedules: 1 } });
    expect(await control.ask(way, "reload_configuration")).toMatchObject({ ok: true });
  });

  test("create and cancel both read again, and the answer tells the effect", async () => {
    await using control = await start();
    for (const type of ["create_task_schedule", "cancel_task_schedule"]) {
      expect(await control.ask(way, type, "TS-1")).toMatchObject({
        ok: true,
        result: { schedule: "TS-1", found: true, state: "active", problem: null },
      });
    }
    expect(await control.ask(way, "create_task_schedule", "TS-9")).toMatchObject({
      ok: true,
      result: { schedule: "TS-9", found: false, state: null, next: null },
    });
    expect(control.rereads).toEqual([["TS-1"], ["TS-1"], ["TS-9"]]);
  });

  test("run places a job, enters it as manual and leaves the timetable alone", async () => {
    await using control = await start();
    const before = await timetable(control);
    const reply = await control.ask(way, "run", "TS-1");
    const [job = ""] = await queued(control);
    expect(reply).toMatchObject({ ok: true, result: { schedule: "TS-1", job, again: false } });
    expect(await control.client.hget(`rq:job:${job}`, "status")).toBe("queued");
    expect(await control.client.smembers("rq:queues")).toEqual(["rq:queue:default"]);
    const by =
      way === "socket" ? `uid ${process.getuid?.()} over the socket` : "somebody through Redis";
    expect(await readLedger(control.client)).toEqual([
      expect.objectContaining({ outcome: "manual", job, reason: `asked for by ${by}` }),
    ]);
    expect(await timetable(control)).toEqual(before);
  });

  test("run is refused while the last job waits, and forced all the same", async () => {
    await using control = await start();
    await control.ask(way, "run", "TS-1");
    expect(await control.ask(way, "run", "TS-1")).toMatchObject({
      ok: false,
      code: "still_running",
    });
    expect(await queued(control)).toHaveLength(1);
    const forced = await control.ask(way, "run", { schedule: "TS-1", force: true });
    expect(forced).toMatchObject({ ok: true });
    expect(await queued(control)).toHaveLength(2);
    const [first = "", second = ""] = await queued(control);
    for (const job of [first, second])
      await control.client.hset(`rq:job:${job}`, "status", "finished");
    expect(await control.ask(way, "run", "TS-1")).toMatchObject({ ok: true });
  });

  test("the same request runs once, and is answered twice", async () => {
    await using control = await start();
    const message = {
      id: crypto.randomUUID(),
      request_type: "run",
      request_content: "TS-1",
      sent_ms: Date.now(),
    };
    const first = await send(control, way, message);
    const [job = ""] = await queued(control);
    expect(first).toMatchObject({ id: message.id, ok: true, result: { job, again: false } });
    expect(await send(control, way, message)).toMatchObject({
      ok: true,
      result: { job, again: true },
    });
    expect(await queued(control)).toEqual([job]);
    expect(await readLedger(control.client)).toHaveLength(1);
  });

  test.each([
    ["run", "TS-1"],
    ["pause", "TS-1"],
    ["resume", { all: true }],
  ])("%s is refused when it is older than a minute", async (request_type, request_content) => {
    await using control = await start();
    const message = { id: crypto.randomUUID(), request_type, request_content };
    for (const ageMs of [61_000, -61_000]) {
      const old = await send(control, way, { ...message, sent_ms: Date.now() - ageMs });
      expect(old).toMatchObject({ ok: false, code: "too_old" });
    }
    expect(await queued(control)).toEqual([]);
    expect(await control.agenda.paused()).toEqual(new Map());
    expect(await send(control, way, { ...message, sent_ms: Date.now() - 50_000 })).toMatchObject({
      ok: true,
    });
  });

  test("pause and resume tell what they changed", async () => {
    await using control = await start();
    const pause = await control.ask(way, "pause", { schedule: "TS-1", note: "moving house" });
    expect(pause).toMatchObject({ ok: true, result: { changed: true, paused_by: "schedule" } });
    expect(JSON.parse((await control.agenda.paused()).get("TS-1") ?? "")).toMatchObject({
      note: "moving house",
    });
    expect(await control.ask(way, "pause", "TS-1")).toMatchObject({ result: { changed: false } });
    expect(await control.ask(way, "run", "TS-1")).toMatchObject({ ok: false, code: "paused" });
    expect(await control.ask(way, "pause", { all: true })).toMatchObject({
      result: { schedule: null, changed: true, paused_by: "all", paused_schedules: ["TS-1"] },
    });
    expect(await control.ask(way, "resume", "TS-1")).toMatchObject({
      result: { changed: true, paused_by: "all" },
    });
    expect(await control.ask(way, "resume", { all: true })).toMatchObject({
      result: { schedule: null, changed: true, paused_by: null, paused_schedules: [] },
    });
    expect(await control.ask(way, "run", "TS-1")).toMatchObject({ ok: true });
  });

  test("a pause that is asked for twice does not undo the resume between", async () => {
    await using control = await start();
    const message = {
      id: crypto.randomUUID(),
      request_type: "pause",
      request_content: "TS-1",
      sent_ms: Date.now(),
    };
    await send(control, way, message);
    await control.ask(way, "resume", "TS-1");
    await send(control, way, message);
    expect(await control.agenda.paused()).toEqual(new Map());
  });

  test.each([
    ["run", "TS-2", "not_found", 'no schedule is called "TS-2" (did you mean "TS-1"?)'],
    ["pause", "TS-2", "not_found", 'no schedule is called "TS-2" (did you mean "TS-1"?)'],
    ["run", null, "bad_request", "run: request_content is to be the schedule's name"],
    ["make_tea", null, "unknown_request", 'no request is called "make_tea"'],
  ])("%s of %p is refused with code and text", async (type, content, code, message) => {
    await using control = await start();
    expect(await control.ask(way, type, content)).toEqual({ ok: false, code, message } as never);
  });

  test("an invalid schedule does not run, and the answer says why", async () => {
    await (await server.client()).flushall();
    const bad = makeSchedule({ id: "bad", cron: "99 * * * *" });
    await using control = await startControl({ server, schedules: [bad] });
    expect(await control.ask(way, "run", "bad")).toEqual({
      ok: false,
      code: "invalid",
      message: `"bad" is invalid: ${bad.problem}`,
    });
  });

  test("nothing is half done where a key holds something else", async () => {
    await using control = await start();
    await control.client.set("rq:queue:default", "not a list");
    expect(await control.ask(way, "run", "TS-1")).toMatchObject({ ok: false, code: "failed" });
    expect(await control.client.keys("rq:*")).toEqual(["rq:queue:default"]);
    expect(await readLedger(control.client)).toEqual([]);
  });
});

test("what two ask in the same moment under one id is done once", async () => {
  await using control = await start();
  const message = {
    id: crypto.randomUUID(),
    request_type: "run",
    request_content: "TS-1",
    sent_ms: Date.now(),
  };
  await Promise.all(WAYS.map((way) => send(control, way, message)));
  expect(await queued(control)).toHaveLength(1);
});

test("a job placed by hand is what the overlap policy looks at next", async () => {
  await using control = await start();
  await control.ask("socket", "run", "TS-1");
  const [job] = await queued(control);
  await eventually(async () => (await control.agenda.lastJob("TS-1"))?.id === job, {
    what: "the last job is the one placed by hand",
  });
});
