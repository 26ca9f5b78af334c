/** What an idle daemon holds, and what it asks of Redis. */
import { readFileSync } from "node:fs";
import { startDaemon } from "../test/support/daemon.ts";
import { startRedis } from "../test/support/redis-server.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import type { Measure } from "./measure.ts";
import { scheduleTables } from "./schedules.ts";

interface Size {
  readonly count: number;
  readonly goalMb?: number;
}

const SIZES: readonly Size[] = [
  { count: 1 },
  { count: 10_000, goalMb: 90 },
  { count: 100_000, goalMb: 200 },
];
/** The garbage of the start is gone by then. */
const SETTLE_MS = 60_000;
const KB_PER_MB = 1_000;
const PEAK_GOAL_TIMES = 1.5;
const COMMANDS_GOAL = 90;
const PLANNED_TIMEOUT_MS = 60_000;

/** A value of a file of /proc in megabytes. */
function megabytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) / KB_PER_MB;
}

type Server = Awaited<ReturnType<typeof startRedis>>;

/** All commands that the server has carried out but ours, those within scripts included. */
async function commandsOf(redis: Server): Promise<number> {
  const client = await redis.client();
  const stats = await client.info("commandstats");
  client.disconnect();
  const calls = [...stats.matchAll(/^cmdstat_(?!info|client|config)[^:]+:calls=(\d+)/gm)];
  return calls.reduce((sum, [, count]) => sum + Number(count), 0);
}

async function measureSize({ count, goalMb }: Size): Promise<Measure[]> {
  await using redis = await startRedis();
  using dir = tempDir();
  await Bun.write(dir.file("schedules.toml"), scheduleTables(count));
  const config = `rq_port = ${redis.port}\nschedules_file = "${dir.file("schedules.toml")}"`;
  await using daemon = await startDaemon({ config });
  await daemon.waitForLog(/agenda reconciled/, { from: 0, timeoutMs: PLANNED_TIMEOUT_MS });
  const before = await commandsOf(redis);
  await Bun.sleep(SETTLE_MS);
  const commands = await commandsOf(redis);
  const { pid } = daemon.child;
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const rss = megabytes(rollup, "Rss");
  const peak = megabytes(readFileSync(`/proc/${pid}/status`, "utf8"), "VmHWM");
  const label = `idle, ${count.toLocaleString("en")} schedule${count === 1 ? "" : "s"}`;
  const goal = goalMb === undefined ? {} : { goal: goalMb };
  return [
    { name: `${label}: RSS after a minute`, value: rss, unit: "MB", ...goal },
    {
      name: `${label}: of that its own, not the file's`,
      value: megabytes(rollup, "Anonymous"),
      unit: "MB",
    },
    { name: `${label}: peak`, value: peak / rss, unit: "times", goal: PEAK_GOAL_TIMES },
    ...(count === 1
      ? [
          {
            name: `${label}: Redis commands a minute`,
            value: commands - before,
            unit: "",
            goal: COMMANDS_GOAL,
          },
        ]
      : []),
  ];
}

/** Measures everything; takes four minutes. */
export async function benchMemory(): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const size of SIZES) measures.push(...(await measureSize(size)));
  return measures;
}
