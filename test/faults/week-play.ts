/** Plays a week of fake time on the real engine and a real Redis, from one due instant to the next. */
import type { Redis } from "ioredis";
import { setPaused } from "../../src/agenda/by-hand.ts";
import type { Schedule } from "../../src/schedule/schedule.ts";
import { startEngine } from "../support/engine.ts";
import type { Engine } from "../support/engine.ts";
import { eventually } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { makeSchedule } from "../support/schedules.ts";
import { AWAY, CAST, END, partsAt, PAUSES, START } from "./week-cast.ts";
import type { Away, Pause } from "./week-cast.ts";

/** Nothing may be cut off that is to be counted. */
const LEDGER_MAX = 1_000_000;
/** As a daemon does that nobody tells of a change. */
const RECONCILE_EVERY_SECONDS = 6 * 3_600;
/** Something that happens at an instant. */
interface Scene {
  readonly atSeconds: number;
  readonly act: (play: Play) => Promise<void>;
}

function scenesOfPause(pause: Pause): Scene[] {
  const note = JSON.stringify({ since_ms: pause.fromSeconds * 1000, note: "stocktaking" });
  return [
    { atSeconds: pause.fromSeconds, act: (play) => play.pause(pause.id, note) },
    { atSeconds: pause.untilSeconds, act: (play) => play.pause(pause.id, null) },
  ];
}

function isSomebodyThere(atSeconds: number): boolean {
  return !AWAY.some((away) => atSeconds >= away.fromSeconds && atSeconds < away.untilSeconds);
}

/** The whole week in its order. What changes while nobody is there is seen afterwards. */
function scenes(): Scene[] {
  const edits = CAST.flatMap(({ chapters }) => chapters.map(({ fromSeconds }) => fromSeconds));
  const looks = new Set(edits);
  for (let at = START; at < END; at += RECONCILE_EVERY_SECONDS) looks.add(at);
  return [
    ...[...looks]
      .filter(isSomebodyThere)
      .map((atSeconds) => ({ atSeconds, act: (play: Play) => play.reconcile() })),
    ...AWAY.map((away) => ({
      atSeconds: away.fromSeconds,
      act: (play: Play) => play.beAway(away),
    })),
    ...PAUSES.flatMap(scenesOfPause),
  ].toSorted((a, b) => a.atSeconds - b.atSeconds);
}

/** The stage: one Redis, and one engine at a time. */
class Play implements AsyncDisposable {
  readonly #redis: RedisServer;
  readonly #made = new Map<string, Schedule>();
  #engine: Engine;
  #pauses = 0;

  private constructor(redis: RedisServer, engine: Engine) {
    this.#redis = redis;
    this.#engine = engine;
  }

  static async open(): Promise<Play> {
    // It is ended in good order, and then writes all it has to its disk: no need to wait for that after each command.
    const redis = await startRedis({ aof: true, config: { appendfsync: "everysec" } });
    return new Play(redis, await newEngine(redis, START));
  }

  get client(): Redis {
    return this.#engine.client;
  }

  get #nowSeconds(): number {
    return this.#engine.clock.nowMs() / 1000;
  }

  async jump(untilSeconds: number): Promise<void> {
    await this.#engine.jump(untilSeconds - this.#nowSeconds);
  }

  async reconcile(): Promise<void> {
    await this.#engine.plan(...this.#schedules());
  }

  async pause(id: string, pause: string | null): Promise<void> {
    this.#pauses += 1;
    const requestId = `request-${this.#pauses}`;
    if (!(await setPaused(this.#engine.agenda, { requestId, id, pause }))) {
      throw new Error(`"${id}" was so already`);
    }
  }

  async beAway({ what, untilSeconds }: Away): Promise<void> {
    const isDaemonGone = what !== "redis";
    if (isDaemonGone) await this.#engine[Symbol.asyncDispose]();
    if (what !== "daemon") await this.#redis.process.stop();
    await this.#engine.clock.skip((untilSeconds - this.#nowSeconds) * 1000);
    if (what !== "daemon") await this.#redis.process.restart();
    if (isDaemonGone) {
      this.#engine = await newEngine(this.#redis, untilSeconds);
      await this.reconcile();
      return;
    }
    const { redis, client } = this.#engine;
    const isBack = (): boolean => redis.isReady && client.status === "ready";
    await eventually(isBack, { what: "Redis is there again" });
  }

  /** Those that are known now; the same object while nothing changes. */
  #schedules(): Schedule[] {
    return partsAt(this.#nowSeconds).map(({ name, parts }) => {
      const schedule = this.#made.get(name) ?? makeSchedule(parts);
      this.#made.set(name, schedule);
      return schedule;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine[Symbol.asyncDispose]();
    await this.#redis[Symbol.asyncDispose]();
  }
}

function newEngine(server: RedisServer, nowSeconds: number): Promise<Engine> {
  return startEngine({ server, nowSeconds, ledgerMax: LEDGER_MAX });
}

/** Plays the week; what it left is in Redis. */
export async function playWeek(): Promise<Play> {
  const play = await Play.open();
  try {
    for (const { atSeconds, act } of scenes()) {
      await play.jump(atSeconds);
      await act(play);
    }
    await play.jump(END);
  } catch (error) {
    await play[Symbol.asyncDispose]();
    throw error;
  }
  return play;
}
