import { describe, expect, test } from "bun:test";
import { RQ_VERSIONS, runPython } from "./python.ts";
import { startRedis } from "./redis-server.ts";
import { rqInfo, runRqBurst, startRqWorker } from "./rq-worker.ts";

const ENQUEUE = `
import sys
from redis import Redis
from rq import Queue
queue = Queue("default", connection=Redis.from_url(sys.argv[1]))
print(queue.enqueue("btu_test_tasks.record", 1, "two", key=None).id)
`;

describe("runRqBurst", () => {
  test.each([...RQ_VERSIONS])("runs a job with RQ %s, forked and not", async (version) => {
    await using redis = await startRedis();
    for (const simple of [true, false]) {
      const id = await runPython({ code: ENQUEUE, args: [redis.url], rq: version });
      const { calls } = await runRqBurst({
        version,
        redisUrl: redis.url,
        queues: ["default"],
        simple,
      });
      expect(calls).toMatchObject([
        { call: "record", job_id: id.trim(), args: "(1, 'two')", kwargs: "{'key': None}" },
      ]);
    }
  });
});

describe("rqInfo", () => {
  test.each([...RQ_VERSIONS])("tells the queues with RQ %s", async (version) => {
    await using redis = await startRedis();
    await runPython({ code: ENQUEUE, args: [redis.url], rq: version });
    expect(await rqInfo(version, redis.url)).toContain("queue default 1");
  });
});

describe("startRqWorker", () => {
  test("waits for jobs until it is told to end", async () => {
    await using redis = await startRedis();
    await using worker = startRqWorker({
      version: "2.10.0",
      redisUrl: redis.url,
      queues: ["default"],
    });
    await worker.child.waitForOutput(/Listening on default/);
    await runPython({ code: ENQUEUE, args: [redis.url], rq: "2.10.0" });
    expect(await worker.waitForCalls(1)).toHaveLength(1);
    expect(await worker.child.end("SIGTERM")).toBe(0);
  });
});

describe("the stand-in app", () => {
  const wish = { site: "site1", user: "btu@example.com", task_id: "BT-1", schedule_id: "TS-1" };

  test("is called with the id of the task by a job made as Frappe makes it", async () => {
    await using redis = await startRedis();
    const job = {
      ...wish,
      redis_url: redis.url,
      queue: "default",
      bench_id: "home-bench",
      id_style: "||",
      timeout_secs: 600,
    };
    const id = await runPython({
      script: "enqueue_task.py",
      args: [JSON.stringify(job)],
      rq: "2.6.1",
    });
    expect(id).toStartWith("site1||");
    const queues = ["home-bench:default"];
    const { calls } = await runRqBurst({ version: "2.6.1", redisUrl: redis.url, queues });
    expect(calls).toMatchObject([
      { call: "frappe.utils.background_jobs.execute_job", job_id: id.trim(), site: "site1" },
      {
        call: "btu.btu_core.task_runner.run_task_by_id",
        task_id: "BT-1",
        schedule_id: "TS-1",
        rq_job_id: id.trim(),
      },
    ]);
  });

  test("is told of a job that failed", async () => {
    await using redis = await startRedis();
    const job = {
      ...wish,
      redis_url: redis.url,
      queue: "default",
      bench_id: "",
      id_style: "plain",
      timeout_secs: 600,
    };
    await runPython({ script: "enqueue_task.py", args: [JSON.stringify(job)], rq: "1.16.2" });
    const { calls } = await runRqBurst({
      version: "1.16.2",
      redisUrl: redis.url,
      queues: ["default"],
      env: { BTU_TEST_FAILING_TASKS: "BT-1" },
    });
    expect(calls.at(-1)).toMatchObject({ call: "btu.btu_core.task_runner.on_btu_task_failure" });
  });

  test.each([
    [true, "btu.btu_core.task_runner.run_task_by_id"],
    [false, "TaskRunner.function_wrapper"],
  ])("pickles a task by its id (%p)", async (byId, call) => {
    const args = [JSON.stringify({ ...wish, by_id: byId, description: "Nightly" })];
    const data = await runPython({ script: "make_pickle.py", args });
    const { name, run } = await unpickleAndRun(data.trim());
    expect(name).toBe("btu.btu_api.execute_job");
    expect(run).toMatchObject({ call, task_id: "BT-1", site_name: "site1", schedule_id: "TS-1" });
  });
});

/** Does with the bytes what a worker does with a job. */
async function unpickleAndRun(base64: string): Promise<{ name: string; run: unknown }> {
  const code = `
import base64, json, os, pickle, sys, tempfile
import frappe
name, instance, args, kwargs = pickle.loads(base64.b64decode(sys.argv[1]))
with tempfile.NamedTemporaryFile() as file:
    os.environ["BTU_TEST_RECORD"] = file.name
    frappe.get_attr(name)(*args, **kwargs)
    print(json.dumps({"name": name, "run": json.loads(file.read().decode().splitlines()[-1])}))
`;
  return JSON.parse(await runPython({ code, args: [base64] })) as { name: string; run: unknown };
}
