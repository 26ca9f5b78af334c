/** The engine on a real Redis with a fake clock: one per test, ended with it. */
import type { Redis } from "ioredis";
import { Agenda } from "../../src/agenda/agenda.ts";
import { HandOvers } from "../../src/agenda/hand-overs.ts";
import type { Clock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import type { SiteState } from "../../src/config/site-state.ts";
import type { Log } from "../../src/base/log.ts";
import { Book } from "../../src/engine/book.ts";
import { FireLoop } from "../../src/engine/fire-loop.ts";
import type { FireLoopOptions } from "../../src/engine/fire-loop-options.ts";
import type { FiringReport } from "../../src/engine/firing-report.ts";
import { RunningCheck } from "../../src/engine/running-check.ts";
import { SiteHold } from "../../src/engine/site-hold.ts";
import { reconcileAgenda } from "../../src/agenda/reconcile.ts";
import { nativeBuilder } from "../../src/job/build-native.ts";
import { QueueNames } from "../../src/job/queue-names.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import type { RedisConnection } from "../../src/redis/connect.ts";
import { makeKeys } from "../../src/redis/keys.ts";
import { Remembered } from "../../src/redis/remembered.ts";
import type { ReadRunning } from "../../src/schedule/source.ts";
import type { Schedule } from "../../src/schedule/schedule.ts";
import { systemClock } from "../../src/base/clock.ts";
import { BuilderCounter } from "./counted-builder.ts";
import { eventually, realDelay } from "./eventually.ts";
import { FakeClock } from "./fake-clock.ts";
import type { RedisServer } from "./redis-server.ts";
import { scheduleMap, TOOLS } from "./schedules.ts";

/** Keys under the default prefix. */
export const KEYS = makeKeys("btu_scheduler:");

/** Far less than a loop is given to end. */
const ENDING_STEP_MS = 25;

/** One entry of the ledger, field by field. */
export type Entry = Readonly<Record<string, string>>;

/** Pairs of a flat Redis reply as an object. */
function fieldsOf(flat: readonly string[]): Entry {
  const pairs = flat.flatMap((name, index) => (index % 2 ? [] : [[name, flat[index + 1] ?? ""]]));
  return Object.fromEntries(pairs);
}

/** The whole ledger, oldest first. */
export async function readLedger(client: Redis, ledger = KEYS.ledger): Promise<Entry[]> {
  return (await client.xrange(ledger, "-", "+")).map(([, flat]) => fieldsOf(flat));
}

/** A fire loop with all it needs; `await using engine = await startEngine({ server, nowSeconds })`. */
export interface Engine extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly client: Redis;
  /** The engine's own connection. */
  readonly redis: RedisConnection;
  readonly agenda: Agenda;
  readonly book: Book;
  readonly loop: FireLoop;
  readonly reports: FiringReport[];
  readonly changed: string[];
  /** Puts schedules into the book and onto the agenda, and has the loop look. */
  plan(...schedules: readonly Schedule[]): Promise<void>;
  /** Lets time go on, second by second, and the loop work in each. */
  advance(seconds: number): Promise<void>;
  /** Lets time go on, from one due instant to the next at once, and the loop do at each all that is due. */
  jump(seconds: number): Promise<void>;
  /** Waits until the loop has reported so many occurrences. */
  done(count: number): Promise<void>;
  ledger(): Promise<Entry[]>;
}

/** How an engine differs from the usual one. */
export interface EngineOptions extends Partial<
  Pick<FireLoopOptions, "builderFor" | "isInDoubt" | "mayFire">
> {
  readonly server: RedisServer;
  readonly nowSeconds: number;
  readonly log?: Log;
  /** What the site says of itself. */
  readonly site?: { current(): SiteState };
  /** What the logs of sites say. */
  readonly readRunning?: readonly ReadRunning[];
  /** Time stands still while a builder asks a real server, which knows nothing of the fake clock. */
  readonly waitsForBuilders?: () => boolean;
  /** Whom the engine is to Redis. Default: everybody. */
  readonly user?: { readonly username: string; readonly password: string };
  /** Ledger entries kept. Default 10,000. */
  readonly ledgerMax?: number;
  /** Another way to Redis, such as a proxy's port. */
  readonly port?: number;
}

function connect(port: number, user: EngineOptions["user"]): RedisConnection {
  const target = { host: "127.0.0.1", port, db: 0, ...user };
  return connectRedis({ target, clock: systemClock, log: silentLog, name: "test" });
}

