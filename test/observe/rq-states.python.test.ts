/** What RQ itself wrote, in each version, is read as RQ's own tool reads it. */
import { describe, expect, test } from "bun:test";
import type { Redis } from "ioredis";
import { readJob } from "../../src/observe/rq-job.ts";
import { readJobs } from "../../src/observe/rq-jobs.ts";
import { JOB_STATES, readQueues } from "../../src/observe/rq-queues.ts";
import { readRqWorkers } from "../../src/redis/rq-workers.ts";
import { systemClock as clock } from "../../src/base/clock.ts";
import { RQ_VERSIONS, runPython } from "../support/python.ts";
import type { RqVersion } from "../support/python.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { rqInfo, startRqWorker } from "../support/rq-worker.ts";

type Ids = Readonly<Record<string, readonly string[]>>;

async function makeStates(version: RqVersion, redis: RedisServer): Promise<Ids> {
  const text = await runPython({ script: "rq_states.py", args: [redis.url], rq: version });
  return JSON.parse(text.trim().split("\n").at(-1) ?? "") as Ids;
}

const COUNT = `
import json, sys
from redis import Redis
from rq import Queue
from rq.registry import *
import rq.registry
connection = Redis.from_url(sys.argv[1])
names = dict(started="Started", finished="Finished", failed="Failed", deferred="Deferred", scheduled="Scheduled", canceled="Canceled")
counts = {}
for queue in Queue.all(connection=connection):
    own = counts[queue.name] = dict(queued=queue.count, canceled=0)
    for state, name in names.items():
        registry = getattr(rq.registry, name + "JobRegistry", None)
        if registry is not None:
            own[state] = registry(queue.name, connection=connection).count
print(json.dumps(counts))
`;

type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** As RQ counts, which takes out of its registries what their time is over for. */
async function countedByRq(version: RqVersion, redis: RedisServer): Promise<Counts> {
  return JSON.parse(await runPython({ code: COUNT, args: [redis.url], rq: version })) as Counts;
}

async function countedByUs(client: Redis): Promise<Counts> {
  const { queues } = await readQueues(client, { clock, workers: [] });
  return Object.fromEntries(
    queues.map((row) => [
      row.name,
      Object.fromEntries(JOB_STATES.map((state) => [state, row[state]])),
    ]),
  );
}

/** `queue default 4`, as every version's `rq info` begins its lines. */
async function queuesOfRqInfo(version: RqVersion, redis: RedisServer): Promise<string[]> {
  const text = await rqInfo(version, redis.url);
  return Array.from(text.matchAll(/^queue \S+ \d+/gm), ([line]) => line).toSorted();
}

/** What a look changes: the counter of writes. */
async function writesOf(client: Redis): Promise<string> {
  const info = await client.info("persistence");
  return /rdb_changes_since_last_save:(\d+)/.exec(info)?.[1] ?? "";
}

