/** Schedules, and what Redis tells of them, read by the command itself, without a daemon. */
import { Agenda } from "../agenda/agenda.ts";
import { parsePlan, parseSettled } from "../agenda/plan-record.ts";
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
import type { Keys } from "../redis/keys.ts";
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
const CONNECT_TIMEOUT_MS = 2_000;

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

/** A connection of the command's own; to be closed when done. */
export interface OwnRedis {
  readonly redis: RedisConnection;
  readonly keys: Keys;
  readonly agenda: Agenda;
  /** Why nothing can be read, or null. */
  readonly problem: string | null;
}

/** Rejects when the first attempt to connect fails: the connection itself would go on trying. */
function firstFault({ client }: RedisConnection): Promise<never> {
  return new Promise((_, reject) => {
    client.once("error", reject);
  });
}

async function problemOf(redis: RedisConnection, { clock }: CliContext): Promise<string | null> {
  try {
    const options = { clock, timeoutMs: CONNECT_TIMEOUT_MS, action: "connect to Redis" };
    await withDeadline(options, (signal) => Promise.race([redis.ready(signal), firstFault(redis)]));
    return null;
  } catch (error) {
    return redis.problem ?? describeError(error);
  }
}

/** Connects to Redis, or tells why that is not possible. */
export async function openRedis(context: CliContext): Promise<OwnRedis> {
  const { clock } = context;
  const { config } = context.config();
  const target = redisTarget(config);
  const redis = connectRedis({ target, clock, log: silentLog, name: "btu" });
  const keys = makeKeys(config.redis_key_prefix);
  const ledgerMax = config.ledger_max_entries;
  const agenda = new Agenda({ client: redis.client, keys, clock, ledgerMax });
  const problem = await problemOf(redis, context);
  const text = `Redis ${describeTarget(target)} cannot be read: ${problem}`;
  return { redis, keys, agenda, problem: problem === null ? null : text };
}

/** Takes over what is planned, settled and paused. */
export async function notePlans(agenda: Agenda, book: Book, now: number): Promise<void> {
  book.setPauses(await agenda.paused());
  for await (const page of agenda.allSettled()) {
    for (const [id, text] of page) {
      const record = parseSettled(text);
      if (record !== null) book.setSettled(id, record);
    }
  }
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

/** Takes over from Redis what is planned and paused; returns why that was not possible, else null. */
export async function readPlans(context: CliContext, book: Book): Promise<string | null> {
  const own = await openRedis(context);
  try {
    if (own.problem !== null) return own.problem;
    await notePlans(own.agenda, book, nowSeconds(context.clock));
    return null;
  } catch (error) {
    return `the agenda in Redis cannot be read: ${describeError(error)}`;
  } finally {
    own.redis.close();
  }
}
