import { describe, expect, test } from "bun:test";
import { startRedis } from "../support/redis-server.ts";
import { SEEDED_QUEUES, seedRq } from "../support/rq-seed.ts";
import { call, configFile } from "./call.ts";

const ARGV = ["requeue", "--all-failed", "--queue", "long"];

async function start() {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const client = await redis.client();
  await seedRq(client, Date.now());
  const { path } = stack.use(
    configFile(`rq_url = "${redis.url}"\nschedules_file = "/tmp/none.toml"\n`),
  );
  const owned = stack.move();
  return {
    answer: (input: string) => call([...ARGV, "--config", path], { columns: 80, input }),
    failed: () => client.zcard(`rq:failed:${SEEDED_QUEUES.long}`),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe("btu requeue --all-failed at a terminal", () => {
  test("asks first, and does what was agreed to", async () => {
    await using all = await start();
    const { code, stdout, stderr } = await all.answer("y\n");
    expect(Bun.stripANSI(stderr)).toBe(
      `Put 2 failed jobs back on queue "${SEEDED_QUEUES.long}", to run again? [y/N] `,
    );
    expect(code).toBe(0);
    expect(stdout).toContain("2 jobs put back");
    expect(await all.failed()).toBe(0);
  });

  test.each(["n\n", "\n", "", "yo\n"])("does nothing after %p", async (input) => {
    await using all = await start();
    const { code, stdout } = await all.answer(input);
    expect([code, stdout, await all.failed()]).toEqual([1, "", 2]);
  });
});
