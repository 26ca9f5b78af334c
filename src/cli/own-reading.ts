/** Schedules, and what is planned of them, read by the command itself, without a daemon. */
import type { Redis } from "ioredis";
import { Agenda } from "../agenda/agenda.ts";
import { parsePlan, parseSettled } from "../agenda/plan-record.ts";
import { needOf } from "../agenda/plan.ts";
import { nowSeconds } from "../base/clock.ts";
import { describeError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import { ExpressionCache } from "../cron/expression-cache.ts";
import type { ZoneData } from "../cron/zone-data.ts";
import { Book } from "../engine/book.ts";
import { gatherSchedules } from "../engine/gather.ts";
import { SourceReader } from "../engine/source-reader.ts";
import { makeKeys } from "../redis/keys.ts";
import type { BtuGeneration } from "../schedule/btu-generation.ts";
import { openSources } from "../schedule/open-source.ts";
import type { CliContext } from "./context.ts";
import { withOwnRedis } from "./own-redis.ts";
import { openZones } from "./zones.ts";

/** What was read. */
export interface OwnReading {
  readonly book: Book;
  readonly zones: ZoneData;
  /** Sources that could not be read, one sentence each. */
  readonly problems: readonly string[];
  /** The names of the sources, for people. */
  readonly sources: readonly string[];
  /** Which app the site has; null where there is no site, or it could not be read. */
  readonly generation: BtuGeneration | null;
}

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
  const generation = sources.find((source) => source.generation !== null)?.generation ?? null;
  return { book, zones, problems, sources: readers.map(({ name }) => name), generation };
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

/** The agenda as the configuration names its keys. */
export function ownAgenda(client: Redis, context: CliContext): Agenda {
  const { config } = context.config();
  const keys = makeKeys(config.redis_key_prefix);
  return new Agenda({ client, keys, clock: context.clock, ledgerMax: config.ledger_max_entries });
}

/** Takes over from Redis what is planned and paused; returns why that was not possible, else null. */
export async function readPlans(context: CliContext, book: Book): Promise<string | null> {
  try {
    await withOwnRedis(context, "read the agenda", (client) =>
      notePlans(ownAgenda(client, context), book, nowSeconds(context.clock)),
    );
    return null;
  } catch (error) {
    return describeError(error);
  }
}
