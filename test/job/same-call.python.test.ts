/**
 * A job that each builder makes, placed by the engine, beside the one that RQ's own `Queue.enqueue` makes of the same call: the
 * same fields in Redis, and in a real worker the same call.
 */
import { beforeEach, describe, expect, test } from "bun:test";
import { silentLog } from "../../src/base/log.ts";
import { delegatedBuilder } from "../../src/job/build-delegated.ts";
import { nativeBuilder } from "../../src/job/build-native.ts";
import { pickledBuilder } from "../../src/job/build-pickled.ts";
import type { Builder } from "../../src/job/builder.ts";
import { findJob } from "../../src/job/find-job.ts";
import { JobIds } from "../../src/job/job-ids.ts";
import { QueueNames } from "../../src/job/queue-names.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Remembered } from "../../src/redis/remembered.ts";
import { setup } from "../frappe/setup.ts";
import { startEngine } from "../support/engine.ts";
import { PythonPeer } from "../support/python-peer.ts";
import { runPython } from "../support/python.ts";
import type { RqVersion } from "../support/python.ts";
import { startRedis } from "../support/redis-server.ts";
import { queuedOn, storedJob } from "../support/rq-keys.ts";
import type { StoredJob } from "../support/rq-keys.ts";
import { runRqBurst, startRqWorker } from "../support/rq-worker.ts";
import type { RecordedCall } from "../support/rq-worker.ts";
import { at, makeSchedule } from "../support/schedules.ts";
import { enqueueByPython, pickleByPython, STANDIN_USER } from "../support/standin-python.ts";

const SITE = "erp.example.com";
const QUEUE = "bench-1:long";
const NOW = at("2026-03-02T10:00:30Z");
const server = await startRedis();
const client = await server.client();

beforeEach(async () => {
  await client.flushall();
});

const SCHEDULE = makeSchedule({
  id: "TS-Ü'1",
  task: "BT-1",
  description: "One",
  queue: "long",
  work: { kind: "btu_task", taskId: "BT-1", timeoutSeconds: 900, runsById: true },
});

const NEVER = new AbortController().signal;
const TTLS = { resultTtlSeconds: 600, failureTtlSeconds: 604_800 };

/** Ids as live workers of a version and existing jobs tell. */
function jobIds(): JobIds {
  const remembered = new Remembered({ client, key: "r" });
  return new JobIds({ client, remembered, log: silentLog, choice: "auto", site: SITE });
}

function queueNames(): QueueNames {
  const remembered = new Remembered({ client, key: "r" });
  return new QueueNames({ client, remembered, log: silentLog, prefix: "bench-1:" });
}

function user(): Promise<string> {
  return Promise.resolve(STANDIN_USER);
}

function native(): Builder {
  const frappe = { site: SITE, user, ids: jobIds(), ttls: TTLS };
  return nativeBuilder({ queueNames: queueNames(), frappe });
}

/** Has the engine place the occurrence; gives the id of the job that stands on the queue then. */
async function placed(builder: Builder): Promise<string> {
  await using engine = await startEngine({ server, nowSeconds: NOW, builderFor: () => builder });
  await engine.plan(SCHEDULE);
  await engine.advance(31);
  await engine.done(1);
  expect((await engine.ledger()).map((entry) => entry["outcome"])).toEqual([
    builder.kind === "delegated" ? "handed_over" : "fired",
  ]);
  const [id = ""] = await queuedOn(client, QUEUE);
  return id;
}

/** Runs what is queued; the calls without what differs from run to run. */
async function callsOf(version: RqVersion): Promise<Array<Partial<RecordedCall>>> {
  const { calls } = await runRqBurst({ version, redisUrl: server.url, queues: [QUEUE] });
  return calls.map(({ pid: _pid, at: _at, ...call }) => call);
}

/** A live worker, and jobs of the site as its Frappe makes them. */
async function liveWorker(version: RqVersion, existing: string | null) {
  const worker = startRqWorker({ version, redisUrl: server.url, queues: ["other"] });
  await worker.child.waitForOutput(/Listening on/);
  if (existing !== null) await client.hset(`rq:job:${existing}`, "status", "finished");
  return worker;
}

const TIMES = { created_at: "", enqueued_at: "" };

/** Fields of a version's own; ours stand there in any version, and are ignored by those that do not know them. */
function shared(fields: StoredJob["fields"], theirs: StoredJob["fields"]): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name in theirs));
}

const NATIVE: ReadonlyArray<readonly [RqVersion, "||" | "::" | "plain", string | null]> = [
  ["1.15.1", "::", `${SITE}::0a1b`],
  ["1.16.2", "||", `${SITE}||0a1b`],
  ["2.6.1", "||", null],
  ["2.10.0", "plain", null],
];

