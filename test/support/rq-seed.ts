/** The state of RQ on a bench at a fixed instant, written as RQ 2 on Frappe 15 leaves it. */
import { deflateSync } from "node:zlib";
import type { Redis } from "ioredis";
import { encodePickle } from "../../src/pickle/encode.ts";
import { PyDict, PyTuple } from "../../src/pickle/value.ts";
import type { PickleValue } from "../../src/pickle/value.ts";

const BENCH = "home-frappe-frappe-bench";

/** Full names of the bench's queues. */
export const SEEDED_QUEUES = {
  default: `${BENCH}:default`,
  long: `${BENCH}:long`,
  short: `${BENCH}:short`,
} as const;

/** Ids of jobs that are there. */
export const SEEDED_JOBS = {
  queued: "5f9c2a3e-7b1d-4c8e-9a60-2d1f3b4c5d6e",
  started: "0b6f1c52-3d0f-4f6e-8f0b-6f3f0f9f1a11",
  failed: "c81d4e2e-bcf2-41e6-a8e7-0d9f1b2c3d4e",
  stopped: "c9a0d9b0-1111-4222-8333-444455556666",
  finished: "f47ac10b-58cc-4372-a567-0e02b2c3d479",
} as const;

const TRACEBACK = `Traceback (most recent call last):
  File "/home/frappe/frappe-bench/apps/btu/btu/btu_core/task_runner.py", line 88, in run_task_by_id
    runner.run()
  File "/home/frappe/frappe-bench/apps/erp/erp/reports.py", line 7, in send
    raise PrinterError("no paper")
erp.printing.PrinterError: no paper
`;

function iso(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z");
}

/** The compressed call of a task as BTU 15.1.1 and newer enqueue it. */
export function pickledTask(task: string, schedule: string): Buffer {
  const own = PyDict.fromRecord({ task_id: task, site_name: "erp", schedule_id: schedule });
  const kwargs: Record<string, PickleValue> = {
    site: "erp",
    user: "Administrator",
    method: "btu.btu_core.task_runner.run_task_by_id",
    event: null,
    job_name: "btu.btu_core.task_runner.run_task_by_id",
    is_async: true,
    kwargs: own,
  };
  const call = [
    "frappe.utils.background_jobs.execute_job",
    null,
    new PyTuple([]),
    PyDict.fromRecord(kwargs),
  ];
  return deflateSync(encodePickle(new PyTuple(call)));
}

/** Writes it all, as it stands at `nowMs`. */
export async function seedRq(client: Redis, nowMs: number): Promise<void> {
  const { default: usual, long, short } = SEEDED_QUEUES;
  const now = nowMs / 1000;
  const ago = (seconds: number): string => iso(nowMs - seconds * 1000);
  const job = (id: string, queue: string, fields: Readonly<Record<string, string>>) =>
    client.hset(`rq:job:${id}`, {
      created_at: ago(7200),
      enqueued_at: ago(7200),
      data: pickledTask(`BT-${id.slice(0, 4)}`, "TS-000003"),
      origin: queue,
      description: "frappe.utils.background_jobs.execute_job(...)",
      timeout: "1500",
      result_ttl: "600",
      failure_ttl: "604800",
      ...fields,
    });
  await client.sadd("rq:queues", ...[usual, long, short].map((name) => `rq:queue:${name}`));

  const waiting = Array.from({ length: 7 }, (_, n) => `5f9c2a3e-7b1d-4c8e-9a60-00000000000${n}`);
  waiting[2] = SEEDED_JOBS.queued;
  for (const id of waiting) await job(id, usual, { status: "queued", enqueued_at: ago(90) });
  await client.rpush(`rq:queue:${usual}`, ...waiting);

  const worker = "8f14e45fceea467a9b7a1c1a2b3c4d5e.myhost.41";
  await job(SEEDED_JOBS.started, long, {
    status: "started",
    started_at: ago(42),
    worker_name: worker,
  });
  const execution = "c779837bb45f4cad95cf06313eb158b4";
  await client.zadd(`rq:wip:${long}`, now + 48, `${SEEDED_JOBS.started}:${execution}`);

  await job(SEEDED_JOBS.failed, long, {
    status: "failed",
    started_at: ago(610),
    ended_at: ago(600),
  });
  await client.zadd(`rq:failed:${long}`, now + 604_200, SEEDED_JOBS.failed);
  await client.pexpireat(`rq:job:${SEEDED_JOBS.failed}`, Date.now() + 604_200_000);
  const trace = deflateSync(TRACEBACK).toString("base64");
  const results = `rq:results:${SEEDED_JOBS.failed}`;
  const entry = ["type", "2", "worker_name", worker, "exc_string", trace];
  await client.xadd(results, `${nowMs - 600_000}-0`, ...entry);
  await job(SEEDED_JOBS.stopped, long, { status: "stopped", ended_at: ago(86_400) });
  await client.zadd(`rq:failed:${long}`, now + 518_400, SEEDED_JOBS.stopped);

  await job(SEEDED_JOBS.finished, short, { status: "finished", ended_at: ago(5) });
  await client.zadd(`rq:finished:${short}`, now + 595, SEEDED_JOBS.finished);
  await seedWorkers(client, { worker, ago, long, usual });
}

/** A busy one on the long queue, and an idle one on it and the usual one; nobody listens on the short one. */
async function seedWorkers(
  client: Redis,
  names: { worker: string; ago: (seconds: number) => string; long: string; usual: string },
): Promise<void> {
  const { worker, ago, long, usual } = names;
  const common = {
    birth: ago(90_000),
    hostname: "myhost",
    ip_address: "127.0.0.1",
    version: "2.6.1",
    python_version: "3.11.2 (main, Apr 28 2025, 14:11:48) [GCC 12.2.0]",
  };
  const idle = "d3d9446802a44259755d38e6d163e820.myhost.42";
  await client.hset(`rq:worker:${worker}`, {
    ...common,
    queues: long,
    pid: "41",
    state: "busy",
    last_heartbeat: ago(12),
    current_job: SEEDED_JOBS.started,
    successful_job_count: "1204",
    failed_job_count: "3",
    total_working_time: "8123.5",
  });
  await client.hset(`rq:worker:${idle}`, {
    ...common,
    queues: `${long},${usual}`,
    pid: "42",
    state: "idle",
    last_heartbeat: ago(200),
  });
  await client.sadd("rq:workers", `rq:worker:${worker}`, `rq:worker:${idle}`);
}
