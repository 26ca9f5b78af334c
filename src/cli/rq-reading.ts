/** What commands read of RQ. */
import type { Redis } from "ioredis";
import { readQueues } from "../observe/rq-queues.ts";
import type { QueueReading } from "../observe/rq-queues.ts";
import { rqKeys } from "../redis/keys.ts";
import { readRqWorkers } from "../redis/rq-workers.ts";
import type { RqWorker } from "../redis/rq-workers.ts";
import type { CliContext } from "./context.ts";
import { withOwnRedis } from "./own-redis.ts";
import { counted } from "./text.ts";

/** Queues, workers, and whether these take jobs at all. */
export interface RqReading extends QueueReading {
  readonly workers: readonly RqWorker[];
  readonly isSuspended: boolean;
}

/** Reads them, and says what could not be read. */
export async function readRq(client: Redis, { clock, output }: CliContext): Promise<RqReading> {
  const workers = await readRqWorkers(client);
  const isSuspended = (await client.exists(rqKeys.suspended)) === 1;
  const reading = await readQueues(client, { clock, workers });
  const { forbidden, more } = reading;
  if (forbidden.length > 0) {
    output.note(
      `${counted(forbidden.length, "queue")} of others left out: this Redis user may not read them`,
    );
  }
  if (more > 0) output.warn(`${counted(more, "queue")} left out: there are too many`);
  if (isSuspended) {
    output.warn('the workers are suspended and take no jobs; "rq resume" lets them go on');
  }
  return { ...reading, workers, isSuspended };
}

/** The same with a connection of its own. */
export function readOwnRq(context: CliContext): Promise<RqReading> {
  return withOwnRedis(context, "read the queues", (client) => readRq(client, context));
}