describe.each([...NATIVE])("a native job for workers of RQ %s", (version, idStyle, existing) => {
  const enqueue = (jobId?: string) =>
    enqueueByPython({
      redisUrl: server.url,
      rq: version,
      queue: "long",
      benchId: "bench-1",
      idStyle,
      taskOf: () => "BT-1",
      timeoutSecs: 900,
      ...(jobId !== undefined && { jobId }),
    })(SCHEDULE.id, SITE);

  test(`has an id of the form ${idStyle}, every field that RQ writes, and makes the same call`, async () => {
    await using worker = await liveWorker(version, existing);
    const id = await placed(native());
    await worker.child.end("SIGTERM");
    const separator = idStyle === "plain" ? "" : `${SITE}${idStyle}`;
    expect(id).toStartWith(separator);
    const bare = id.slice(separator.length);
    expect(bare).toMatch(/^[0-9a-f]{32}$/);
    const ours = await storedJob(client, id);
    const calls = await callsOf(version);
    await client.flushall();
    expect(await enqueue(bare)).toBe(id);
    const theirs = await storedJob(client, id);
    expect({ ...shared(ours.fields, theirs.fields), ...TIMES }).toEqual({
      ...theirs.fields,
      ...TIMES,
    });
    const peer = new PythonPeer();
    expect(await peer.loads(ours.data)).toEqual(await peer.loads(theirs.data));
    await peer.stop();
    expect(calls).toEqual(await callsOf(version));
    expect(calls.map(({ call }) => call)).toEqual([
      "frappe.utils.background_jobs.execute_job",
      "btu.btu_core.task_runner.run_task_by_id",
    ]);
  });
});

const PICKLED: readonly RqVersion[] = ["1.8.1", "1.13.0", "1.16.2", "2.6.1", "2.10.0"];

describe.each([...PICKLED])("a pickled job for workers of RQ %s", (version) => {
  test("has every field that RQ writes, and makes the same call", async () => {
    await using parts = await setup(
      {
        generation: "v14",
        sites: [SITE],
        pickledTask: pickleByPython({ byId: false }),
      },
      { timeoutMs: 10_000 },
    );
    const builder = pickledBuilder({
      endpoints: parts.frappe,
      queueNames: queueNames(),
      ids: jobIds(),
      ttls: TTLS,
      aheadSeconds: 5,
      fallback: "wait",
      clock: systemClock,
      log: silentLog,
    });
    const id = await placed(builder);
    const ours = await storedJob(client, id);
    const calls = await callsOf(version);
    await client.flushall();
    const wish = {
      redis_url: server.url,
      queue: QUEUE,
      site: SITE,
      user: STANDIN_USER,
      task_id: "BT-1",
      schedule_id: SCHEDULE.id,
      timeout_secs: 900,
    };
    const args = [JSON.stringify(wish)];
    const script = "enqueue_pickled_task.py";
    const theirId = (await runPython({ script, args, rq: version })).trim();
    const theirs = await storedJob(client, theirId);
    // The call is not shown: its method is an object that only Python could show.
    const description = "BTU Task BT-1: One";
    const expected: Record<string, string> = { ...theirs.fields, ...TIMES, description };
    const found: Record<string, string> = { ...shared(ours.fields, theirs.fields), ...TIMES };
    expect(found).toEqual(expected);
    expect(ours.data.equals(theirs.data)).toBe(true);
    const theirCalls = await callsOf(version);
    expect(calls).toEqual(theirCalls.map((call) => ({ ...call, job_id: id })));
    expect(calls.map(({ call }) => call)).toEqual([
      "btu.btu_api.execute_job",
      "TaskRunner.function_wrapper",
    ]);
  });
});

describe.each([...NATIVE])("a delegated job for workers of RQ %s", (version, idStyle) => {
  test("is the one that the site makes, and it runs", async () => {
    const enqueue = enqueueByPython({
      redisUrl: server.url,
      rq: version,
      queue: "long",
      benchId: "bench-1",
      idStyle,
      taskOf: () => "BT-1",
    });
    await using parts = await setup({ sites: [SITE], enqueue }, { timeoutMs: 10_000 });
    const id = await placed(delegatedBuilder({ endpoints: parts.frappe, traces: [] }));
    expect(await queuedOn(client, QUEUE)).toEqual([id]);
    const calls = await callsOf(version);
    expect(calls).toMatchObject([
      { call: "frappe.utils.background_jobs.execute_job", site: SITE },
      { task_id: "BT-1", schedule_id: SCHEDULE.id, rq_job_id: id, job_id: id },
    ]);
  });

  test("is found by its schedule, waiting or ended, and no other is taken for it", async () => {
    const enqueue = enqueueByPython({
      redisUrl: server.url,
      rq: version,
      queue: "long",
      benchId: "bench-1",
      idStyle,
      taskOf: () => "BT-1",
    });
    const sinceMs = systemClock.nowMs();
    const find = findJob({ client, queueNames: queueNames() });
    const look = (): Promise<string | null> => find({ schedule: SCHEDULE, sinceMs }, NEVER);
    await enqueue("TS-2", SITE);
    expect(await look()).toBeNull();
    const id = await enqueue(SCHEDULE.id, SITE);
    expect(await look()).toBe(`job ${id}`);
    expect(await find({ schedule: SCHEDULE, sinceMs: sinceMs + 60_000 }, NEVER)).toBeNull();
    await callsOf(version);
    expect(await queuedOn(client, QUEUE)).toEqual([]);
    expect(await look()).toBe(`job ${id}`);
  });
});
