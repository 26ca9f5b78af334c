/** How fast 10,000 occurrences that are due at once are on their queue, and how fast the peers put as many there. */
import { resolve } from "node:path";
import { startDaemon } from "../test/support/daemon.ts";
import type { Daemon } from "../test/support/daemon.ts";
import { runPython } from "../test/support/python.ts";
import type { RqVersion } from "../test/support/python.ts";
import { startRedis } from "../test/support/redis-server.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import type { Measure } from "./measure.ts";
import { findPython } from "./python.ts";

const COUNT = 10_000;
const QUEUE = "rq:queue:default";
const ALL_GOAL_MS = 1_000;
const TIMES_GOAL = 6;
/** The daemon has read and planned everything by then. */
const AHEAD_MS = 12_000;
const LOOK_EVERY_MS = 2;
const GIVE_UP_MS = 60_000;
const PEERS = resolve(import.meta.dir, "peers.py");
const PEER_TIMEOUT_MS = 180_000;

const PEER_RUNS = [
  ["rq 2.10: Queue.enqueue", "rq_enqueue", "2.10.0"],
  ["rq 2.10: Queue.enqueue_many", "rq_enqueue_many", "2.10.0"],
  ["rq 2.10: rq cron", "rq_cron", "2.10.0"],
  ["rq-scheduler 0.14", "rq_scheduler", "rq-scheduler-0.14"],
] as const;

function cronAt(time: Date): string {
  const parts = [
    time.getUTCSeconds(),
    time.getUTCMinutes(),
    time.getUTCHours(),
    time.getUTCDate(),
    time.getUTCMonth() + 1,
    "*",
    time.getUTCFullYear(),
  ];
  return parts.join(" ");
}

type Server = Awaited<ReturnType<typeof startRedis>>;

/** Writes schedules that are all due at one instant, epoch ms, and gives a way to start a daemon with them. */
async function prepare(
  redis: Server,
  folder: string,
): Promise<{ start: () => Promise<Daemon>; dueMs: number }> {
  const dueMs = Math.ceil((Date.now() + AHEAD_MS) / 1000) * 1000;
  const cron = cronAt(new Date(dueMs));
  const schedules = Array.from({ length: COUNT }, (_, index) => ({
    id: `job-${index}`,
    cron,
    function: "reports.run",
    args: [index, "two"],
  }));
  await Bun.write(`${folder}/schedules.json`, JSON.stringify(schedules));
  const config = `rq_port = ${redis.port}\nschedules_file = "${folder}/schedules.json"\nlog_file = "${folder}/log"`;
  return { start: () => startDaemon({ config }), dueMs };
}

/** What the server has spent on each command, as `INFO commandstats` tells: microseconds by name. */
async function spentMicros(redis: Server): Promise<Map<string, number>> {
  const client = await redis.client();
  const info = await client.info("commandstats");
  const lines = info.matchAll(/^cmdstat_([^:]+):calls=\d+,usec=(\d+)/gm);
  return new Map([...lines].map(([, name = "", micros]) => [name, Number(micros)]));
}

/** Jobs that one pipeline writes. */
const PIPELINE_JOBS = 500;
const PREFIX = "btu_scheduler:";

/** Writes all that the daemon wrote once more, into an empty Redis, by plain pipelined commands; returns milliseconds. */
async function pipelineMs(from: Server): Promise<number> {
  const source = await from.client();
  const ids = await source.lrange(QUEUE, 0, -1);
  const jobs = await Promise.all(ids.map((id) => source.hgetall(`rq:job:${id}`)));
  const entries = await source.xrange(`${PREFIX}ledger`, "-", "+");
  await using empty = await startRedis();
  const client = await empty.client();
  const startedMs = performance.now();
  const sent: Array<Promise<unknown>> = [];
  for (let start = 0; start < ids.length; start += PIPELINE_JOBS) {
    const pipeline = client.pipeline();
    for (let index = start; index < Math.min(start + PIPELINE_JOBS, ids.length); index += 1) {
      const [id = "", job = {}, [, entry] = ["", []]] = [ids[index], jobs[index], entries[index]];
      const schedule = `job-${index}`;
      pipeline.zrem(`${PREFIX}task_execution_times`, `${schedule}|${startedMs}`);
      pipeline.hset(`rq:job:${id}`, job);
      pipeline.sadd("rq:queues", QUEUE);
      pipeline.rpush(QUEUE, id);
      pipeline.hdel(`${PREFIX}planned`, schedule);
      pipeline.hset(`${PREFIX}settled`, schedule, String(startedMs));
      pipeline.hset(`${PREFIX}last_job`, schedule, JSON.stringify({ job: id, timeout: 180 }));
      pipeline.hset(`${PREFIX}last_outcome`, schedule, JSON.stringify(entry));
      pipeline.xadd(`${PREFIX}ledger`, "MAXLEN", "~", COUNT * 10, "*", ...entry);
    }
    sent.push(pipeline.exec());
  }
  await Promise.all(sent);
  return performance.now() - startedMs;
}

