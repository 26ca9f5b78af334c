import { describe, expect, test } from "bun:test";
import { Agenda } from "../../src/agenda/agenda.ts";
import { reconcileAgenda } from "../../src/agenda/reconcile.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { KEYS } from "../support/engine.ts";
import { startRedis } from "../support/redis-server.ts";
import { makeSchedule, scheduleMap, TOOLS } from "../support/schedules.ts";

describe("a Redis user that lacks a right", () => {
  test.each(["xadd", "hset", "zadd", "zrem", "hdel", "incr"])(
    "without %s writes nothing at all, rather than half of it",
    async (command) => {
      await using redis = await startRedis({ acl: [`some on >secret ~* +@all -${command}`] });
      const client = await redis.client({ username: "some", password: "secret" });
      const clock = new FakeClock();
      const agenda = new Agenda({ client, keys: KEYS, clock, ledgerMax: 100 });
      const schedules = scheduleMap(makeSchedule());
      const options = {
        agenda,
        clock,
        tools: TOOLS,
        schedules,
        isDeleted: () => true,
        onPlanned: () => undefined,
      };
      const error = await reconcileAgenda(options).catch((thrown: unknown) => thrown);
      expect(String(error)).toContain(`this Redis user may not use ${command.toUpperCase()}`);
      expect(await (await redis.client()).dbsize()).toBe(0);
    },
  );
});
