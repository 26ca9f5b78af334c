/** How late a job is: from the due instant to the moment at which a blocked client has it in hands. */
import { startDaemon } from "../test/support/daemon.ts";
import { startRedis } from "../test/support/redis-server.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import { quantile } from "./measure.ts";
import type { Measure } from "./measure.ts";

const SECONDS = 60;
/** With jitter each is due at a moment of its own within a second. */
const SPREAD_SCHEDULES = 10;
const QUEUES = { one: "one", spread: "spread" } as const;
const GOAL_MS = 10;
/** So many are due at once, every few seconds. */
const CROWD = 1_000;
const CROWD_TIMES = 5;
const CROWD_QUEUE = "crowd";
const CROWD_GOAL_MS = 100;
const WAIT_SECONDS = 10;

interface Entry {
  readonly id: string;
  readonly queue: string;
  readonly jitter_secs?: number;
}

function entries(): Entry[] {
  const spread = Array.from({ length: SPREAD_SCHEDULES }, (_, index) => ({
    id: `spread-${index}`,
    queue: QUEUES.spread,
    jitter_secs: 1,
  }));
  return [{ id: "one", queue: QUEUES.one }, ...spread];
}

type Server = Awaited<ReturnType<typeof startRedis>>;

/** With fractions: what Date.now() cuts off would count as late. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** When each of `count` jobs of a queue arrived, epoch ms by job id. */
async function arrivals(redis: Server, queue: string, count: number): Promise<Map<string, number>> {
  const client = await redis.client();
  const found = new Map<string, number>();
  while (found.size < count) {
    const popped = await client.blpop(`rq:queue:${queue}`, WAIT_SECONDS);
    if (popped === null) throw new Error(`no job came to queue "${queue}" in ${WAIT_SECONDS} s`);
    found.set(popped[1], nowMs());
    // One by one the client would be slower than the daemon.
    for (const job of (await client.lpop(`rq:queue:${queue}`, CROWD)) ?? [])
      found.set(job, nowMs());
  }
  client.disconnect();
  return found;
}

/** When each job was due, epoch ms by job id: its due instant, and its schedule's share of the jitter. */
async function dueTimes(redis: Server, shares: ReadonlyMap<string, number>) {
  const client = await redis.client();
  const dues = new Map<string, number>();
  for (const [, flat] of await client.xrange("btu_scheduler:ledger", "-", "+")) {
    const valueOf = (name: string): string => flat[flat.indexOf(name) + 1] ?? "";
    const share = shares.get(valueOf("schedule")) ?? 0;
    dues.set(valueOf("job"), Number(valueOf("due")) * 1000 + share);
  }
  return dues;
}

/** The jitter of each schedule in milliseconds, as the agenda's scores tell it. */
async function jitterShares(redis: Server): Promise<Map<string, number>> {
  const client = await redis.client();
  const flat = await client.zrange("btu_scheduler:task_execution_times", 0, "-1", "WITHSCORES");
  const shares = new Map<string, number>();
  for (let index = 0; index < flat.length; index += 2) {
    const [id = "", due = ""] = (flat[index] ?? "").split("|");
    shares.set(id, (Number(flat[index + 1]) - Number(due)) * 1000);
  }
  return shares;
}

async function benchCrowd(): Promise<Measure[]> {
  await using redis = await startRedis();
  using dir = tempDir();
  const tables = Array.from(
    { length: CROWD },
    (_, index) =>
      `[[schedule]]\nid = "crowd-${index}"\ncron = "*/5 * * * * * *"\nqueue = "${CROWD_QUEUE}"\nfunction = "reports.run"\n`,
  );
  await Bun.write(dir.file("schedules.toml"), tables.join("\n"));
  const config = `rq_port = ${redis.port}\nschedules_file = "${dir.file("schedules.toml")}"\nlog_file = "${dir.file("log")}"`;
  await using daemon = await startDaemon({ config });
  const found = await arrivals(redis, CROWD_QUEUE, CROWD * CROWD_TIMES);
  await daemon.stop();
  const dues = await dueTimes(redis, new Map());
  const lateMs = [...found].map(([job, atMs]) => atMs - (dues.get(job) ?? Number.NaN));
  const name = `${CROWD.toLocaleString("en")} jobs due at once, ${CROWD_TIMES} times`;
  return [
    { name: `${name}: p50`, value: quantile(lateMs, 0.5), unit: "ms" },
    { name: `${name}: p99`, value: quantile(lateMs, 0.99), unit: "ms", goal: CROWD_GOAL_MS },
  ];
}

/** Measures everything; takes a minute and a half. */
export async function benchLateness(): Promise<Measure[]> {
  return [...(await benchFew()), ...(await benchCrowd())];
}

async function benchFew(): Promise<Measure[]> {
  await using redis = await startRedis();
  using dir = tempDir();
  const schedules = entries().map((entry) => ({
    ...entry,
    cron: "* * * * * * *",
    function: "reports.run",
    args: [1, "two"],
  }));
  await Bun.write(dir.file("schedules.json"), JSON.stringify(schedules));
  const config = `rq_port = ${redis.port}\nschedules_file = "${dir.file("schedules.json")}"`;
  await using daemon = await startDaemon({ config });
  await daemon.waitForLog(/agenda reconciled/, { from: 0 });
  const [one, spread, shares] = await Promise.all([
    arrivals(redis, QUEUES.one, SECONDS),
    arrivals(redis, QUEUES.spread, SECONDS * SPREAD_SCHEDULES),
    jitterShares(redis),
  ]);
  const dues = await dueTimes(redis, shares);
  const measure = (name: string, found: ReadonlyMap<string, number>): Measure[] => {
    const lateMs = [...found].map(([job, atMs]) => atMs - (dues.get(job) ?? Number.NaN));
    return [
      { name: `${name}: p50`, value: quantile(lateMs, 0.5), unit: "ms" },
      { name: `${name}: p99`, value: quantile(lateMs, 0.99), unit: "ms", goal: GOAL_MS },
      { name: `${name}: worst`, value: quantile(lateMs, 1), unit: "ms" },
    ];
  };
  return [
    ...measure(`one job a second, ${one.size} of them`, one),
    ...measure(`${SPREAD_SCHEDULES} jobs a second, apart, ${spread.size} of them`, spread),
  ];
}
