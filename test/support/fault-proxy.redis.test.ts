import { describe, expect, test } from "bun:test";
import { atMessage, FaultProxy } from "./fault-proxy.ts";
import { realDelay } from "./eventually.ts";
import { startRedis } from "./redis-server.ts";

/** A Redis, a proxy before it, and a client on each. */
async function setup() {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const proxy = stack.use(await FaultProxy.start({ target: redis, protocol: "redis" }));
  const direct = await redis.client();
  const client = await redis.client({
    port: proxy.port,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
  });
  const owned = stack.move();
  return {
    redis,
    proxy,
    direct,
    client,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** "pending" when it has not settled after a while, else what it became. */
function stateSoon(work: Promise<unknown>): Promise<string> {
  const settled = work.then(String, () => "rejected");
  return Promise.race([settled, realDelay(100).then(() => "pending")]);
}

describe("FaultProxy", () => {
  test("tells every command and lets it pass", async () => {
    await using parts = await setup();
    parts.proxy.messages.splice(0);
    await parts.client.pipeline().set("a", "1").incr("a").exec();
    expect(parts.proxy.messages.map(({ name }) => name)).toEqual(["SET", "INCR"]);
    expect(await parts.direct.get("a")).toBe("2");
  });

  test("holds a message and all after it until it is told to pass", async () => {
    await using parts = await setup();
    parts.proxy.judge(atMessage(2, "hold"));
    const first = parts.client.incr("n");
    const rest = [parts.client.incr("n"), parts.client.incr("n")];
    expect(await first).toBe(1);
    expect((await parts.proxy.waitUntilStruck()).name).toBe("INCR");
    expect(await parts.direct.get("n")).toBe("1");
    parts.proxy.passAll();
    expect(await Promise.all(rest)).toEqual([2, 3]);
  });

  test("holds the reply of a message that the server carries out", async () => {
    await using parts = await setup();
    parts.proxy.judge(atMessage(1, "hold-reply"));
    const work = parts.client.incr("n");
    expect(await stateSoon(work)).toBe("pending");
    expect(await parts.direct.get("n")).toBe("1");
    parts.proxy.passAll();
    expect(await work).toBe(1);
  });

  test.each([
    ["cut-before", null],
    ["cut-half", null],
    ["cut-after", "1"],
  ] as const)("breaks the connection: %s leaves %p on the server", async (verdict, value) => {
    await using parts = await setup();
    parts.proxy.judge(atMessage(1, verdict));
    expect(await stateSoon(parts.client.incr("n"))).toBe("rejected");
    expect(await parts.direct.get("n")).toBe(value);
  });

  test("cuts after the right one of several commands sent together", async () => {
    await using parts = await setup();
    parts.proxy.judge(atMessage(2, "cut-after", ({ name }) => name === "INCR"));
    const work = [1, 2, 3].map(() => stateSoon(parts.client.incr("n")));
    expect((await Promise.all(work)).at(-1)).toBe("rejected");
    expect(await parts.direct.get("n")).toBe("2");
  });

  test("delays replies", async () => {
    await using parts = await setup();
    parts.proxy.judge(atMessage(1, { delayReplyMs: 150 }));
    const startMs = performance.now();
    await parts.client.ping();
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(149);
  });

  test("refuses connections until it accepts again", async () => {
    await using parts = await setup();
    await parts.proxy.refuse();
    const port = parts.proxy.port;
    expect(parts.redis.client({ port, retryStrategy: () => null })).rejects.toThrow();
    await parts.proxy.accept();
    expect(await (await parts.redis.client({ port })).ping()).toBe("PONG");
  });
});
