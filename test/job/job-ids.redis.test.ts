/** The form of job ids follows what live workers can read. */
import { beforeEach, describe, expect, test } from "bun:test";
import { silentLog } from "../../src/base/log.ts";
import { JobIds } from "../../src/job/job-ids.ts";
import type { JobIdsOptions } from "../../src/job/job-ids.ts";
import { checkJob } from "../../src/job/rq-job.ts";
import { Remembered } from "../../src/redis/remembered.ts";
import { startRedis } from "../support/redis-server.ts";

const SITE = "erp.example.com";
const server = await startRedis();
const client = await server.client();
const remembered = new Remembered({ client, key: "r" });

beforeEach(async () => {
  await client.flushall();
});

function open(more: Partial<JobIdsOptions> = {}): JobIds {
  return new JobIds({ client, remembered, log: silentLog, choice: "auto", site: SITE, ...more });
}

/** What RQ keeps of workers that live. */
async function workers(...versions: readonly string[]): Promise<void> {
  await client.del("rq:workers");
  for (const [index, version] of versions.entries()) {
    const key = `rq:worker:w${index}`;
    await client.sadd("rq:workers", key);
    await client.hset(key, { birth: "2026-01-01T00:00:00.000000Z", version, queues: "default" });
  }
}

/** What stands before the 32 digits. */
async function prefixOf(ids: JobIds): Promise<string> {
  const id = await ids.next();
  expect(id).toMatch(/[0-9a-f]{32}$/);
  checkJob({
    id,
    queue: "q",
    description: "",
    data: new Uint8Array(),
    timeoutSeconds: 1,
    resultTtlSeconds: 1,
    failureTtlSeconds: 1,
  });
  return id.slice(0, -32);
}

const PIPES = `${SITE}||`;
const COLONS = `${SITE}::`;

describe("the id of a site's job", () => {
  test.each<[readonly string[], string]>([
    [[], ""],
    [["2.10.0"], ""],
    [["2.8"], ""],
    [["3.0.1"], ""],
    [["unheard of"], ""],
    [[""], ""],
    [["2.7.0"], PIPES],
    [["2.6.1", "2.0.0"], PIPES],
    [["2.6.1", "2.8.0"], ""],
    [["1.15.1"], ""],
  ])("for workers %j begins with %p", async (versions, prefix) => {
    await workers(...versions);
    expect(await prefixOf(open())).toBe(prefix);
  });

  test.each<[readonly string[], string, string]>([
    [["1.15.1"], `${COLONS}a`, COLONS],
    [["1.16.2"], `${PIPES}a`, PIPES],
    [["1.14.1"], "0a1b-plain", ""],
    [["1.15.1"], "other.example.com::a", ""],
    [["1.15.1"], "erpxexample.com::a", ""],
    [["1.15.1", "2.0.0"], `${COLONS}a`, ""],
    [["1.15.1", "2.0.0"], `${PIPES}a`, PIPES],
    [["2.10.0"], `${PIPES}a`, ""],
  ])("for workers %j beside a job %p begins with %p", async (versions, existing, prefix) => {
    await workers(...versions);
    await client.hset(`rq:job:${existing}`, "status", "finished");
    expect(await prefixOf(open())).toBe(prefix);
  });

  test("follows the workers when a bench is updated under us", async () => {
    const ids = open();
    await workers("2.6.1");
    await ids.refresh();
    expect(await prefixOf(ids)).toBe(PIPES);
    await workers("2.10.0");
    await ids.refresh();
    expect(await prefixOf(ids)).toBe("");
  });

  test("is as it was when all workers are away, over a restart too", async () => {
    await workers("2.6.1");
    await open().refresh();
    await workers();
    expect(await prefixOf(open())).toBe(PIPES);
  });

  test.each([
    ["plain", ""],
    ["pipes", PIPES],
    ["colons", COLONS],
  ] as const)(
    "is %s whatever the workers are, when that is written down",
    async (choice, prefix) => {
      await workers("2.10.0");
      const ids = open({ choice });
      await ids.refresh();
      expect(await prefixOf(ids)).toBe(prefix);
    },
  );

  test("is plain where no site is configured", async () => {
    await workers("2.6.1");
    const ids = open({ site: null });
    await ids.refresh();
    expect(await prefixOf(ids)).toBe("");
  });

  test("is never the same twice", async () => {
    const ids = open();
    const made = await Promise.all(Array.from({ length: 1_000 }, () => ids.next()));
    expect(new Set(made).size).toBe(1_000);
  });
});
