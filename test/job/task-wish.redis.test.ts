/** A task that is run by hand: the same job as for a schedule, without one. */
import { beforeEach, describe, expect, test } from "bun:test";
import { silentLog } from "../../src/base/log.ts";
import { nativeBuilder } from "../../src/job/build-native.ts";
import { newJobId } from "../../src/job/job-ids.ts";
import { QueueNames } from "../../src/job/queue-names.ts";
import { TaskError, taskWish } from "../../src/job/task-wish.ts";
import type { TaskPlace } from "../../src/job/task-wish.ts";
import { decodePickle } from "../../src/pickle/decode.ts";
import { Remembered } from "../../src/redis/remembered.ts";
import { detectGeneration } from "../../src/schedule/btu-generation.ts";
import { btuTask } from "../../src/schedule/btu-task.ts";
import { pyRepr } from "../../src/pickle/repr.ts";
import { startRedis } from "../support/redis-server.ts";
import { inflateSync } from "node:zlib";

const server = await startRedis();
const client = await server.client();
const { signal } = new AbortController();

beforeEach(async () => {
  await client.flushall();
});

const GENERATION = detectGeneration(
  new Map([
    ["tabBTU Task Schedule", new Set(["cron_timezone"])],
    ["tabBTU Task Log", new Set(["rq_job_id"])],
  ]),
);

/** A site with one task. */
function place(row: Readonly<Record<string, unknown>>, isRemote = false): TaskPlace {
  return {
    generation: GENERATION,
    records: {
      isRemote,
      readTasks: (only) =>
        Promise.resolve(only === null || only === row["name"] ? [btuTask(row)] : []),
      readRunning: null,
      findLog: () => Promise.resolve(null),
    },
  };
}

const TASK = {
  name: "BT-1",
  desc_short: "One",
  queue_name: "long",
  max_task_duration: 90,
  docstatus: 1,
};

describe("a task that is run by hand", () => {
  test("becomes the job of a schedule, but for the schedule's id", async () => {
    const remembered = new Remembered({ client, key: "r" });
    const builder = nativeBuilder({
      queueNames: new QueueNames({ client, remembered, log: silentLog, prefix: "bench:" }),
      frappe: {
        site: "erp",
        user: () => Promise.resolve("btu@example.com"),
        ids: { next: () => Promise.resolve(newJobId()) },
        ttls: { resultTtlSeconds: 600, failureTtlSeconds: 604_800 },
      },
    });
    const wish = await taskWish("BT-1", place(TASK), signal);
    const job = await builder.build(wish, signal);
    expect(job).toMatchObject({ queue: "bench:long", timeoutSeconds: 90 });
    expect(pyRepr(decodePickle(inflateSync(job.data)))).toContain(
      `'kwargs': {'task_id': 'BT-1', 'site_name': 'erp', 'schedule_id': None, 'rq_job_id': '${job.id}'}`,
    );
  });

  test("of a site behind its web server is known to be out of our reach", async () => {
    const { work } = await taskWish("BT-1", place(TASK, true), signal);
    expect(work).toMatchObject({ kind: "btu_task", isRemote: true });
  });

  test.each<[string, object, string]>([
    ["BT-2", {}, 'no BTU Task is called "BT-2" (did you mean "BT-1"?)'],
    ["BT-1", { docstatus: 2 }, "it is cancelled"],
    ["BT-1", { max_task_duration: "an hour" }, "not a number of seconds"],
  ])("is refused when it cannot run: %s %p", async (id, more, text) => {
    const refused = taskWish(id, place({ ...TASK, ...more }), signal);
    const error = await refused.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TaskError);
    expect(String(error)).toContain(text);
  });
});