interface Fired {
  readonly allMs: number;
  readonly scriptMs: number;
  readonly pipelineMs: number;
}

async function fireAll(): Promise<Fired> {
  await using redis = await startRedis();
  using dir = tempDir();
  const client = await redis.client();
  const { start, dueMs } = await prepare(redis, dir.path);
  await using daemon = await start();
  await Bun.sleep(Math.max(dueMs - Date.now() - 100, 0));
  const planned = await client.zcard("btu_scheduler:task_execution_times");
  if (planned !== COUNT) throw new Error(`only ${planned} of ${COUNT} were planned in time`);
  await client.config("RESETSTAT");
  while ((await client.llen(QUEUE)) < COUNT) {
    if (Date.now() > dueMs + GIVE_UP_MS) throw new Error("not all jobs were placed");
    await Bun.sleep(LOOK_EVERY_MS);
  }
  const allMs = Date.now() - dueMs;
  const spent = await spentMicros(redis);
  await daemon.stop();
  const plainMs = await pipelineMs(redis);
  return {
    allMs,
    pipelineMs: plainMs,
    scriptMs: ((spent.get("evalsha") ?? 0) + (spent.get("eval") ?? 0)) / 1000,
  };
}

interface PeerAnswer {
  readonly seconds: number;
  readonly queued: number;
}

function isPeerAnswer(value: unknown): value is PeerAnswer {
  return typeof value === "object" && value !== null && "seconds" in value && "queued" in value;
}

async function peerRate(peer: string, rq: RqVersion | "rq-scheduler-0.14"): Promise<number> {
  await using redis = await startRedis();
  const args = [peer, redis.url, String(COUNT)];
  const code = `import runpy, sys\nsys.argv[:1] = ["peers.py"]\nrunpy.run_path(${JSON.stringify(PEERS)})`;
  const printed = await runPython({ code, args, rq, timeoutMs: PEER_TIMEOUT_MS });
  const answer: unknown = JSON.parse(printed);
  if (!isPeerAnswer(answer)) throw new Error(`${peer} printed ${printed}`);
  const { seconds, queued } = answer;
  if (queued !== COUNT) throw new Error(`${peer}: ${queued} of ${COUNT} jobs were queued`);
  return COUNT / seconds;
}

/** Measures everything; takes about a minute. */
export async function benchThroughput(): Promise<Measure[]> {
  const { allMs, scriptMs, pipelineMs: plainMs } = await fireAll();
  const rate = COUNT / (allMs / 1000);
  const measures: Measure[] = [
    {
      name: "10,000 due at once: until the last is queued",
      value: allMs,
      unit: "ms",
      goal: ALL_GOAL_MS,
    },
    { name: "of that within Redis, in the script", value: scriptMs, unit: "ms" },
    { name: "BTU Scheduler: firings", value: rate, unit: "/s" },
    {
      name: "the same writes, pipelined without a script",
      value: COUNT / (plainMs / 1000),
      unit: "/s",
    },
    {
      name: "firings in percent of that",
      value: (plainMs / allMs) * 100,
      unit: "%",
      goal: 100,
      atLeast: true,
    },
  ];
  if (findPython() === null) return measures;
  for (const [name, peer, version] of PEER_RUNS) {
    measures.push({ name: `${name}: jobs`, value: await peerRate(peer, version), unit: "/s" });
  }
  const own = measures.find(({ name }) => name.includes("Queue.enqueue:"))?.value ?? Number.NaN;
  measures.push({
    name: "faster than rq's own enqueue by",
    value: rate / own,
    unit: "times",
    goal: TIMES_GOAL,
    atLeast: true,
  });
  return measures;
}
