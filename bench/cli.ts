/** How long an operator waits for `btu`. */
import { writeFileSync } from "node:fs";
import { startDaemon } from "../test/support/daemon.ts";
import { executable } from "../test/support/executables.ts";
import { startRedis } from "../test/support/redis-server.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import { quantile } from "./measure.ts";
import type { Measure } from "./measure.ts";

const ROUNDS = 20;
const SCHEDULES = 10_000;
const ZONES = ["UTC", "Asia/Kolkata", "America/New_York"];

/** The most that may pass on the clock of the wall. */
const ANSWER_GOAL_MS = 60;
const LIST_GOAL_MS = 400;

const COMMANDS: ReadonlyArray<readonly [args: string, goalMs: number]> = [
  ["ping", ANSWER_GOAL_MS],
  ["status", ANSWER_GOAL_MS],
  ["list", LIST_GOAL_MS],
  ["list --json", LIST_GOAL_MS],
  ["__complete lint TS-12", LIST_GOAL_MS],
  ["__complete st", ANSWER_GOAL_MS],
  ["--help", ANSWER_GOAL_MS],
];

function schedulesText(): string {
  const schedule = Array.from({ length: SCHEDULES }, (_, index) => ({
    id: `TS-${index}`,
    cron: `${index % 60} ${index % 24} ${1 + (index % 28)} * *`,
    time_zone: ZONES[index % ZONES.length],
    function: "reports.run",
  }));
  return JSON.stringify({ schedule });
}

function medianMs(args: readonly string[], env: Record<string, string | undefined>): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const begun = performance.now();
    const { exitCode } = Bun.spawnSync([executable("btu"), ...args], { env });
    if (exitCode !== 0) throw new Error(`"btu ${args.join(" ")}" ended with ${exitCode}`);
    return performance.now() - begun;
  });
  return quantile(times, 0.5);
}

/** Measures commands beside a daemon with many schedules; takes about half a minute. */
export async function benchCli(): Promise<Measure[]> {
  await using redis = await startRedis();
  using dir = tempDir();
  writeFileSync(dir.file("schedules.json"), schedulesText());
  const config = `rq_port = ${redis.port}\nschedules_file = "${dir.file("schedules.json")}"`;
  await using daemon = await startDaemon({ config });
  await daemon.waitForLog(/agenda reconciled/, { from: 0 });
  const env = { ...process.env, BTU_SCHEDULER_CONFIG: daemon.configPath };
  return COMMANDS.map(([line, goal]) => ({
    name: `btu ${line}, ${SCHEDULES.toLocaleString("en")} schedules, median`,
    value: medianMs(line.split(" "), env),
    unit: "ms",
    goal,
  }));
}
