/** Schedules read by the command itself, without a daemon. */
import { Agenda } from "../agenda/agenda.ts";
import { parsePlan } from "../agenda/plan-record.ts";
import { needOf } from "../agenda/plan.ts";
import { withDeadline } from "../base/abort.ts";
import { nowSeconds } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import { redisTarget } from "../config/targets.ts";
import { ExpressionCache } from "../cron/expression-cache.ts";
import type { ZoneData } from "../cron/zone-data.ts";
import { Book } from "../engine/book.ts";
import { gatherSchedules } from "../engine/gather.ts";
import { SourceReader } from "../engine/source-reader.ts";
import { connectRedis, describeTarget } from "../redis/connect.ts";
import type { RedisConnection } from "../redis/connect.ts";
import { makeKeys } from "../redis/keys.ts";
import { openSources } from "../schedule/open-source.ts";
import type { CliContext } from "./context.ts";
import { openZones } from "./zones.ts";

/** What was read. */
export interface OwnReading {
  readonly book: Book;
  readonly zones: ZoneData;
  /** Sources that could not be read, one sentence each. */
  readonly problems: readonly string[];
}

/** A Redis that is there answers within milliseconds; one that is not must not keep people waiting. */
const REDIS_TIMEOUT_MS = 2_000;

/** Reads all sources of the configuration; one that cannot be read leaves the others. */
export async function readSchedules(context: CliContext): Promise<OwnReading> {
  const { clock } = context;
  const { config } = context.config();
  const zones = openZones(config.zone_data, context.env);
  const tools = { expressions: new ExpressionCache(), zones };
  const sources = openSources({ config, clock, zones });
  const readers = sources.map(
    (source) => new SourceReader({ source, tools, clock, log: silentLog }),
  );
  const { signal } = new AbortController();
  await Promise.all(readers.map((reader) => reader.read(signal)));
  await Promise.allSettled(sources.map((source) => source.close()));
  const { schedules, rejected } = gatherSchedules(readers);
  const book = new Book();
  book.replace(schedules, rejected);
  const problems = readers.flatMap(({ name, problem }) =>
    problem === null ? [] : [`${name}: ${problem}`],
  );
  return { book, zones, problems };
}

async function notePlans(agenda: Agenda, book: Book, now: number): Promise<void> {
  book.setPauses(await agenda.paused());
  for await (const page of agenda.plans()) {
    for (const [id, text] of page) {
      const plan = parsePlan(text);
      const schedule = book.get(id)?.schedule;
      if (plan === null || schedule === undefined) continue;
      // A plan of an older definition is about to be replaced: what the definition gives is nearer to the truth.
      if (needOf(schedule, plan, true, now).kind === "nothing") book.setDue(id, plan.dueSeconds);
    }
  }
}

/** Rejects when the first attempt to connect fails: the connection itself would go on trying. */
function firstFault({ client }: RedisConnection): Promise<never> {
  return new Promise((_, reject) => {
    client.once("error", reject);
  });
}

/** Takes over from Redis what is planned and paused; returns why that was not possible, else null. */
export async function readPlans(context: CliContext, book: Book): Promise<string | null> {
  const { clock } = context;
  const { config } = context.config();
  const target = redisTarget(config);
  const redis = connectRedis({ target, clock, log: silentLog, name: "btu" });
  const agenda = new Agenda({
    client: redis.client,
    keys: makeKeys(config.redis_key_prefix),
    clock,
    ledgerMax: config.ledger_max_entries,
  });
  try {
    const options = { clock, timeoutMs: REDIS_TIMEOUT_MS, action: "read the agenda" };
    await withDeadline(options, async (signal) => {
      await Promise.race([redis.ready(signal), firstFault(redis)]);
      await notePlans(agenda, book, nowSeconds(clock));
    });
    return null;
  } catch (error) {
    return `Redis ${describeTarget(target)} cannot be read: ${redis.problem ?? describeError(error)}`;
  } finally {
    redis.close();
  }
}
