import { describe, expect, test } from "bun:test";
import type { Redis } from "ioredis";
import { readJobs } from "../../src/observe/rq-jobs.ts";
import { JOB_STATES, matchQueues, readQueues } from "../../src/observe/rq-queues.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startRedis } from "../support/redis-server.ts";

const clock = new FakeClock();

/** Commands that Redis carries out while `work` does. */
async function commandsOf(client: Redis, work: () => Promise<unknown>): Promise<number> {
  const count = async (): Promise<number> => {
    const info = await client.info("stats");
    return Number(/total_commands_processed:(\d+)/.exec(info)?.[1]);
  };
  const before = await count();
  await work();
  return (await count()) - before - 1;
}

async function fill(client: Redis, jobs: number): Promise<void> {
  const ids = Array.from({ length: jobs }, (_, index) => `job-${index}`);
  const now = clock.nowMs() / 1000;
  const scored = ids.flatMap((id) => [now + 1000, id]);
  for (const queue of ["a", "b"]) {
    await client.sadd("rq:queues", `rq:queue:${queue}`);
    await client.rpush(`rq:queue:${queue}`, ...ids);
    for (const state of ["failed", "finished", "wip", "scheduled"]) {
      await client.zadd(`rq:${state}:${queue}`, ...scored);
    }
  }
}

describe("what a look costs", () => {
  test.each([10, 10_000])("does not depend on the jobs: %i", async (jobs) => {
    await using redis = await startRedis();
    const client = await redis.client();
    await fill(client, jobs);
    const counting = () => readQueues(client, { clock, workers: [] });
    expect(await commandsOf(client, counting)).toBe(23);
    const wanted = { queues: ["a", "b"], states: JOB_STATES, limit: 10 };
    const listing = () => readJobs(client, wanted, { clock });
    expect(await commandsOf(client, listing)).toBeLessThanOrEqual(14 + 3 * 10);
  });
});

describe("readJobs", () => {
  test("shows some of each state, however many are queued", async () => {
    await using redis = await startRedis();
    const client = await redis.client();
    await fill(client, 100);
    await client.zadd("rq:canceled:a", clock.nowMs() / 1000 - 5, "job-1");
    const wanted = { queues: ["a", "b"], states: JOB_STATES, limit: 9 };
    const rows = await readJobs(client, wanted, { clock });
    expect(rows.map(({ state }) => state)).toEqual([
      "started",
      "started",
      "queued",
      "queued",
      "failed",
      "failed",
      "scheduled",
      "finished",
      "canceled",
    ]);
    expect(rows.filter(({ state }) => state === "queued").map(({ queue }) => queue)).toEqual([
      "a",
      "b",
    ]);
  });
});

describe("matchQueues", () => {
  const names = ["bench-a:long", "bench-b:long", "bench-b:short", "long"];
  test.each([
    ["long", ["long"]],
    ["short", ["bench-b:short"]],
    ["bench-a:long", ["bench-a:long"]],
    ["ort", []],
  ])("takes %s for %p", (wanted, found) => {
    expect(matchQueues(wanted, names)).toEqual(found);
  });

  test("gives all that a name without a bench fits", () => {
    expect(matchQueues("long", names.slice(0, 3))).toEqual(["bench-a:long", "bench-b:long"]);
  });
});
