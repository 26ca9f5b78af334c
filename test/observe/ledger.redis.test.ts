import { expect, test } from "bun:test";
import { newestEntries } from "../../src/observe/ledger.ts";
import { startRedis } from "../support/redis-server.ts";

test("the newest entries come first, and those that hold no times are passed over", async () => {
  await using redis = await startRedis();
  const client = await redis.client();
  const add = (fields: Record<string, string | number>) =>
    client.xadd(
      "ledger",
      "*",
      ...Object.entries(fields).flatMap(([key, value]) => [key, String(value)]),
    );
  await add({ schedule: "a", due: 100, fired_ms: 100_001, outcome: "fired", queue: "q", job: "j" });
  await add({ schedule: "b", due: "soon", fired_ms: 1, outcome: "fired" });
  await add({ schedule: "b", due: 1, fired_ms: "1e300", outcome: "fired" });
  await add({ note: "by hand" });
  await add({
    schedule: "c",
    due: 200,
    fired_ms: 900_000,
    outcome: "skipped_misfire",
    reason: "r",
    until: 300,
    count: 3,
  });
  const entries = await newestEntries(client, "ledger", 10);
  expect(entries).toMatchObject([
    {
      schedule: "c",
      dueSeconds: 200,
      firedMs: 900_000,
      outcome: "skipped_misfire",
      queue: null,
      job: null,
      reason: "r",
      untilSeconds: 300,
      count: 3,
    },
    {
      schedule: "a",
      dueSeconds: 100,
      firedMs: 100_001,
      outcome: "fired",
      queue: "q",
      job: "j",
      reason: null,
      untilSeconds: null,
      count: 1,
    },
  ]);
});
