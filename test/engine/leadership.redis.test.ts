import { beforeEach, describe, expect, test } from "bun:test";
import { Agenda } from "../../src/agenda/agenda.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Clock } from "../../src/base/clock.ts";
import { ConfigurationError } from "../../src/base/errors.ts";
import { silentLog } from "../../src/base/log.ts";
import { Leadership } from "../../src/engine/leadership.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { makeKeys } from "../../src/redis/keys.ts";
import { redisUptimeSeconds } from "../../src/redis/time.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";

const server = await startRedis();
const client = await server.client();

beforeEach(async () => {
  await client.flushall();
});

interface Member extends AsyncDisposable {
  readonly leadership: Leadership;
  readonly agenda: Agenda;
  readonly running: Promise<void>;
  readonly repairs: boolean[];
  /** Each time it began to lead: whether it had seen no other lead before. */
  readonly beginnings: boolean[];
  /** Ends it in good order. */
  stop(): Promise<void>;
  /** Ends it as a crash does: nothing is given up. */
  crash(): void;
}

interface MemberOptions {
  readonly id: string;
  readonly prefix?: string;
  readonly sourceId?: string;
  /** How wrong its clock is, in milliseconds. */
  readonly clockErrorMs?: number;
  /** How long it writes back what it remembers, in milliseconds. */
  readonly repairMs?: number;
  /** Of a Redis of its own. */
  readonly port?: number;
}

function startMember({
  id,
  prefix = "p:",
  sourceId = "site",
  clockErrorMs = 0,
  repairMs = 0,
  port = server.port,
}: MemberOptions): Member {
  const clock: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + clockErrorMs };
  const target = { host: "127.0.0.1", port, db: 0 };
  const redis = connectRedis({ target, clock, log: silentLog, name: id });
  const keys = makeKeys(prefix);
  const agenda = new Agenda({ client: redis.client, keys, clock, ledgerMax: 100 });
  const repairs: boolean[] = [];
  const beginnings: boolean[] = [];
  const leadership = new Leadership({
    redis,
    agenda,
    keys,
    prefix,
    sourceId,
    clock,
    daemonId: id,
    log: silentLog,
    onChange: (isLeader, { isFirst }) => {
      if (isLeader) beginnings.push(isFirst);
    },
    repair: async (isFirst, keepLease) => {
      repairs.push(isFirst);
      const endMs = performance.now() + repairMs;
      while (performance.now() < endMs) {
        await realDelay(100);
        await keepLease();
      }
      const identity = { format: 1, source: sourceId };
      await agenda.repair({ identity, isLast: isFirst, pauses: new Map(), operations: [] });
    },
  });
  const stopper = new AbortController();
  const running = leadership.run(stopper.signal);
  running.catch(() => undefined);
  const stop = async (): Promise<void> => {
    stopper.abort();
    await running;
    redis.close();
  };
  const crash = (): void => {
    redis.close();
    stopper.abort();
  };
  return {
    leadership,
    agenda,
    running,
    repairs,
    beginnings,
    stop,
    crash,
    [Symbol.asyncDispose]: async () => crash(),
  };
}

function leads(member: Member): Promise<true> {
  return eventually(() => member.leadership.isLeader, { what: "the leadership", timeoutMs: 5_000 });
}

