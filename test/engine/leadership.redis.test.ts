import { beforeEach, describe, expect, test } from "bun:test";
import { ConfigurationError } from "../../src/base/errors.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import { leads, startMember } from "./leadership-members.ts";

const server = await startRedis();
const client = await server.client();
const { port } = server;

beforeEach(async () => {
  await client.flushall();
});

describe("leadership", () => {
  test("one leads, the others stand by and know who leads", async () => {
    await using one = startMember({ port, id: "one" });
    await leads(one);
    await using two = startMember({ port, id: "two" });
    await eventually(() => two.leadership.status.leader === "one", { what: "the leader's name" });
    expect(one.leadership.status).toMatchObject({ role: "leader", term: 1 });
    expect(two.leadership.isLeader).toBeFalse();
    expect(Math.abs(two.leadership.status.clock_offset_ms ?? 9_999)).toBeLessThan(500);
  });

  test("one that takes over is told that it is not the first", async () => {
    await using one = startMember({ port, id: "one" });
    await leads(one);
    await using two = startMember({ port, id: "two" });
    await eventually(() => two.leadership.status.leader === "one", { what: "the leader's name" });
    await one.stop();
    await leads(two);
    expect([one.beginnings, two.beginnings]).toEqual([[true], [false]]);
  });

  test("another takes over within a second of an orderly end", async () => {
    await using one = startMember({ port, id: "one" });
    await leads(one);
    await using two = startMember({ port, id: "two" });
    await realDelay(300);
    await one.stop();
    const endedMs = performance.now();
    await leads(two);
    expect(performance.now() - endedMs).toBeLessThan(1_000);
    expect(two.leadership.status.term).toBe(2);
  });

  test("another takes over within three seconds of a crash", async () => {
    await using one = startMember({ port, id: "one" });
    await leads(one);
    await using two = startMember({ port, id: "two" });
    await realDelay(300);
    one.crash();
    const endedMs = performance.now();
    await leads(two);
    expect(performance.now() - endedMs).toBeLessThan(3_000);
  });

  test("a clock that is a minute wrong gives the lease to another that lives", async () => {
    await using wrong = startMember({ port, id: "wrong", clockErrorMs: 61_000 });
    await leads(wrong);
    await using right = startMember({ port, id: "right" });
    await leads(right);
    expect(wrong.leadership.isLeader).toBeFalse();
  });

  test("a clock that jumps stops the work at once, and gives the lease to another that lives", async () => {
    await using jumping = startMember({ port, id: "jumping" });
    await leads(jumping);
    await using other = startMember({ port, id: "other" });
    await eventually(() => client.zscore("p:daemons", "other"), { what: "the other" });
    const known = jumping.jump(3_600_000);
    expect(jumping.leadership.isLeader).toBeFalse();
    await known;
    expect(jumping.leadership.isLeader).toBeFalse();
    await leads(other);
    expect(jumping.beginnings).toEqual([true]);
  });

  test("a clock that jumps to the right time, or has no other beside it, goes on leading", async () => {
    await using alone = startMember({ port, id: "alone" });
    await leads(alone);
    for (const byMs of [3_600_000, -3_600_000]) {
      const known = alone.jump(byMs);
      expect(alone.leadership.isLeader).toBeFalse();
      await known;
      expect(alone.leadership.isLeader).toBeTrue();
    }
    expect(alone.leadership.status.term).toBe(1);
  });

  test("a wrong clock leads while nobody else can", async () => {
    await using wrong = startMember({ port, id: "wrong", clockErrorMs: -3_600_000 });
    await leads(wrong);
    await realDelay(1_500);
    expect(wrong.leadership.isLeader).toBeTrue();
  });

  test("a wrong clock leads on after the crash of the one to which it gave the lease", async () => {
    await using right = startMember({ port, id: "right" });
    await leads(right);
    await using wrong = startMember({ port, id: "wrong", clockErrorMs: 61_000 });
    await eventually(() => wrong.leadership.status.leader === "right", { what: "the leader" });
    right.crash();
    const what = "the leadership of the wrong clock";
    await eventually(() => wrong.leadership.isLeader, { what, timeoutMs: 8_000 });
    await realDelay(1_500);
    expect(wrong.leadership.isLeader).toBeTrue();
    await using back = startMember({ port, id: "back" });
    await leads(back);
  });

  test("a wrong clock does not wait for one of its kind that crashed", async () => {
    await using former = startMember({ port, id: "former", clockErrorMs: 61_000 });
    await leads(former);
    former.crash();
    await using next = startMember({ port, id: "next", clockErrorMs: 61_000 });
    const crashedMs = performance.now();
    await leads(next);
    expect(performance.now() - crashedMs).toBeLessThan(3_000);
  });
});

describe("the state under a prefix", () => {
  test("belongs to one source: another one is refused with the way out", async () => {
    await using one = startMember({ port, id: "one" });
    await leads(one);
    const other = startMember({ port, id: "two", sourceId: "other" });
    const error = await other.running.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(String(error)).toContain(
      'belongs to the schedules of "site", and this daemon reads "other"',
    );
    expect(String(error)).toContain("redis_key_prefix");
  });

  test("of a newer format is respected", async () => {
    await client.hset("p:btu_state", "format", "2", "source", "site");
    const error = await startMember({ port, id: "one" }).running.catch((thrown: unknown) => thrown);
    expect(String(error)).toContain("has format 2, written by a newer version");
    expect(await client.exists("p:leader")).toBe(0);
  });

  test("of a newer format ends a daemon that was there before", async () => {
    await using leader = startMember({ port, id: "one" });
    await leads(leader);
    await using standby = startMember({ port, id: "two" });
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
    const before = startMember({ port, id: "one" });
    await leads(before);
    await client.zadd("p:task_execution_times", 5, "s1|5");
    await client.hset("p:planned", "s1", "5 1 a b c");
    await before.stop();
    await using after = startMember({ port, id: "two", prefix: "q:" });
    await leads(after);
    expect(await client.hget("q:planned", "s1")).toBe("5 1 a b c");
    expect(await client.zscore("q:task_execution_times", "s1|5")).toBe("5");
    expect(await client.exists("p:planned", "p:task_execution_times")).toBe(0);
  });

  test("is waited for while a daemon lives under the former prefix", async () => {
    await using before = startMember({ port, id: "one" });
    await leads(before);
    await client.hset("p:planned", "s1", "5 1 a b c");
    await using after = startMember({ port, id: "two", prefix: "q:" });
    await realDelay(1_500);
    expect(after.leadership.isLeader).toBeFalse();
    await before.stop();
    await leads(after);
    expect(await client.hget("q:planned", "s1")).toBe("5 1 a b c");
  });

  test("moves back when the prefix is changed back", async () => {
    const first = startMember({ port, id: "one" });
    await leads(first);
    await first.stop();
    const second = startMember({ port, id: "two", prefix: "q:" });
    await leads(second);
    await client.hset("q:planned", "s1", "5 1 a b c");
    await second.stop();
    await using third = startMember({ port, id: "three" });
    await leads(third);
    expect(await client.hget("p:planned", "s1")).toBe("5 1 a b c");
  });

  test("that was moved away ends a daemon that wakes up under the old prefix", async () => {
    await using frozen = startMember({ port, id: "one" });
    await leads(frozen);
    await client.del("p:leader");
    await client.hset("p:btu_state", "moved_to", "q:");
    const error = await frozen.running.catch((thrown: unknown) => thrown);
    expect(String(error)).toContain('moved the state to "q:"');
  });
});