/** Starts it. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { server, nowSeconds, ledgerMax = 10_000, log = silentLog } = options;
  const clock = new FakeClock(nowSeconds * 1000);
  const redis = connect(options.port ?? server.port, options.user);
  const client = await server.client();
  const stop = new AbortController();
  await redis.ready(stop.signal);
  const agenda = new Agenda({ client: redis.client, keys: KEYS, clock, ledgerMax });
  const book = new Book();
  const [reports, changed]: [FiringReport[], string[]] = [[], []];
  const remembered = new Remembered({ client, key: KEYS.remembered });
  const queueNames = new QueueNames({ client, remembered, log, prefix: "" });
  const native = nativeBuilder({ queueNames, frappe: null });
  const builders = new BuilderCounter();
  const settle = async (): Promise<void> => {
    // A hand-over asks Redis twice before it asks the site, and the loop once after it.
    for (let quiet = 0; quiet < 4 && options.waitsForBuilders?.() === true; quiet += 1) {
      await redis.client.ping();
      if (builders.pending === 0) continue;
      await eventually(() => builders.pending === 0, { what: "the answer to a builder" });
      quiet = 0;
    }
  };
  const loop = new FireLoop({
    agenda,
    handOvers: new HandOvers({ agenda, client: redis.client, key: KEYS.handing }),
    redis,
    book,
    clock,
    log,
    builderFor: (schedule) => builders.wrap(options.builderFor?.(schedule) ?? native),
    runningCheck: new RunningCheck({ readers: options.readRunning ?? [], clock, log }),
    isInDoubt: options.isInDoubt ?? (() => false),
    mayFire: options.mayFire ?? (() => true),
    siteHold: new SiteHold({ site: options.site ?? null, clock, log }),
    onDone: (report) => reports.push(report),
    onChanged: (id) => changed.push(id),
    onOldState: () => undefined,
  });
  const running = loop.run(stop.signal);
  return {
    clock,
    client,
    redis,
    agenda,
    book,
    loop,
    reports,
    changed,
    plan: (...schedules) => plan({ agenda, book, clock, loop }, schedules),
    advance: (seconds) => advance({ clock, settle }, seconds),
    jump: (seconds) => jump({ clock, client }, seconds),
    done: async (count) => {
      const look = async (): Promise<boolean> => {
        // A loop that was woken while it worked sleeps for no time at all, which takes a look at the clock.
        await clock.advance(0);
        return reports.length >= count;
      };
      await eventually(look, { what: `${count} occurrences done` });
    },
    ledger: () => readLedger(client),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await ended({ clock, running });
      redis.close();
    },
  };
}

async function plan(
  { agenda, book, clock, loop }: { agenda: Agenda; book: Book; clock: Clock; loop: FireLoop },
  schedules: readonly Schedule[],
): Promise<void> {
  const map = scheduleMap(...schedules);
  book.replace(map, []);
  await reconcileAgenda({
    agenda,
    clock,
    tools: TOOLS,
    schedules: map,
    isDeleted: () => true,
    onPlanned: (id, due) => book.setDue(id, due),
  });
  loop.refresh();
}

/** What ends in good order takes its time, which only the fake clock has. */
async function ended(parts: { clock: FakeClock; running: Promise<void> }): Promise<void> {
  let isOver = false;
  const over = parts.running.finally(() => {
    isOver = true;
  });
  const look = async (): Promise<boolean> => {
    if (!isOver) await parts.clock.advance(ENDING_STEP_MS);
    return isOver;
  };
  await eventually(look, { what: "the end of the loop" });
  await over;
}

/** So often the loop is looked at before it counts as asleep: a job may still be in the making. */
const LOOKS_MIN = 30;
/** What is looked at for an hour, and is due all the time, never comes. */
const STUCK_AFTER_MS = 3_600_000;

async function jump(
  { clock, client }: { readonly clock: FakeClock; readonly client: Redis },
  seconds: number,
): Promise<void> {
  const untilMs = clock.nowMs() + seconds * 1000;
  for (let looks = 0, sinceMs = 0, waitsFor = ""; ;) {
    const [member = "", score] = await client.zrange(KEYS.agenda, 0, "0", "WITHSCORES");
    const dueMs = Math.ceil(Number(score ?? Infinity) * 1000);
    const nextMs = Math.min(dueMs, untilMs);
    if (nextMs > clock.nowMs()) {
      looks = 0;
      await clock.skip(nextMs - clock.nowMs());
      continue;
    }
    if (dueMs > untilMs) return;
    if (member !== waitsFor) [waitsFor, sinceMs, looks] = [member, clock.nowMs(), 0];
    if (clock.nowMs() - sinceMs > STUCK_AFTER_MS) throw new Error(`${member} is due, and stays`);
    looks += 1;
    // While the loop works it sets no timer; where it sleeps it may have been told to come again.
    const isAsleep = (clock.nextTimerMs ?? 0) > 0 && looks >= LOOKS_MIN;
    await clock.skip(isAsleep ? (clock.nextTimerMs ?? 0) : 0);
  }
}

interface Idling {
  readonly clock: FakeClock;
  readonly settle: () => Promise<void>;
}

/** The loop sleeps only when it has nothing to do: then a timer waits. */
async function idle({ clock, settle }: Idling): Promise<void> {
  await realDelay(1);
  await settle();
  await eventually(() => clock.pending > 0, { what: "the loop's next sleep" });
}

async function advance(idling: Idling, seconds: number): Promise<void> {
  const { clock } = idling;
  const endMs = clock.monotonicMs() + seconds * 1000;
  while (clock.monotonicMs() < endMs) {
    await idle(idling);
    const leftMs = endMs - clock.monotonicMs();
    await clock.advance(Math.min(clock.nextTimerMs ?? leftMs, leftMs));
  }
  await idle(idling);
}
