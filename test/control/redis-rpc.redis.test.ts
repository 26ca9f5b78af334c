/** The list of commands in Redis, as the app writes to it and as it must not be misused. */
import { afterAll, describe, expect, test } from "bun:test";
import type { Log } from "../../src/base/log.ts";
import { silentLog } from "../../src/base/log.ts";
import { startControl } from "../support/control.ts";
import type { Control } from "../support/control.ts";
import { eventually } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import { makeSchedule } from "../support/schedules.ts";

const server = await startRedis();
afterAll(() => server[Symbol.asyncDispose]());

const LIST = "btu:scheduler:commands";

function command(type: string, content: string | null, responseKey: unknown = null): string {
  return JSON.stringify({
    request_type: type,
    request_content: content,
    response_key: responseKey,
  });
}

function keyOf(name: string | number): string {
  return `btu:scheduler:rpc:${name}`;
}

async function start(before: readonly string[] = [], log?: Log): Promise<Control> {
  const client = await server.client();
  await client.flushall();
  for (const text of before) await client.lpush(LIST, text);
  return startControl({
    server,
    schedules: [makeSchedule({ id: "TS-1", cron: "@yearly" })],
    ...(log !== undefined && { log }),
  });
}

/** A log that keeps its warnings. */
function listening(): { readonly log: Log; readonly warnings: string[] } {
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (text) => warnings.push(text), for: () => log };
  return { log, warnings };
}

/** All that was pushed before this has been taken and acted on: a receipt comes before the act, a second one after it. */
async function caughtUp({ client }: Control): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    const key = keyOf(crypto.randomUUID());
    await client.lpush(LIST, command("ping", null, key));
    expect(await client.blpop(key, 5)).not.toBeNull();
    await client.del(key);
  }
}

describe("the receipt", () => {
  test.each(["ping", "create_task_schedule", "make_tea", "Ünïcode 🚀"])(
    "of %s is that of the app's own daemon, byte for byte, for a minute",
    async (type) => {
      await using control = await start();
      const key = keyOf("receipt");
      await control.client.lpush(LIST, command(type, "TS-1", key));
      const [, text = ""] = (await control.client.blpop(key, 5)) ?? [];
      const name = JSON.stringify(type).replaceAll(
        /[\u007f-\uffff]/g,
        (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
      );
      expect(text).toBe(
        `{"status": "ok", "request_type": ${name}, "message": "Command received by BTU Scheduler."}`,
      );
      await control.client.lpush(LIST, command(type, "TS-1", key));
      await eventually(async () => (await control.client.ttl(key)) > 50, {
        what: "a receipt that expires",
      });
      expect(await control.client.ttl(key)).toBeLessThanOrEqual(60);
    },
  );

  test("is all that the app's form gets", async () => {
    await using control = await start();
    await control.client.lpush(LIST, command("create_task_schedule", "TS-1", keyOf("only")));
    await caughtUp(control);
    expect(await control.client.llen(keyOf("only"))).toBe(1);
  });
});

describe("commands that waited while no daemon lived", () => {
  test("are folded to one read per schedule, and each has its receipt", async () => {
    const waiting = ["TS-1", "TS-2", "TS-1", "TS-1"].flatMap((id, index) => [
      command("create_task_schedule", id, keyOf(`a${index}`)),
      command("cancel_task_schedule", id, keyOf(`b${index}`)),
    ]);
    await using control = await start(waiting);
    await caughtUp(control);
    expect(control.rereads.map((ids) => ids.toSorted())).toEqual([["TS-1", "TS-2"]]);
    expect(await control.client.keys(keyOf("*"))).toHaveLength(8);
  });

  test("are taken in the order they were sent", async () => {
    const now = Date.now();
    const once = (request_type: string) =>
      JSON.stringify({
        id: crypto.randomUUID(),
        sent_ms: now,
        request_type,
        request_content: "TS-1",
      });
    await using control = await start(["pause", "resume", "pause"].map(once));
    await caughtUp(control);
    await eventually(async () => (await control.client.xlen(control.keys.changes)) === 4, {
      what: "all three changes",
    });
    const changes = await control.client.xrange(control.keys.changes, "-", "+");
    expect(changes.map(([, fields]) => fields[5])).toEqual([
      "planned",
      "paused",
      "resumed",
      "paused",
    ]);
  });

  test("that are more than fit into one step are all taken", async () => {
    const waiting = Array.from({ length: 2_500 }, (_, index) =>
      command("create_task_schedule", `TS-${index}`),
    );
    await using control = await start(waiting);
    await caughtUp(control);
    expect(new Set(control.rereads.flat()).size).toBe(2_500);
    expect(control.rereads.length).toBeLessThanOrEqual(4);
  });
});

describe("misuse", () => {
  test.each([
    "rq:queue:default",
    "btu_scheduler:ledger",
    "btu:scheduler:rp",
    "",
    7,
    {},
    keyOf("x".repeat(300)),
  ])("a command is refused whose response_key is %j", async (responseKey) => {
    const { log, warnings } = listening();
    await using control = await start([], log);
    await control.client.lpush(LIST, command("create_task_schedule", "TS-1", responseKey));
    await caughtUp(control);
    expect(await control.client.keys("rq:*")).toEqual([]);
    expect(control.rereads).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining("response_key")]);
  });

  test.each([
    "",
    "nonsense",
    "[]",
    "null",
    '"ping"',
    "{}",
    '{"request_type": 7}',
    "{".repeat(1_000),
    "\u0000\uffff",
  ])("%j is dropped without a receipt", async (text) => {
    const { log, warnings } = listening();
    await using control = await start([], log);
    await control.client.lpush(LIST, text);
    await caughtUp(control);
    expect(warnings).toEqual([expect.stringContaining("dropped a command")]);
  });

  test("what is too long is dropped, and what follows is taken", async () => {
    const huge = command("create_task_schedule", "x".repeat(100_000), keyOf("huge"));
    await using control = await start([huge, huge, command("create_task_schedule", "TS-1")]);
    await caughtUp(control);
    expect(await control.client.exists(keyOf("huge"))).toBe(0);
    expect(control.rereads).toEqual([["TS-1"]]);
  });

  test("a response key of another type harms nobody else's receipt", async () => {
    const broken = keyOf("broken");
    await using control = await start();
    await control.client.set(broken, "no list");
    await control.client.lpush(LIST, command("create_task_schedule", "TS-1", broken));
    await caughtUp(control);
    expect(control.rereads).toEqual([["TS-1"]]);
  });

  test("an answer too long for Redis is refused with its own code", async () => {
    await (await server.client()).flushall();
    await using control = await startControl({ server, list: ["x".repeat(300_000)] });
    expect(await control.ask("redis", "list")).toMatchObject({ ok: false, code: "too_large" });
    expect(await control.ask("socket", "list")).toMatchObject({ ok: true });
  });
});

