/** What `requeue.lua` leaves behind is what RQ's own requeue leaves behind, but for what it does better. */
import { describe, expect, test } from "bun:test";
import type { Redis } from "ioredis";
import { systemClock as clock } from "../../src/base/clock.ts";
import { failedJobs, requeueJobs } from "../../src/job/requeue.ts";
import { RQ_VERSIONS, runPython } from "../support/python.ts";
import type { RqVersion } from "../support/python.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { runRqBurst } from "../support/rq-worker.ts";

const QUEUE = "bench-a:long";

/** Two jobs that fail, with all that a caller may ask for. */
const FAIL = `
import sys
from redis import Redis
from rq import Queue, SimpleWorker
connection = Redis.from_url(sys.argv[1])
queue = Queue("${QUEUE}", connection=connection)
for job_id in ("by-us", "by-rq"):
    queue.enqueue("btu_test_tasks.fail", "no paper", job_id=job_id, failure_ttl=3600, result_ttl=60, job_timeout=77,
                  description="prints", meta={"a": 1})
SimpleWorker([queue], connection=connection).work(burst=True)
`;

const REQUEUE_BY_RQ = `
import sys
from redis import Redis
from rq.registry import FailedJobRegistry
FailedJobRegistry("${QUEUE}", connection=Redis.from_url(sys.argv[1])).requeue("by-rq")
`;

async function failTwo(version: RqVersion, redis: RedisServer): Promise<void> {
  await runPython({ code: FAIL, args: [redis.url], rq: version });
}

/** The hash without what differs from job to job: bytes as hex, instants as their form. */
async function steadyHash(client: Redis, id: string): Promise<Record<string, string>> {
  const raw = await client.hgetallBuffer(`rq:job:${id}`);
  const entries = Object.entries(raw).map(([field, value]) => {
    const text = value.toString("utf8");
    const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(text);
    return [field, isTime ? "instant" : value.toString("hex")] as const;
  });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

describe.each([...RQ_VERSIONS])("beside RQ %s", (version) => {
  test("the end state is RQ's own, without the old time to live", async () => {
    await using redis = await startRedis();
    const client = await redis.client();
    await failTwo(version, redis);
    await runPython({ code: REQUEUE_BY_RQ, args: [redis.url], rq: version });
    const beforeMs = Date.now();
    const verdicts = await requeueJobs(["by-us"], { client, clock, queue: QUEUE });
    expect(verdicts).toEqual([{ id: "by-us", requeued: true, reason: null }]);
    const [ours, theirs] = [await steadyHash(client, "by-us"), await steadyHash(client, "by-rq")];
    // RQ 1.8 means to empty it and does not: its field is older than its property.
    const { exc_info: trace, ...same } = theirs;
    const empty = "789c030000000001";
    expect(trace === empty).toBe(version !== "1.8.1");
    expect(ours).toEqual({ ...same, exc_info: empty });
    const enqueued = (await client.hget("rq:job:by-us", "enqueued_at")) ?? "";
    expect(Date.parse(enqueued)).toBeGreaterThanOrEqual(beforeMs);
    expect(await client.lrange(`rq:queue:${QUEUE}`, 0, -1)).toEqual(["by-rq", "by-us"]);
    expect(await client.smembers("rq:queues")).toEqual([`rq:queue:${QUEUE}`]);
    expect(await client.zcard(`rq:failed:${QUEUE}`)).toBe(0);
    expect(await client.ttl("rq:job:by-us")).toBe(-1);
    // This is the fault: the job is gone when its failure's time is over, run or not.
    expect(await client.ttl("rq:job:by-rq")).toBeGreaterThan(3000);
  });

  test("a worker runs the job again", async () => {
    await using redis = await startRedis();
    const client = await redis.client();
    await failTwo(version, redis);
    const ids = await failedJobs(client, QUEUE, 10);
    expect(ids.toSorted()).toEqual(["by-rq", "by-us"]);
    const verdicts = await requeueJobs(ids, { client, clock, queue: QUEUE });
    expect(verdicts.filter(({ requeued }) => !requeued)).toEqual([]);
    const { calls } = await runRqBurst({ version, redisUrl: redis.url, queues: [QUEUE] });
    expect(calls.map(({ job_id: id }) => String(id)).toSorted()).toEqual(["by-rq", "by-us"]);
    expect((await failedJobs(client, QUEUE, 10)).toSorted()).toEqual(["by-rq", "by-us"]);
  });
});
