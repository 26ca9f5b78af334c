import { describe, expect, test } from "bun:test";
import { setup } from "../frappe/setup.ts";
import type { FrappeGeneration } from "./frappe-replies.ts";
import { runPython } from "./python.ts";
import { startRedis } from "./redis-server.ts";
import { runRqBurst } from "./rq-worker.ts";
import { enqueueByPython, pickleByPython } from "./standin-python.ts";

const READ_PICKLE = `
import base64, json, pickle, sys
print(json.dumps(pickle.loads(base64.b64decode(sys.argv[1])), default=repr))
`;

describe("the stand-in site", () => {
  test.each<[FrappeGeneration, boolean]>([
    ["v14", false],
    ["v15.2", true],
  ])("of %s pickles a task as that generation does", async (generation, byId) => {
    await using parts = await setup({ generation, pickledTask: pickleByPython({ byId }) });
    const bytes = await parts.frappe.getPickledTask("BT-1", "TS-1");
    const printed = await runPython({
      code: READ_PICKLE,
      args: [Buffer.from(bytes).toString("base64")],
    });
    expect(JSON.parse(printed)).toEqual([
      "btu.btu_api.execute_job",
      null,
      [],
      {
        site: "site1.localhost",
        user: "btu@example.com",
        method: byId
          ? "btu.btu_core.task_runner.run_task_by_id"
          : expect.stringContaining("TaskRunner('BT-1', 'site1.localhost', 'TS-1')"),
        event: null,
        job_name: "Task BT-1",
        is_async: true,
        kwargs: byId
          ? { task_id: "BT-1", site_name: "site1.localhost", schedule_id: "TS-1" }
          : null,
      },
    ]);
  });

  test("enqueues a task that a worker then runs", async () => {
    await using redis = await startRedis();
    const enqueue = enqueueByPython({
      redisUrl: redis.url,
      rq: "2.6.1",
      queue: "long",
      benchId: "home-bench",
      idStyle: "||",
      taskOf: (schedule) => `task of ${schedule}`,
    });
    await using parts = await setup({ enqueue });
    await parts.frappe.enqueueForNextAvailableWorker("TS-1");
    const { calls } = await runRqBurst({
      version: "2.6.1",
      redisUrl: redis.url,
      queues: ["home-bench:long"],
    });
    expect(calls.at(-1)).toMatchObject({
      call: "btu.btu_core.task_runner.run_task_by_id",
      task_id: "task of TS-1",
      schedule_id: "TS-1",
    });
  });
});
