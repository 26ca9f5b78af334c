import { describe, expect, test } from "bun:test";
import type { Redis } from "ioredis";
import { requeueJobs } from "../../src/job/requeue.ts";
import { RedisRefusal } from "../../src/redis/script.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startRedis } from "../support/redis-server.ts";

const clock = new FakeClock();

async function addFailed(
  client: Redis,
  id: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<void> {
  const job = { status: "failed", origin: "q", data: "x", timeout: "60", ...fields };
  await client.hset(`rq:job:${id}`, job);
  await client.expire(`rq:job:${id}`, 1000);
  await client.zadd("rq:failed:q", clock.nowMs() / 1000 + 1000, id);
}

async function start() {
  const redis = await startRedis();
  const client = await redis.client();
  const requeue = (...ids: string[]) => requeueJobs(ids, { client, clock, queue: "q" });
  return { client, requeue, [Symbol.asyncDispose]: () => redis[Symbol.asyncDispose]() };
}

describe("requeueJobs", () => {
  test.each([
    ["gone", null, {}, "there is no such job any more"],
    ["moved", "f", { origin: "other" }, "it belongs to another queue"],
    ["no call", "f", { data: "" }, "it holds no call: workers would drop it"],
    ["started meanwhile", "f", { status: "started" }, "its status is started, not failed"],
  ])("writes nothing for a job that is %s", async (_, id, fields, reason) => {
    await using all = await start();
    const { client } = all;
    const name = id ?? "missing";
    await client.zadd("rq:failed:q", "9999999999", name);
    if (id !== null) await addFailed(client, name, fields);
    if ("data" in fields) await client.hdel(`rq:job:${name}`, "data");
    const before = await client.hgetall(`rq:job:${name}`);
    expect(await all.requeue(name)).toEqual([{ id: name, requeued: false, reason }]);
    expect(await client.hgetall(`rq:job:${name}`)).toEqual(before);
    expect(await client.zcard("rq:failed:q")).toBe(1);
    expect(await client.exists("rq:queue:q", "rq:queues")).toBe(0);
  });

  test("a job that has not failed is left alone", async () => {
    await using all = await start();
    await addFailed(all.client, "f");
    await all.client.zrem("rq:failed:q", "f");
    expect(await all.requeue("f")).toEqual([
      { id: "f", requeued: false, reason: "it is not among the failed jobs of its queue" },
    ]);
  });

  test("asked twice at once, a job is queued once", async () => {
    await using all = await start();
    await addFailed(all.client, "f");
    const both = await Promise.all([all.requeue("f"), all.requeue("f")]);
    expect(both.flat().map(({ requeued }) => requeued)).toEqual([true, false]);
    expect(await all.client.lrange("rq:queue:q", 0, -1)).toEqual(["f"]);
  });

  test("a stopped job may run again", async () => {
    await using all = await start();
    await addFailed(all.client, "f", { status: "stopped" });
    expect(await all.requeue("f")).toMatchObject([{ requeued: true }]);
  });

  test("a time to live of the caller's own begins anew, and a missing timeout is RQ's", async () => {
    await using all = await start();
    const { client } = all;
    await addFailed(client, "with-ttl", { ttl: "77" });
    await addFailed(client, "bad-ttl", { ttl: "5m" });
    await client.hdel("rq:job:with-ttl", "timeout");
    await all.requeue("with-ttl", "bad-ttl");
    expect(await client.ttl("rq:job:with-ttl")).toBeWithin(70, 78);
    expect(await client.ttl("rq:job:bad-ttl")).toBe(-1);
    expect(await client.hget("rq:job:with-ttl", "timeout")).toBe("180");
    expect(await client.hget("rq:job:bad-ttl", "timeout")).toBe("60");
  });

  test("hundreds of jobs are put back in their order", async () => {
    await using all = await start();
    const ids = Array.from({ length: 250 }, (_, index) => `job-${index}`);
    for (const id of ids) await addFailed(all.client, id);
    expect(await all.requeue(...ids)).toHaveLength(250);
    expect(await all.client.lrange("rq:queue:q", 0, -1)).toEqual(ids);
    expect(await all.client.zcard("rq:failed:q")).toBe(0);
  });

  test("a key of another type is refused before anything is written", async () => {
    await using all = await start();
    await addFailed(all.client, "f");
    await all.client.set("rq:queue:q", "no list");
    expect(await all.requeue("f").catch((error: unknown) => error)).toBeInstanceOf(RedisRefusal);
    expect(await all.client.hget("rq:job:f", "status")).toBe("failed");
    expect(await all.client.zcard("rq:failed:q")).toBe(1);
  });

  test("a full Redis refuses before anything is written", async () => {
    await using all = await start();
    const { client } = all;
    await addFailed(client, "f");
    await client.config("SET", "maxmemory", "1");
    expect(await all.requeue("f").catch((error: unknown) => error)).toBeInstanceOf(RedisRefusal);
    expect(await client.hget("rq:job:f", "status")).toBe("failed");
    expect(await client.zcard("rq:failed:q")).toBe(1);
  });
});
