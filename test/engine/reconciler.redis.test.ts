import { beforeEach, describe, expect, test } from "bun:test";
import { silentLog } from "../../src/base/log.ts";
import { Agenda } from "../../src/agenda/agenda.ts";
import { systemClock } from "../../src/base/clock.ts";
import { Book } from "../../src/engine/book.ts";
import { Reconciler } from "../../src/engine/reconciler.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import type { ScheduleInput } from "../../src/schedule/schedule.ts";
import type { Source } from "../../src/schedule/source.ts";
import { KEYS } from "../support/engine.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { startRedis } from "../support/redis-server.ts";
import { at, makeInput, TOOLS } from "../support/schedules.ts";

const NOW = at("2026-03-02T10:00:30Z");
const server = await startRedis();
const client = await server.client();
const signal = new AbortController().signal;

beforeEach(async () => {
  await client.flushall();
});

/** A place whose answers come when the test says so; each tells what was there when it was asked. */
class SlowSource implements Source {
  readonly name: string;
  readonly generation = null;
  readonly readChanges = null;
  readonly rows = new Map<string, ScheduleInput>();
  isDown = false;
  looks: Array<readonly string[]> = [];
  /** What answers wait for. */
  gate: Promise<unknown> = Promise.resolve();

  constructor(name: string) {
    this.name = name;
  }

  put(id: string, cron: string): void {
    this.rows.set(id, makeInput({ id, cron }));
  }

  async *read(): AsyncGenerator<ScheduleInput> {
    const rows = [...this.rows.values()];
    await this.#answer();
    yield* rows;
  }

  readonly readSome = async (ids: Iterable<string>) => {
    const wanted = [...ids];
    this.looks.push(wanted);
    const found = wanted.flatMap((id) => this.rows.get(id) ?? []);
    const absent = wanted.filter((id) => !this.rows.has(id));
    await this.#answer();
    return { found, absent };
  };

  watch(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #answer(): Promise<void> {
    await this.gate;
    if (this.isDown) throw new Error(`${this.name} is down`);
  }

