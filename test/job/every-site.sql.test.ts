/** Every schedule of the fixtures' sites, from both databases, through each builder. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { inflateSync } from "node:zlib";
import { isActive } from "../../src/agenda/plan.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { delegatedBuilder } from "../../src/job/build-delegated.ts";
import { nativeBuilder } from "../../src/job/build-native.ts";
import { pickledBuilder } from "../../src/job/build-pickled.ts";
import { newJobId } from "../../src/job/job-ids.ts";
import { openBuilder } from "../../src/job/open-builder.ts";
import type { OpenBuilderOptions } from "../../src/job/open-builder.ts";
import { QueueNames } from "../../src/job/queue-names.ts";
import { checkJob } from "../../src/job/rq-job.ts";
import { decodePickle } from "../../src/pickle/decode.ts";
import { PyDict, PyTuple } from "../../src/pickle/value.ts";
import { Remembered } from "../../src/redis/remembered.ts";
import type { Schedule } from "../../src/schedule/schedule.ts";
import { setup } from "../frappe/setup.ts";
import { FIXTURE_SITES } from "../schedule/fixture-rows.ts";
import { NEVER, readDefined } from "../schedule/read-source.ts";
import { mariadbKit, openTarget, postgresKit } from "../schedule/sql-kit.ts";
import type { SqlKit } from "../schedule/sql-kit.ts";
import { startRedis } from "../support/redis-server.ts";
import type { FrappeGeneration } from "../support/frappe-replies.ts";

const redis = await startRedis();
const client = await redis.client();

beforeEach(async () => {
  await client.flushall();
});

const GENERATIONS: Readonly<Record<string, FrappeGeneration>> = {
  btu_fix_v14: "v14",
  btu_fix_v152: "v15.2",
  btu_fix_v16: "v16",
};

/** The call that a pickle holds, as plain as JSON. */
function kwargsOf(data: Uint8Array): PyDict {
  const call = decodePickle(inflateSync(data));
  const kwargs = call instanceof PyTuple ? call.items[3] : undefined;
  if (!(kwargs instanceof PyDict)) throw new Error("no call");
  return kwargs;
}

function parts(): Omit<OpenBuilderOptions, "choice" | "endpoints"> {
  const remembered = new Remembered({ client, key: "r" });
  const ids = { next: () => Promise.resolve(newJobId()) };
  const ttls = { resultTtlSeconds: 600, failureTtlSeconds: 604_800 };
  return {
    queueNames: new QueueNames({ client, remembered, log: silentLog, prefix: "bench:" }),
    frappe: { site: "erp", user: () => Promise.resolve("u"), ids, ttls },
    ids,
    ttls,
    traces: [],
    prefetchSeconds: 5,
    pickledFallback: "wait",
    clock: systemClock,
    log: silentLog,
  };
}

describe.each([
  ["MariaDB", mariadbKit],
  ["PostgreSQL", postgresKit],
] as const)("of a site on %s", (_, start) => {
  let kit: SqlKit;
  beforeAll(async () => {
    kit = await start();
  });
  afterAll(() => kit[Symbol.asyncDispose]());

  /** Those that can run, with their quotes and letters from everywhere. */
  async function schedulesOf(site: string): Promise<Schedule[]> {
    await using source = openTarget(kit.target(site));
    const active = [...(await readDefined(source)).values()].filter(isActive);
    expect(active.length).toBeGreaterThan(5);
    return active;
  }

  test.each(FIXTURE_SITES.filter(({ runsById }) => runsById).map(({ site }) => [site]))(
    "%s each schedule becomes a native job of its task, on its queue",
    async (site) => {
      const builder = nativeBuilder(parts());
      for (const schedule of await schedulesOf(site)) {
        const job = await builder.build(schedule, NEVER);
        checkJob(job);
        expect(job.queue).toBe(`bench:${schedule.queue}`);
        const kwargs = kwargsOf(job.data).get("kwargs");
        expect(kwargs).toBeInstanceOf(PyDict);
        expect(Object.fromEntries(kwargs as Iterable<[string, unknown]>)).toEqual({
          task_id: schedule.task,
          site_name: "erp",
          schedule_id: schedule.id,
          rq_job_id: job.id,
        });
      }
    },
  );

  test.each(FIXTURE_SITES.map(({ site }) => [site]))(
    "%s each schedule is pickled by the web server, asked by its own name",
    async (site) => {
      await using web = await setup({ generation: GENERATIONS[site]! });
      const builder = pickledBuilder({
        ...parts(),
        endpoints: web.frappe,
        aheadSeconds: 5,
        fallback: "wait",
      });
      const schedules = await schedulesOf(site);
      for (const schedule of schedules) checkJob(await builder.build(schedule, NEVER));
      expect(web.site.requests.map(({ params }) => params)).toEqual(
        schedules.map(({ id, task }) => ({ task_id: task, task_schedule_id: id })),
      );
    },
  );

  test.each(FIXTURE_SITES.filter(({ site }) => site !== "btu_fix_v14").map(({ site }) => [site]))(
    "%s each schedule is handed over by its own name, in no URL",
    async (site) => {
      const enqueued: string[] = [];
      await using web = await setup({ enqueue: (id) => enqueued.push(id) });
      const { handOver } = delegatedBuilder({ endpoints: web.frappe, traces: [] });
      const schedules = await schedulesOf(site);
      for (const schedule of schedules) await handOver?.post(schedule, NEVER);
      expect(enqueued).toEqual(schedules.map(({ id }) => id));
      expect(web.site.requests.every(({ verb }) => verb === "POST")).toBe(true);
    },
  );

  test.each(FIXTURE_SITES.map((site) => [site.site, site] as const))(
    "%s is made the way that fits it, unless another is written down",
    async (site, { runsById }) => {
      await using web = await setup();
      const [schedule] = await schedulesOf(site);
      const kindOf = (choice: OpenBuilderOptions["choice"], more: object = {}): string =>
        openBuilder({ ...parts(), choice, endpoints: web.frappe, ...more })(schedule!).kind;
      expect(kindOf("auto")).toBe(runsById ? "native" : "pickled");
      expect(kindOf("auto", { frappe: null })).toBe("pickled");
      for (const choice of ["native", "pickled", "delegated"] as const) {
        expect(kindOf(choice)).toBe(choice);
      }
    },
  );
});
