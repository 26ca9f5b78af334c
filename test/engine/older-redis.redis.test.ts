import { beforeEach, describe, expect, test } from "bun:test";
import { ConfigurationError } from "../../src/base/errors.ts";
import { redisUptimeSeconds } from "../../src/redis/time.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import { leads, startMember } from "./leadership-members.ts";

const server = await startRedis();
const client = await server.client();
const { port } = server;

beforeEach(async () => {
  await client.flushall();
});

describe("a Redis that went back in time", () => {
  test("the daemon that led repairs a Redis that lost everything, and leads on", async () => {
    await using one = startMember({ port, id: "one" });
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
    await using one = startMember({ port, id: "one", repairMs: 3_500 });
    await leads(one);
    await using two = startMember({ port, id: "two" });
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
    await using one = startMember({ port, id: "one" });
    await leads(one);
    await using two = startMember({ port, id: "two" });
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

  test("is not seen where scripts raise the counter while an answer is on its way", async () => {
    await using one = startMember({ port, id: "one" });
    await leads(one);
    for (let round = 0; round < 300; round += 1) {
      one.leadership.check();
      // So many turns after the check the look is on its way, and the next command shares its packet.
      for (let turn = 0; turn < round % 30; turn += 1) await Promise.resolve();
      one.agenda.noteGeneration(await one.redis.client.incr("p:generation"));
    }
    expect(one.repairs).toEqual([]);
    expect(one.leadership.isLeader).toBeTrue();
  });

  test("belongs to the source that claims it first", async () => {
    await using one = startMember({ port, id: "one" });
    await leads(one);
    one.agenda.noteGeneration(41);
    await client.flushall();
    await using other = startMember({ port, id: "two", sourceId: "other" });
    await eventually(() => client.hget("p:btu_state", "source"), { what: "the other's claim" });
    one.leadership.check();
    const error = await one.running.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(one.repairs).toEqual([]);
    await leads(other);
  });
});