describe.each([...RQ_VERSIONS])("RQ %s", (version) => {
  test("counts are those of rq info, and reading changes nothing", async () => {
    await using redis = await startRedis();
    const client = await redis.client();
    const ids = await makeStates(version, redis);
    const before = await writesOf(client);
    const ours = await countedByUs(client);
    const { queues } = await readQueues(client, { clock, workers: await readRqWorkers(client) });
    expect(await writesOf(client)).toBe(before);
    expect(await queuesOfRqInfo(version, redis)).toEqual(
      queues.map(({ name, queued }) => `queue ${name} ${queued}`),
    );
    expect(ours).toEqual(await countedByRq(version, redis));
    for (const state of JOB_STATES) {
      const count = queues.reduce((sum, row) => sum + row[state], 0);
      expect([state, count]).toEqual([state, ids[state]?.length ?? 0]);
    }
  });

  test("every job is found under its state, with its call and error", async () => {
    await using redis = await startRedis();
    const client = await redis.client();
    const ids = await makeStates(version, redis);
    const wanted = { queues: ["bench-a:long", "default"], states: JOB_STATES, limit: 50 };
    const rows = await readJobs(client, wanted, { clock });
    const found = Map.groupBy(rows, ({ state }) => state);
    for (const [state, own] of Object.entries(ids)) {
      const seen = rows.filter((row) => row.state === state).map(({ id }) => id);
      expect([state, seen.toSorted()]).toEqual([state, own.toSorted()]);
    }
    expect(
      found
        .get("failed")
        ?.map(({ call, error }) => [call, error])
        .toSorted(),
    ).toEqual([
      ["btu_test_tasks.fail('no ink')", "ValueError: no ink"],
      ["btu_test_tasks.fail('no paper')", "ValueError: no paper"],
    ]);
    expect(found.get("finished")?.[0]?.call).toBe("btu_test_tasks.echo('ü', key=[1, None])");
    expect(rows.filter(({ problem, at }) => problem !== null || at === null)).toEqual([]);
    expect(Date.parse(found.get("scheduled")?.[0]?.at ?? "")).toBeGreaterThan(Date.now());
  });

  test("a job's document tells its result or its traceback, and when it is forgotten", async () => {
    await using redis = await startRedis();
    const client = await redis.client();
    const ids = await makeStates(version, redis);
    const [finished, failed, kept] = [
      await readJob(client, ids["finished"]?.[0] ?? "", { clock }),
      await readJob(client, ids["failed"]?.[0] ?? "", { clock }),
      await readJob(client, ids["failed"]?.[1] ?? "", { clock }),
    ];
    expect(finished).toMatchObject({
      queue: "bench-a:long",
      status: "finished",
      places: ["finished"],
      problems: [],
      traceback: null,
      result_ttl_s: 3600,
      results: [{ type: "ok", return_value: "[['ü'], {'key': [1, None]}]" }],
      call: { function: "btu_test_tasks.echo", args: ["'ü'"] },
    });
    expect(failed).toMatchObject({ status: "failed", places: ["failed"], failure_ttl_s: 3600 });
    expect(failed?.traceback).toMatch(/^Traceback[\s\S]*ValueError: no paper\n?$/);
    const leftSeconds = (Date.parse(failed?.expires_at ?? "") - Date.now()) / 1000;
    expect(leftSeconds).toBeWithin(3500, 3602);
    expect(kept?.expires_at).toBeNull();
  });

  test("a waiting job is told with its place, a running one with its worker", async () => {
    await using redis = await startRedis();
    const client = await redis.client();
    const ids = await makeStates(version, redis);
    const waiting = await readJob(client, ids["queued"]?.[2] ?? "", { clock });
    expect(waiting).toMatchObject({ status: "queued", places: ["queued"], ahead: 2 });
    await using worker = startRqWorker({
      version,
      redisUrl: redis.url,
      queues: ["waits"],
      name: "waiter",
      simple: true,
    });
    const code =
      'import sys; from redis import Redis; from rq import Queue; print(Queue("waits", connection=Redis.from_url(sys.argv[1])).enqueue("btu_test_tasks.wait", 30).id)';
    const id = (await runPython({ code, args: [redis.url], rq: version })).trim();
    await worker.waitForCalls(1);
    const workers = await readRqWorkers(client);
    expect(workers).toMatchObject([
      { name: "waiter", state: "busy", queues: ["waits"], version, fields: { current_job: id } },
    ]);
    expect(await readJob(client, id, { clock })).toMatchObject({
      status: "started",
      places: ["started"],
      ahead: null,
      problems: [],
    });
    const { queues } = await readQueues(client, { clock, workers });
    expect(queues.find(({ name }) => name === "waits")).toMatchObject({
      queued: 0,
      started: 1,
      abandoned: 0,
      taken: 0,
      workers: 1,
      busy: 1,
    });
    const jobs = { queues: ["waits"], states: ["started"] as const, limit: 5 };
    const [row] = await readJobs(client, jobs, { clock });
    expect(row).toMatchObject({ id, state: "started", call: "btu_test_tasks.wait(30)" });
    await worker.child.end("SIGKILL");
    // Its time is over, and no other worker has cleaned up yet.
    const [member = ""] = await client.zrange("rq:wip:waits", 0, "-1");
    await client.zadd("rq:wip:waits", 1000, member);
    const [left] = await readJobs(client, jobs, { clock });
    expect(left).toMatchObject({ id, problem: "abandoned: its worker is gone" });
    const { queues: after } = await readQueues(client, { clock, workers: [] });
    expect(after.find(({ name }) => name === "waits")).toMatchObject({ started: 0, abandoned: 1 });
  });
});