  /** Answers wait from now on; gives what lets them go. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.gate = promise;
    return resolve;
  }
}

async function start(
  sources: readonly Source[],
  { mayWrite = () => true }: { readonly mayWrite?: () => boolean } = {},
) {
  const target = { host: "127.0.0.1", port: server.port, db: 0 };
  const redis = connectRedis({ target, clock: systemClock, log: silentLog, name: "test" });
  await redis.ready(signal);
  const clock = new FakeClock(NOW * 1000);
  const book = new Book();
  let told = 0;
  const reconciler = new Reconciler({
    agenda: new Agenda({ client: redis.client, keys: KEYS, clock, ledgerMax: 1_000 }),
    redis,
    book,
    sources,
    tools: TOOLS,
    clock,
    log: silentLog,
    mayWrite,
    onReconciled: () => Promise.resolve(void (told += 1)),
  });
  return {
    book,
    reconciler,
    whole: () => reconciler.whole(signal, false),
    some: (...ids: readonly string[]) => reconciler.some(new Set(ids), signal),
    told: () => told,
    cronOf: (id: string) => book.get(id)?.schedule.cron,
    minutesOf: async () =>
      Object.fromEntries(
        (await client.zrange(KEYS.agenda, 0, "-1")).map((member) => {
          const [id = "", due] = member.split("|");
          return [id, new Date(Number(due) * 1000).getUTCMinutes()];
        }),
      ),
    [Symbol.dispose]: () => redis.close(),
  };
}

describe("a look at some schedules", () => {
  test("brings news to the book and the agenda, and leaves the others alone", async () => {
    const source = new SlowSource("one");
    source.put("a", "15 * * * *");
    source.put("b", "15 * * * *");
    using kit = await start([source]);
    await kit.whole();
    source.put("a", "45 * * * *");
    source.put("b", "45 * * * *");
    source.put("c", "45 * * * *");
    expect(await kit.some("a", "c")).toBeTrue();
    expect(await kit.minutesOf()).toEqual({ a: 45, b: 15, c: 45 });
    expect([kit.cronOf("a"), kit.cronOf("b")]).toEqual(["45 * * * *", "15 * * * *"]);
  });

  test("of deleted ones takes them off, whole ids only", async () => {
    const source = new SlowSource("one");
    for (const id of ["TS-1", "TS-10"]) source.put(id, "15 * * * *");
    using kit = await start([source]);
    await kit.whole();
    source.rows.clear();
    await kit.some("TS-1");
    expect(await kit.minutesOf()).toEqual({ "TS-10": 15 });
    expect(kit.book.get("TS-1")).toBeUndefined();
  });

  test("at what is unknown or unchanged writes nothing and tells nobody", async () => {
    const source = new SlowSource("one");
    source.put("a", "15 * * * *");
    using kit = await start([source]);
    await kit.whole();
    const [generation, told] = [await client.get(KEYS.generation), kit.told()];
    expect(await kit.some("a", "nobody knows it")).toBeTrue();
    expect(await client.get(KEYS.generation)).toBe(generation);
    expect(kit.told()).toBe(told);
    expect(kit.book.size).toBe(1);
  });

  test("asks each source once, however many there are", async () => {
    const [one, two] = [new SlowSource("one"), new SlowSource("two")];
    using kit = await start([one, two]);
    await kit.whole();
    const ids = Array.from({ length: 5_000 }, (_, index) => `TS-${index}`);
    for (const id of ids) two.put(id, "15 * * * *");
    await kit.some(...ids);
    expect([one.looks, two.looks]).toEqual([[ids], [ids]]);
    expect(await client.zcard(KEYS.agenda)).toBe(5_000);
  });

  test("keeps what another source has under an id", async () => {
    const [one, two] = [new SlowSource("one"), new SlowSource("two")];
    one.put("a", "15 * * * *");
    two.put("a", "45 * * * *");
    using kit = await start([one, two]);
    await kit.whole();
    expect(await kit.minutesOf()).toEqual({ a: 15 });
    one.rows.clear();
    await kit.some("a");
    expect(await kit.minutesOf()).toEqual({ a: 45 });
  });

  test("takes nothing off that stands in a source which cannot be read", async () => {
    const [one, two] = [new SlowSource("one"), new SlowSource("two")];
    two.put("a", "15 * * * *");
    using kit = await start([one, two]);
    await kit.whole();
    two.isDown = true;
    two.rows.clear();
    expect(await kit.some("a")).toBeFalse();
    expect(await kit.minutesOf()).toEqual({ a: 15 });
    expect(kit.cronOf("a")).toBe("15 * * * *");
  });

  test("asks no source that is known to be away, nor before all was read once", async () => {
    const source = new SlowSource("one");
    source.put("a", "15 * * * *");
    using kit = await start([source]);
    expect(await kit.some("a")).toBeTrue();
    expect(source.looks).toEqual([]);
    await kit.whole();
    source.isDown = true;
    expect(await kit.some("a")).toBeFalse();
    expect(await kit.some("a")).toBeTrue();
    expect(source.looks).toHaveLength(1);
  });

  test("of a daemon that stands by brings news to its book alone", async () => {
    const source = new SlowSource("one");
    source.put("a", "15 * * * *");
    using kit = await start([source], { mayWrite: () => false });
    await kit.whole();
    source.put("a", "45 * * * *");
    await kit.some("a");
    expect(kit.cronOf("a")).toBe("45 * * * *");
    expect(await kit.minutesOf()).toEqual({});
  });
});

describe("what an earlier daemon left on the agenda", () => {
  test("is taken over, although a look at the schedule came first", async () => {
    const source = new SlowSource("one");
    source.put("a", "15 * * * *");
    let leads = false;
    using kit = await start([source], { mayWrite: () => leads });
    await kit.whole();
    const due = at("2026-03-02T09:15:00Z");
    await client.zadd(KEYS.agenda, due, `a|${due}`);
    leads = true;
    await kit.some("a");
    await kit.whole();
    expect(await client.zrange(KEYS.agenda, 0, "-1")).toEqual([`a|${due}`]);
  });
});

describe("a whole read", () => {
  test("does not overwrite what a look found that began after it", async () => {
    const source = new SlowSource("one");
    source.put("a", "15 * * * *");
    source.put("gone", "15 * * * *");
    using kit = await start([source]);
    await kit.whole();
    const letGo = source.hold();
    const whole = kit.whole();
    source.gate = Promise.resolve();
    source.put("a", "45 * * * *");
    source.put("new", "45 * * * *");
    source.rows.delete("gone");
    await kit.some("a", "new", "gone");
    letGo();
    await whole;
    expect(await kit.minutesOf()).toEqual({ a: 45, new: 45 });
    expect(kit.cronOf("a")).toBe("45 * * * *");
  });

  test("is not overwritten by a look that began before it: that is made anew", async () => {
    const source = new SlowSource("one");
    source.put("a", "15 * * * *");
    using kit = await start([source]);
    await kit.whole();
    const letGo = source.hold();
    const look = kit.some("a");
    source.gate = Promise.resolve();
    source.put("a", "45 * * * *");
    await kit.whole();
    expect(await kit.minutesOf()).toEqual({ a: 45 });
    letGo();
    expect(await look).toBeTrue();
    expect(source.looks).toHaveLength(2);
    expect(await kit.minutesOf()).toEqual({ a: 45 });
    expect(kit.cronOf("a")).toBe("45 * * * *");
  });

  test("made while another daemon led is not written", async () => {
    const source = new SlowSource("one");
    source.put("a", "15 * * * *");
    let leads = false;
    using kit = await start([source], { mayWrite: () => leads });
    const letGo = source.hold();
    const whole = kit.whole();
    leads = true;
    letGo();
    await whole;
    expect(await kit.minutesOf()).toEqual({});
    await kit.whole();
    expect(await kit.minutesOf()).toEqual({ a: 15 });
  });
});
