/** A fail-over by Redis Sentinel: the daemon follows to the new master, and places everything once. */
import { writeFileSync } from "node:fs";
import { startDaemon } from "../support/daemon.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import { startSentinel } from "../support/sentinel.ts";
import { tempDir } from "../support/temp-dir.ts";
import { faultTest } from "./chance.ts";
import { makePeriodic, tomlOf } from "./periodic.ts";
import { mustBeWhole } from "./reckoning.ts";

const SCHEDULES = 200;
const PERIODS = [2, 3, 4, 5];
/** Down, voted and promoted; then the daemon's own way there. */
const OVER_WITHIN_MS = 20_000;

faultTest("a fail-over by Sentinel", async () => {
  const schedules = makePeriodic(SCHEDULES, PERIODS);
  await using master = await startRedis();
  await using replica = await startRedis({ config: { replicaof: `127.0.0.1 ${master.port}` } });
  const client = await replica.client();
  await using sentinel = await startSentinel({ masterPort: master.port });
  using dir = tempDir();
  writeFileSync(dir.file("s.toml"), schedules.map((one) => tomlOf(one)).join("\n"));
  const config = [
    `rq_sentinels = ["127.0.0.1:${sentinel.port}"]`,
    `schedules_file = "${dir.file("s.toml")}"`,
    'log_level = "warning"',
  ].join("\n");
  await using daemon = await startDaemon({ config });
  const placed = (): Promise<number> => client.xlen("btu_scheduler:ledger");
  await eventually(async () => (await placed()) > SCHEDULES, {
    what: "work under the first master",
  });
  // Sentinel learns of replicas every ten seconds.
  await eventually(
    async () => (await client.info("replication")).includes("master_link_status:up"),
    {
      what: "the replica follows",
    },
  );
  // In the quiet half of a second nothing is on its way to the replica: what was lost would be told as lost.
  await realDelay(11_000 + 1_500 - (Date.now() % 1000));
  const before = await placed();
  await master.process.kill();
  const startMs = performance.now();
  await eventually(async () => (await placed()) > before, {
    what: "work under the new master",
    timeoutMs: OVER_WITHIN_MS,
  }).catch((cause: unknown) => {
    throw new Error(`no work under the new master:\n${daemon.log()}`, { cause });
  });
  const tookMs = Math.round(performance.now() - startMs);
  await realDelay(3_000);
  await daemon.stop();
  const sum = await mustBeWhole(client, { schedules });
  return `${tookMs} ms without work, ${sum.placed} jobs placed, 0 missing, 0 doubled`;
});
