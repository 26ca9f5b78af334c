/** How long it takes until the agenda agrees with the schedules. */
import { startDaemon } from "../test/support/daemon.ts";
import type { Daemon } from "../test/support/daemon.ts";
import { startRedis } from "../test/support/redis-server.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import { quantile } from "./measure.ts";
import type { Measure } from "./measure.ts";
import { scheduleTables } from "./schedules.ts";

interface Size {
  readonly count: number;
  readonly firstGoalMs: number;
  readonly againGoalMs?: number;
}

const SIZES: readonly Size[] = [
  { count: 10_000, firstGoalMs: 1_000, againGoalMs: 150 },
  { count: 100_000, firstGoalMs: 10_000 },
];
const PASSES = 5;
const TIMEOUT_MS = 60_000;

/** The time that one pass took, as the daemon logs it. */
async function passMs(daemon: Daemon, from: number): Promise<number> {
  const line = await daemon.waitForLog(/(agenda reconciled|agenda is in step).* took_ms=\d+/, {
    from,
    timeoutMs: TIMEOUT_MS,
  });
  return Number(/took_ms=(\d+)/.exec(line)?.[1]);
}

async function measureSize({ count, firstGoalMs, againGoalMs }: Size): Promise<Measure[]> {
  await using redis = await startRedis();
  using dir = tempDir();
  await Bun.write(dir.file("schedules.toml"), scheduleTables(count));
  const config = `rq_port = ${redis.port}\nschedules_file = "${dir.file("schedules.toml")}"\nlog_level = "debug"`;
  await using daemon = await startDaemon({ config });
  const first = await passMs(daemon, 0);
  const again: number[] = [];
  for (let pass = 0; pass < PASSES; pass += 1) {
    const from = daemon.log().length;
    process.kill(daemon.child.pid, "SIGHUP");
    again.push(await passMs(daemon, from));
  }
  const label = count.toLocaleString("en");
  const goal = againGoalMs === undefined ? {} : { goal: againGoalMs };
  return [
    {
      name: `${label} schedules planned for the first time`,
      value: first,
      unit: "ms",
      goal: firstGoalMs,
    },
    {
      name: `${label} schedules unchanged, median`,
      value: quantile(again, 0.5),
      unit: "ms",
      ...goal,
    },
  ];
}

/** Measures everything; takes half a minute. */
export async function benchReconcile(): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const size of SIZES) measures.push(...(await measureSize(size)));
  return measures;
}
