/** The commands for RQ, as programs and scripts see them. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Redis } from "ioredis";
import { writeFileSync } from "node:fs";
import { btuJson, runBtu } from "../support/btu.ts";
import { mismatches } from "../support/json-documentation.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { SEEDED_JOBS, SEEDED_QUEUES, seedRq } from "../support/rq-seed.ts";
import { tempDir } from "../support/temp-dir.ts";
import { runInTerminal } from "../support/terminal.ts";
import { executable } from "../support/executables.ts";

const stack = new AsyncDisposableStack();
let redis: RedisServer;
let client: Redis;
let configPath: string;

beforeAll(async () => {
  redis = stack.use(await startRedis());
  client = await redis.client();
  const dir = stack.use(tempDir());
  configPath = dir.file("btu.toml");
  writeFileSync(dir.file("schedules.toml"), "");
  writeFileSync(configPath, `rq_url = "${redis.url}"\nschedules_file = "schedules.toml"\n`);
});

beforeEach(async () => {
  await client.flushall();
  await seedRq(client, Date.now());
});

afterAll(() => stack.disposeAsync());

const failed = () => client.zcard(`rq:failed:${SEEDED_QUEUES.long}`);
const queued = () => client.lrange(`rq:queue:${SEEDED_QUEUES.long}`, 0, -1);
const btu = (...args: string[]) => runBtu(args, { configPath });

describe("JSON", () => {
  test.each([
    ["queues", []],
    ["workers", []],
    ["jobs", ["-n", "50"]],
    ["job", [SEEDED_JOBS.failed]],
    ["requeue", [SEEDED_JOBS.failed]],
  ])("of btu %s is as documented", async (name, words) => {
    const { code, value } = await btuJson([name, ...words], { configPath });
    expect([code, mismatches(`btu ${name}`, value)]).toEqual([0, []]);
  });

  test("holds full names and ids", async () => {
    const { value } = await btuJson(["jobs", "-Q", "long", "--state", "failed"], { configPath });
    expect(value).toMatchObject({
      jobs: [
        {
          id: SEEDED_JOBS.failed,
          queue: SEEDED_QUEUES.long,
          state: "failed",
          call: "BTU task BT-c81d of TS-000003",
          error: "erp.printing.PrinterError: no paper",
        },
        { id: SEEDED_JOBS.stopped, error: null, problem: null },
      ],
      counts: { failed: 2 },
    });
  });
});

describe("a name that does not exist", () => {
  test.each([
    [["queues", "lnog"], 'no queue is called "lnog" (did you mean "long"?)'],
    [["workers", "--queue", "shrot"], 'no queue is called "shrot" (did you mean "short"?)'],
    [["jobs", "--queue", "nothing-like-it"], 'no queue is called "nothing-like-it"\n'],
    [["job", "nothing-like-it"], 'no job is called "nothing-like-it"\n'],
    [
      ["job", SEEDED_JOBS.failed.replace("c81d", "c8ld")],
      `(did you mean "${SEEDED_JOBS.failed}"?)`,
    ],
    [["requeue", "c81d4e2e"], `"${SEEDED_JOBS.failed}" begins like that`],
    [["requeue", "--all-failed", "-Q", "lnog", "-y"], '(did you mean "long"?)'],
  ])("ends btu %p with 4", async (args, text) => {
    const { code, stdout, stderr } = await btu(...args);
    expect([code, stdout]).toEqual([4, ""]);
    expect(stderr).toContain(text);
  });

  test("that fits queues of two benches is asked back about", async () => {
    await client.sadd("rq:queues", "rq:queue:other-bench:long");
    const { code, stderr } = await btu("queues", "long");
    expect(code).toBe(2);
    expect(stderr).toContain(
      `queue "long": it may be "${SEEDED_QUEUES.long}", "other-bench:long"; name it in full`,
    );
  });
});

describe("btu requeue", () => {
  test("puts one job back", async () => {
    const { code, stdout } = await btu("requeue", SEEDED_JOBS.failed);
    expect([code, stdout]).toEqual([0, `ok 1 job put back on queue "${SEEDED_QUEUES.long}"\n`]);
    expect([await failed(), await queued()]).toEqual([1, [SEEDED_JOBS.failed]]);
  });

  test("tells why a job cannot be put back, and ends with 1", async () => {
    const { code, stderr } = await btu("requeue", SEEDED_JOBS.started);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `btu: requeue "${SEEDED_JOBS.started}": it is not among the failed jobs of its queue\n`,
    );
  });

  test("of all failed jobs wants --yes where nobody can be asked", async () => {
    const { code, stderr } = await btu("requeue", "--all-failed", "--queue", "long");
    expect(code).toBe(2);
    expect(stderr).toContain("add --yes to do it");
    expect(await failed()).toBe(2);
    const { code: then, stdout } = await btu("requeue", "--all-failed", "-Q", "long", "--yes");
    expect([then, stdout]).toEqual([0, `ok 2 jobs put back on queue "${SEEDED_QUEUES.long}"\n`]);
    expect([await failed(), await queued()]).toEqual([
      0,
      [SEEDED_JOBS.stopped, SEEDED_JOBS.failed],
    ]);
    const { code: last, stdout: nothing } = await btu("requeue", "--all-failed", "-Q", "long");
    expect([last, nothing]).toEqual([0, `ok no job of queue "${SEEDED_QUEUES.long}" has failed\n`]);
  });

  test.each([
    [[], "JOB is missing"],
    [["x", "--all-failed", "-Q", "long"], 'unexpected "x" beside --all-failed'],
    [["--all-failed"], "--all-failed needs --queue QUEUE"],
    [["x", "-Q", "long"], "--queue stands beside --all-failed only"],
  ])("%p is a wrong command line", async (args, text) => {
    const { code, stderr } = await btu("requeue", ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  });
});

describe("what is out of the ordinary", () => {
  test("a queue with jobs and without a worker is warned of", async () => {
    await client.del("rq:workers");
    const { code, stdout } = await btu("queues");
    expect(code).toBe(0);
    expect(stdout).toContain(
      `warning: 7 jobs on "${SEEDED_QUEUES.default}", and no worker listens on it`,
    );
  });

  test("suspended workers are told of", async () => {
    await client.set("rq:suspended", "1");
    const { stderr } = await btu("workers");
    expect(stderr).toContain("the workers are suspended and take no jobs");
  });

  test("a job without a hash, and one that nobody can unpickle, are shown as such", async () => {
    await client.rpush("rq:queue:odd", "gone", "strange");
    await client.sadd("rq:queues", "rq:queue:odd");
    await client.hset("rq:job:strange", { origin: "odd", data: "rubbish" });
    const { value } = await btuJson(["jobs", "-Q", "odd"], { configPath });
    expect(value).toMatchObject({
      jobs: [
        { id: "gone", call: null, problem: "its hash is gone: workers drop it" },
        { id: "strange", call: null, problem: expect.stringContaining("cannot be read") },
      ],
    });
  });

  test("queues that this Redis user may not read are left out", async () => {
    const bench = `~rq:[^q]* ~rq:queues ~rq:queue:${SEEDED_QUEUES.long}* +@all -@admin`;
    await client.call("ACL", "SETUSER", "bench", "on", ">secret", ...bench.split(" "));
    const env = { BTU_SCHEDULER_RQ_URL: `redis://bench:secret@127.0.0.1:${redis.port}/0` };
    const { code, stdout, stderr } = await runBtu(["queues", "--json"], { configPath, env });
    expect(stderr).toContain("note: 2 queues of others left out");
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      { queues: [{ name: SEEDED_QUEUES.long }] },
    ]);
  });

  test("a text from a job cannot turn the terminal", async () => {
    await client.hset(`rq:job:${SEEDED_JOBS.queued}`, "meta", '["\\u001b[2J\\u001b]0;x"]');
    const command = [executable("btu"), "--config", configPath, "job", SEEDED_JOBS.queued];
    const { text } = await runInTerminal({ command, columns: 80 });
    expect(text).toContain("Meta");
    expect(text).not.toContain("\u001b[2J");
    expect(text).not.toContain("\u001b]0");
  });

  test("without Redis each command says so and ends with 1", async () => {
    const env = { BTU_SCHEDULER_RQ_URL: "redis://127.0.0.1:1/0" };
    for (const words of [["queues"], ["workers"], ["jobs"], ["job", "x"], ["requeue", "x"]]) {
      const { code, stdout, stderr } = await runBtu(words, { configPath, env });
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toMatch(
        /^btu: Redis 127\.0\.0\.1:1 db 0 cannot be read: .*ECONNREFUSED.*; check rq_host and rq_port, or rq_url$/m,
      );
    }
  });
});
