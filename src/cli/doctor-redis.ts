/** `btu doctor` on Redis: rights and policy, its clock, the workers that listen. */
import type { Redis } from "ioredis";
import type { Config } from "../config/schema.ts";
import { queuePrefix } from "../config/targets.ts";
import { matchQueues } from "../observe/rq-queues.ts";
import { checkRedis } from "../redis/check.ts";
import { makeKeys, rqKeys } from "../redis/keys.ts";
import { readRqWorkers } from "../redis/rq-workers.ts";
import type { RqWorker } from "../redis/rq-workers.ts";
import { redisTimeMs } from "../redis/time.ts";
import type { CliContext } from "./context.ts";
import { findingsOf } from "./finding.ts";
import type { Finding } from "./finding.ts";
import { withOwnRedis } from "./own-redis.ts";
import { counted } from "./text.ts";

/** Ours may be wrong or Redis's: either way what is due is judged by ours. */
const CLOCK_DIFFERENCE_MS = 2_000;

/** The full names that a queue of a schedule may have for workers. */
function fullNames(queue: string, workers: readonly RqWorker[], config: Config): string[] {
  const prefix = queuePrefix(config);
  const listened = [...new Set(workers.flatMap(({ queues }) => queues))];
  if (prefix === null) return matchQueues(queue, listened);
  const full = queue.startsWith(prefix) ? queue : prefix + queue;
  return listened.filter((name) => name === full);
}

function majorsOf(queue: string, workers: readonly RqWorker[]): Set<string> {
  const listening = workers.filter(
    ({ queues, version }) => queues.includes(queue) && version !== "",
  );
  return new Set(listening.map(({ version }) => version.split(".", 1)[0] ?? ""));
}

function queueFinding(queue: string, workers: readonly RqWorker[], config: Config): Finding {
  const area = findingsOf("workers");
  const [name, ...others] = fullNames(queue, workers, config);
  if (name === undefined) {
    return area.error(
      `no worker listens on queue "${queue}", which schedules use: start one (on a Frappe bench: bench worker --queue ${queue}), or mend the queue of the task`,
    );
  }
  if (others.length > 0) {
    const all = [name, ...others].map((one) => `"${one}"`).join(", ");
    return area.error(`queue "${queue}" may be ${all}: set bench_id or queue_prefix`);
  }
  if (majorsOf(name, workers).size > 1) {
    return area.warning(
      `workers of RQ 1 and RQ 2 listen on "${name}": they lose track of each other's jobs; upgrade the older ones`,
    );
  }
  const count = workers.filter(({ queues }) => queues.includes(name)).length;
  return area.ok(`${counted(count, "worker")} on "${name}"`);
}

function checkWorkers(
  workers: readonly RqWorker[],
  queues: readonly string[],
  config: Config,
): Finding[] {
  const versions = [...new Set(workers.map(({ version }) => version))].filter((one) => one !== "");
  const text = versions.length === 0 ? "" : `, RQ ${versions.toSorted().join(", ")}`;
  return [
    ...(workers.length === 0
      ? []
      : [findingsOf("workers").ok(`${counted(workers.length, "worker")}${text}`)]),
    ...queues.map((queue) => queueFinding(queue, workers, config)),
  ];
}

async function checkClock(client: Redis, { clock }: CliContext): Promise<Finding> {
  const area = findingsOf("clock");
  const startedMs = clock.monotonicMs();
  const redisMs = await redisTimeMs(client);
  const halfwayMs = (clock.monotonicMs() - startedMs) / 2;
  const offsetMs = Math.round(clock.nowMs() - halfwayMs - redisMs);
  const size = Math.abs(offsetMs);
  if (size <= CLOCK_DIFFERENCE_MS) {
    return area.ok("this machine and that of Redis agree within two seconds");
  }
  const direction = offsetMs > 0 ? "ahead of" : "behind";
  return area.error(
    `this machine is ${(size / 1000).toFixed(1)} s ${direction} that of Redis: check NTP on both`,
  );
}

/** Looks at Redis for the queues that schedules use, by their names in schedules. */
export async function checkOwnRedis(
  context: CliContext,
  queues: readonly string[],
): Promise<Finding[]> {
  const { config } = context.config();
  return withOwnRedis(context, "look at Redis", async (client) => {
    const workers = await readRqWorkers(client);
    const known = queues.flatMap((queue) => fullNames(queue, workers, config));
    const keys = makeKeys(config.redis_key_prefix);
    const found = await checkRedis({ client, keys, queues: known });
    const isSuspended = (await client.exists(rqKeys.suspended)) === 1;
    const suspended = findingsOf("workers").error(
      'the workers are suspended and take no jobs; "rq resume" lets them go on',
    );
    return [
      ...found.map(({ level, text }): Finding => ({ level, area: "Redis", text })),
      await checkClock(client, context),
      ...(isSuspended ? [suspended] : []),
      ...checkWorkers(workers, queues, config),
    ];
  });
}