test("a Redis user without the app's keys is told what to grant, and the socket goes on", async () => {
  await using limited = await startRedis({
    acl: ["btu on nopass ~btu_scheduler:* ~rq:* +@all"],
  });
  const { log, warnings } = listening();
  await using control = await startControl({ server: limited, log, user: "btu" });
  await eventually(() => warnings.length > 0, { what: "a warning" });
  expect(warnings[0]).toMatch(
    /taking commands from Redis .*give this Redis user btu:scheduler:\*, or set disable_redis_rpc = true/,
  );
  expect(await control.ask("socket", "ping")).toMatchObject({ ok: true });
});

describe("several daemons on one Redis", () => {
  test("a create that one of them takes is read again by all, whatever their prefix", async () => {
    await (await server.client()).flushall();
    const schedules = [makeSchedule({ id: "TS-1", cron: "@yearly" })];
    await using one = await startControl({ server, schedules, prefix: "one:" });
    await using two = await startControl({ server, schedules, prefix: "two:" });
    await using standby = await startControl({ server, schedules, prefix: "two:" });
    const daemons = [one, two, standby];
    await eventually(async () => (await one.client.zcard("btu:scheduler:daemons")) === 3, {
      what: "all three are known",
    });
    for (let round = 0; round < 5; round += 1) {
      await one.client.lpush(LIST, command("create_task_schedule", `TS-${round}`));
    }
    await eventually(() => daemons.every(({ rereads }) => new Set(rereads.flat()).size === 5), {
      what: "all of them read all five again",
    });
    // Nobody hands on what was handed over to him.
    expect(daemons.map(({ rereads }) => rereads.flat().length)).toEqual([5, 5, 5]);
  });

  test("one that takes it over the socket tells the others as well", async () => {
    await (await server.client()).flushall();
    await using leader = await startControl({ server });
    await using standby = await startControl({ server });
    await eventually(async () => (await leader.client.zcard("btu:scheduler:daemons")) === 2, {
      what: "both are known",
    });
    await standby.ask("socket", "create_task_schedule", "TS-1");
    await eventually(() => leader.rereads.length > 0, { what: "the other one reads again" });
    expect(leader.rereads).toEqual([["TS-1"]]);
  });

  test("one that pauses or resumes tells the others", async () => {
    await (await server.client()).flushall();
    const schedules = [makeSchedule({ id: "TS-1", cron: "@yearly" })];
    await using leader = await startControl({ server, schedules });
    await using standby = await startControl({ server, schedules });
    await eventually(async () => (await leader.client.zcard("btu:scheduler:daemons")) === 2, {
      what: "both are known",
    });
    await standby.ask("socket", "pause", "TS-1");
    await eventually(() => leader.book.isPaused("TS-1"), { what: "the other one knows" });
    await standby.ask("socket", "resume", "TS-1");
    await eventually(() => !leader.book.isPaused("TS-1"), { what: "the other one knows" });
    expect(leader.rereads).toEqual([]);
  });

  test("what is asked through a daemon's own list is carried out by one of its prefix", async () => {
    await (await server.client()).flushall();
    const schedules = [makeSchedule({ id: "TS-1", cron: "@yearly" })];
    await using one = await startControl({ server, schedules, prefix: "one:" });
    await using two = await startControl({ server, schedules, prefix: "two:" });
    for (let round = 0; round < 5; round += 1) {
      await two.ask("redis", "run", { schedule: "TS-1", force: true });
    }
    expect(await one.client.xlen("one:ledger")).toBe(0);
    expect(await one.client.xlen("two:ledger")).toBe(5);
  });

  test("one that has ended is not known any more", async () => {
    await (await server.client()).flushall();
    const client = await server.client();
    const one = await startControl({ server });
    await eventually(async () => (await client.zcard("btu:scheduler:daemons")) === 1, {
      what: "it is known",
    });
    await one[Symbol.asyncDispose]();
    expect(await client.zcard("btu:scheduler:daemons")).toBe(0);
  });
});

test("nobody to take it: the request is withdrawn and says so", async () => {
  const client = await server.client();
  await client.flushall();
  const control = await startControl({ server });
  await control[Symbol.asyncDispose]();
  const error = await control.ask("redis", "run", "TS-1").catch((thrown: unknown) => thrown);
  expect(String(error)).toMatch(
    /^NoDaemonError: no daemon takes commands .* the request was withdrawn/,
  );
  expect(await client.keys("*commands")).toEqual([]);
}, 10_000);
