/** How long the programs take to be there. */
import { startDaemon } from "../test/support/daemon.ts";
import { executable } from "../test/support/executables.ts";
import { startRedis } from "../test/support/redis-server.ts";
import { tempDir } from "../test/support/temp-dir.ts";
import { quantile } from "./measure.ts";
import type { Measure } from "./measure.ts";

const ROUNDS = 30;
const DAEMON_ROUNDS = 5;

function runMs(command: string[]): number {
  const begun = performance.now();
  const { exitCode } = Bun.spawnSync(command);
  const tookMs = performance.now() - begun;
  if (exitCode !== 0) throw new Error(`"${command.join(" ")}" ended with ${exitCode}`);
  return tookMs;
}

function versionTimes(name: "btu" | "btu-daemon"): number[] {
  const command = [executable(name), "--version"];
  return Array.from({ length: ROUNDS }, () => runMs(command));
}

async function daemonStartMs(): Promise<number> {
  await using redis = await startRedis();
  using dir = tempDir();
  await Bun.write(dir.file("schedules.toml"), "");
  const config = `rq_port = ${redis.port}\nschedules_file = "${dir.file("schedules.toml")}"`;
  const begun = performance.now();
  await using daemon = await startDaemon({ config });
  const tookMs = performance.now() - begun;
  await daemon.stop();
  return tookMs;
}

/** Measures everything; takes a few seconds. */
export async function benchStart(): Promise<Measure[]> {
  const [cli, daemon] = [versionTimes("btu"), versionTimes("btu-daemon")];
  const started: number[] = [];
  for (let round = 0; round < DAEMON_ROUNDS; round += 1) started.push(await daemonStartMs());
  return [
    { name: "btu --version, median", value: quantile(cli, 0.5), unit: "ms" },
    { name: "btu --version, p90", value: quantile(cli, 0.9), unit: "ms" },
    { name: "btu-daemon --version, median", value: quantile(daemon, 0.5), unit: "ms" },
    { name: "daemon started and answers ping, median", value: quantile(started, 0.5), unit: "ms" },
  ];
}