describe("leadership", () => {
  test("one leads, the others stand by and know who leads", async () => {
    await using one = startMember({ id: "one" });
    await leads(one);
    await using two = startMember({ id: "two" });
    await eventually(() => two.leadership.status.leader === "one", { what: "the leader's name" });
    expect(one.leadership.status).toMatchObject({ role: "leader", term: 1 });
    expect(two.leadership.isLeader).toBeFalse();
    expect(Math.abs(two.leadership.status.clock_offset_ms ?? 9_999)).toBeLessThan(500);
  });

  test("one that takes over is told that it is not the first", async () => {
    await using one = startMember({ id: "one" });
    await leads(one);
    await using two = startMember({ id: "two" });
    await eventually(() => two.leadership.status.leader === "one", { what: "the leader's name" });
    await one.stop();
    await leads(two);
    expect([one.beginnings, two.beginnings]).toEqual([[true], [false]]);
  });

  test("another takes over within a second of an orderly end", async () => {
    await using one = startMember({ id: "one" });
    await leads(one);
    await using two = startMember({ id: "two" });
    await realDelay(300);
    await one.stop();
    const endedMs = performance.now();
    await leads(two);
    expect(performance.now() - endedMs).toBeLessThan(1_000);
    expect(two.leadership.status.term).toBe(2);
  });

  test("another takes over within three seconds of a crash", async () => {
    await using one = startMember({ id: "one" });
    await leads(one);
    await using two = startMember({ id: "two" });
    await realDelay(300);
    one.crash();
    const endedMs = performance.now();
    await leads(two);
    expect(performance.now() - endedMs).toBeLessThan(3_000);
  });

  test("a clock that is a minute wrong gives the lease to another that lives", async () => {
    await using wrong = startMember({ id: "wrong", clockErrorMs: 61_000 });
    await leads(wrong);
    await using right = startMember({ id: "right" });
    await leads(right);
    expect(wrong.leadership.isLeader).toBeFalse();
  });

  test("a wrong clock leads while nobody else can", async () => {
    await using wrong = startMember({ id: "wrong", clockErrorMs: -3_600_000 });
    await leads(wrong);
    await realDelay(1_500);
    expect(wrong.leadership.isLeader).toBeTrue();
  });

  test("a wrong clock leads on after the crash of the one to which it gave the lease", async () => {
    await using right = startMember({ id: "right" });
    await leads(right);
    await using wrong = startMember({ id: "wrong", clockErrorMs: 61_000 });
    await eventually(() => wrong.leadership.status.leader === "right", { what: "the leader" });
    right.crash();
    const what = "the leadership of the wrong clock";
    await eventually(() => wrong.leadership.isLeader, { what, timeoutMs: 8_000 });
    await realDelay(1_500);
    expect(wrong.leadership.isLeader).toBeTrue();
    await using back = startMember({ id: "back" });
    await leads(back);
  });

  test("a wrong clock does not wait for one of its kind that crashed", async () => {
    await using former = startMember({ id: "former", clockErrorMs: 61_000 });
    await leads(former);
    former.crash();
    await using next = startMember({ id: "next", clockErrorMs: 61_000 });
    const crashedMs = performance.now();
    await leads(next);
    expect(performance.now() - crashedMs).toBeLessThan(3_000);
  });

  test("the daemon that led repairs a Redis that lost everything, and leads on", async () => {
    await using one = startMember({ id: "one" });
    await leads(one);
    one.agenda.noteGeneration(41);
    await client.flushall();
    one.leadership.check();
    await eventually(() => one.repairs.length > 0, { what: "the repair" });
    await leads(one);
    expect(one.repairs).toEqual([true]);
    expect(await client.get("p:generation")).toBe("42");
    expect(await client.hget("p:btu_state", "source")).toBe("site");
  });

  test("one that starts beside a Redis that has just come back lets the daemon that led go first", async () => {
    await using young = await startRedis();
    const its = await young.client();
    const seen = await redisUptimeSeconds(its);
    await its.zadd("p:daemons", Date.now(), "the one that led");
    await its.set("p:generation", "7");
    const startedMs = performance.now();
    await using one = startMember({ id: "one", port: young.port });
    await leads(one);
    expect(seen).toBeLessThan(5);
    expect(performance.now() - startedMs).toBeGreaterThan(4_000);
  });

  test("one that starts beside a young Redis that knows no other daemon leads at once", async () => {
    await using young = await startRedis();
    const startedMs = performance.now();
    await using one = startMember({ id: "one", port: young.port });
    await leads(one);
    expect(performance.now() - startedMs).toBeLessThan(3_000);
  });

  test("a repair that lasts longer than the lease keeps it", async () => {
    await using one = startMember({ id: "one", repairMs: 3_500 });
    await leads(one);
    await using two = startMember({ id: "two" });
    await eventually(() => two.leadership.status.leader === "one", { what: "the leader's name" });
    for (const { agenda } of [one, two]) agenda.noteGeneration(41);
    await client.flushall();
    for (const { leadership } of [one, two]) leadership.check();
    await eventually(() => client.get("p:generation"), { what: "the repair", timeoutMs: 10_000 });
    expect(await client.get("p:leader")).toBe("one");
    await leads(one);
    expect(two.beginnings).toEqual([]);
  });

  test("a standby adds what it remembers after another's repair, once", async () => {
    await using one = startMember({ id: "one" });
    await leads(one);
    await using two = startMember({ id: "two" });
    await eventually(() => two.leadership.status.leader === "one", { what: "the leader's name" });
    one.agenda.noteGeneration(41);
    await client.flushall();
    one.leadership.check();
    await eventually(() => client.get("p:generation"), { what: "the repair" });
    two.leadership.check();
    await eventually(() => two.repairs.length > 0, { what: "the second repair" });
    await realDelay(2_000);
    expect(one.repairs).toEqual([true]);
    expect(two.repairs).toEqual([false]);
  });
});

