import { describe, expect, test } from "bun:test";
import { askAll } from "../../src/redis/pipeline.ts";
import { readRqWorkers } from "../../src/redis/rq-workers.ts";
import { startRedis } from "../support/redis-server.ts";

describe("readRqWorkers", () => {
  test("leaves out what dead workers left behind", async () => {
    await using redis = await startRedis();
    const client = await redis.client();
    // Killed and expired; outlived by its own horse, which only counts; alive.
    await client.sadd("rq:workers", "rq:worker:gone", "rq:worker:half", "rq:worker:alive");
    await client.hset("rq:worker:half", "failed_job_count", "1");
    await client.hset("rq:worker:alive", { birth: "2026-01-01T00:00:00Z", queues: "a,b" });
    expect(await readRqWorkers(client)).toEqual([
      {
        name: "alive",
        queues: ["a", "b"],
        version: "",
        state: "",
        fields: { birth: "2026-01-01T00:00:00Z", queues: "a,b" },
      },
    ]);
  });

  test("of an empty Redis are none", async () => {
    await using redis = await startRedis();
    expect(await readRqWorkers(await redis.client())).toEqual([]);
  });
});

describe("askAll", () => {
  test("answers each command for itself, in order, however many", async () => {
    await using redis = await startRedis();
    const client = await redis.client();
    await client.set("text", "x");
    const many = Array.from({ length: 2_500 }, (_, n) => ["echo", String(n)] as const);
    const answers = await askAll(client, [["llen", "text"], ...many]);
    expect(answers[0]?.error?.message).toStartWith("WRONGTYPE");
    expect(answers.slice(1).map(({ reply }) => reply)).toEqual(many.map(([, text]) => text));
  });
});
