/** Answers to questions about schedules, found by the command itself where no daemon can be asked. */
import { nowSeconds } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import { queuePrefix } from "../config/targets.ts";
import type { Config } from "../config/schema.ts";
import { answerSee } from "../control/see-answers.ts";
import type { SeeCommand } from "../control/see-command.ts";
import { Book } from "../engine/book.ts";
import type { Circumstances } from "../observe/explain.ts";
import { Remembered } from "../redis/remembered.ts";
import type { CliContext } from "./context.ts";
import { notePlans, ownAgenda, readSchedules } from "./own-reading.ts";
import { openOwnRedis } from "./own-redis.ts";
import type { OwnRedis } from "./own-redis.ts";
import { makeKeys } from "../redis/keys.ts";
import type { Keys } from "../redis/keys.ts";

/** Takes over what Redis knows; where it cannot be read, the cron texts alone count. */
async function noteAgenda(own: OwnRedis, book: Book, context: CliContext): Promise<void> {
  let { problem } = own;
  try {
    if (problem === null)
      await notePlans(ownAgenda(own.redis.client, context), book, nowSeconds(context.clock));
  } catch (error) {
    problem = describeError(error);
  }
  if (problem !== null) {
    context.output.note(`next runs are computed from the cron texts: ${problem}`);
  }
}

async function circumstances({ redis, problem }: OwnRedis, keys: Keys): Promise<Circumstances> {
  if (problem !== null) return { trouble: null, obstacles: [problem], notes: [] };
  const leader = await redis.client.get(keys.leader);
  return leader === null
    ? { trouble: null, obstacles: ["no daemon runs"], notes: [] }
    : { trouble: null, obstacles: [], notes: [`The daemon ${leader} does the work.`] };
}

/** The prefix of queues: as configured, else as the daemon found it out. */
async function knownQueuePrefix(config: Config, { redis }: OwnRedis): Promise<string> {
  const keys = makeKeys(config.redis_key_prefix);
  const remembered = new Remembered({ client: redis.client, key: keys.remembered });
  return queuePrefix(config) ?? (await remembered.recall("queue_prefix")) ?? "";
}

interface Schedules {
  readonly book: Book;
  readonly isWhole: boolean;
}

const NO_SCHEDULES: Schedules = { book: new Book(), isWhole: true };

async function readBook(context: CliContext): Promise<Schedules> {
  const { book, problems } = await readSchedules(context);
  for (const problem of problems) context.output.error(problem);
  return { book, isWhole: problems.length === 0 };
}

/**
 * Answers one.
 *
 * @throws Error when the answer lies in Redis and that cannot be read; ConfigurationError.
 */
export async function answerOurselves(command: SeeCommand, context: CliContext): Promise<unknown> {
  const { clock } = context;
  const { config } = context.config();
  const own = await openOwnRedis(context, "read what became of the schedules");
  const keys = makeKeys(config.redis_key_prefix);
  try {
    const isHistory = command.kind === "history";
    const { book, isWhole } = isHistory ? NO_SCHEDULES : await readBook(context);
    if (!isHistory) await noteAgenda(own, book, context);
    const around = await circumstances(own, keys);
    const answer = await answerSee(command, {
      client: own.redis.client,
      keys,
      book,
      clock,
      fullQueue: async (queue) => {
        const prefix = await knownQueuePrefix(config, own);
        return queue.startsWith(prefix) ? queue : prefix + queue;
      },
      redisProblem: () => own.problem,
      circumstances: () => around,
    });
    // It may stand where we could not look.
    if (answer === null && !isWhole) throw new Error("a source of schedules could not be read");
    return answer;
  } finally {
    own.redis.close();
  }
}
