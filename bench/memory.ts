/** What an idle daemon holds. */
import { readFileSync } from "node:fs";
import { startDaemon } from "../test/support/daemon.ts";
import { startRedis } from "../test/support/redis-server.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import type { Measure } from "./measure.ts";

const COUNTS = [1, 10_000];
/** The garbage of the start is gone by then. */
const SETTLE_MS = 10_000;
const KB_PER_MB = 1_000;

/** A value of /proc/PID/smaps_rollup in megabytes. */
function megabytes(rollup: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1]) / KB_PER_MB;
}

async function memoryOf(count: number): Promise<Measure[]> {
  await using redis = await startRedis();
  using dir = tempDir();
  const schedules = Array.from({ length: count }, (_, index) => ({
    id: `idle-${index}`,
    cron: `${index % 60} ${Math.floor(index / 60) % 24} 1 1 *`,
    function: "reports.run",
    args: [index],
  }));
  await Bun.write(dir.file("schedules.json"), JSON.stringify(schedules));
  const config = `rq_port = ${redis.port}\nschedules_file = "${dir.file("schedules.json")}"`;
  await using daemon = await startDaemon({ config });
  await daemon.waitForLog(/agenda reconciled/, { from: 0 });
  await Bun.sleep(SETTLE_MS);
  const rollup = readFileSync(`/proc/${daemon.child.pid}/smaps_rollup`, "utf8");
  const label = `idle, ${count.toLocaleString("en")} schedule${count === 1 ? "" : "s"}`;
  return ["Rss", "Pss"].map((field) => ({
    name: `${label}: ${field.toUpperCase()}`,
    value: megabytes(rollup, field),
    unit: "MB",
  }));
}

/** Measures everything; takes half a minute. */
export async function benchMemory(): Promise<Measure[]> {
  const measures: Measure[] = [];
  for (const count of COUNTS) measures.push(...(await memoryOf(count)));
  return measures;
}