describe("the state under a prefix", () => {
  test("belongs to one source: another one is refused with the way out", async () => {
    await using one = startMember({ id: "one" });
    await leads(one);
    const other = startMember({ id: "two", sourceId: "other" });
    const error = await other.running.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain(
      'belongs to the schedules of "site", and this daemon reads "other"',
    );
    expect(String(error)).toContain("redis_key_prefix");
  });

  test("of a newer format is respected", async () => {
    await client.hset("p:btu_state", "format", "2", "source", "site");
    const error = await startMember({ id: "one" }).running.catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("has format 2, written by a newer version");
    expect(await client.exists("p:leader")).toBe(0);
  });

  test("of a newer format ends a daemon that was there before", async () => {
    await using leader = startMember({ id: "one" });
    await leads(leader);
    await using standby = startMember({ id: "two" });
    await eventually(() => standby.leadership.status.leader === "one", { what: "the leader" });
    await client.hset("p:btu_state", "format", "2");
    await client.zrem("p:daemons", "one", "two");
    for (const member of [leader, standby]) {
      member.leadership.check();
      const error = await member.running.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(String(error)).toContain('redis_key_prefix "p:": the state there has format 2');
    }
    expect(await client.zrange("p:daemons", 0, "-1")).toEqual([]);
  });

  test("moves with a changed prefix", async () => {
    const before = startMember({ id: "one" });
    await leads(before);
    await client.zadd("p:task_execution_times", 5, "s1|5");
    await client.hset("p:planned", "s1", "5 1 a b c");
    await before.stop();
    await using after = startMember({ id: "two", prefix: "q:" });
    await leads(after);
    expect(await client.hget("q:planned", "s1")).toBe("5 1 a b c");
    expect(await client.zscore("q:task_execution_times", "s1|5")).toBe("5");
    expect(await client.exists("p:planned", "p:task_execution_times")).toBe(0);
  });

  test("is waited for while a daemon lives under the former prefix", async () => {
    await using before = startMember({ id: "one" });
    await leads(before);
    await client.hset("p:planned", "s1", "5 1 a b c");
    await using after = startMember({ id: "two", prefix: "q:" });
    await realDelay(1_500);
    expect(after.leadership.isLeader).toBeFalse();
    await before.stop();
    await leads(after);
    expect(await client.hget("q:planned", "s1")).toBe("5 1 a b c");
  });

  test("moves back when the prefix is changed back", async () => {
    const first = startMember({ id: "one" });
    await leads(first);
    await first.stop();
    const second = startMember({ id: "two", prefix: "q:" });
    await leads(second);
    await client.hset("q:planned", "s1", "5 1 a b c");
    await second.stop();
    await using third = startMember({ id: "three" });
    await leads(third);
    expect(await client.hget("p:planned", "s1")).toBe("5 1 a b c");
  });

  test("that was moved away ends a daemon that wakes up under the old prefix", async () => {
    await using frozen = startMember({ id: "one" });
    await leads(frozen);
    await client.del("p:leader");
    await client.hset("p:btu_state", "moved_to", "q:");
    const error = await frozen.running.catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('moved the state to "q:"');
  });
});
