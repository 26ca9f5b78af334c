/** From a row of the app's tables to a call in a real worker, on every kind of site and worker. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { BENCH_ID, startBtuSite } from "../support/btu-site.ts";
import type { BtuSite, SiteName } from "../support/btu-site.ts";
import { startBeforeDue, startDaemon } from "../support/daemon.ts";
import { PythonPeer } from "../support/python-peer.ts";
import type { RqVersion } from "../support/python.ts";
import { runPython } from "../support/python.ts";
import { agendaOf, ledgerOf, queuedOn, storedJob, waitForLedger } from "../support/rq-keys.ts";
import { rqInfo, runRqBurst, startRqWorker } from "../support/rq-worker.ts";
import type { RecordedCall } from "../support/rq-worker.ts";
import { realDelay } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import { startStandinFrappe } from "../support/standin-frappe.ts";
import { enqueueByPython, STANDIN_USER } from "../support/standin-python.ts";

/** The workers that sites of these generations have. */
const VERSIONS: readonly RqVersion[] = ["1.13.0", "1.16.2", "2.10.0"];

/** Noon in Los Angeles, 15:00 in New York, 05:00 of the next day in Tokyo. */
const DUE_MS = Date.UTC(2027, 2, 1, 20, 0, 0);
const DUE = String(DUE_MS / 1000);
const NOON = "0 0 12 1 3 * 2027";

const DEFAULT_QUEUE = `${BENCH_ID}:default`;
const LONG_QUEUE = `${BENCH_ID}:long`;
const QUEUES = [DEFAULT_QUEUE, LONG_QUEUE];

const UNICODE_ID = "TS-Überprüfung-日本語-🚀";
const QUOTES_ID = 'TS-O\'Brien "Q" `B` \\n';

/** Starts a daemon a moment before everything is due; ends it, and gives its log, after `count` firings. */
async function fireAll(site: BtuSite, count: number, more: string): Promise<string> {
  await using daemon = await startBeforeDue({ config: site.config(more) }, DUE_MS);
  await waitForLedger(site.client, count, daemon);
  await daemon.stop();
  return daemon.log();
}

/** The call of each schedule's task, by the schedule's id. */
function bySchedule(calls: readonly RecordedCall[]): Map<unknown, RecordedCall> {
  return new Map(calls.map((call) => [call["schedule_id"], call]));
}

function useSite(name: SiteName, cronById: Readonly<Record<string, string>>): { site: BtuSite } {
  const holder = {} as { site: BtuSite };
  beforeAll(async () => {
    holder.site = await startBtuSite(name);
    await holder.site.enableOnly(cronById);
  });
  beforeEach(async () => {
    await holder.site.client.flushall();
  });
  afterAll(() => holder.site[Symbol.asyncDispose]());
  return holder;
}

describe("a site of BTU 14, whose web server pickles", () => {
  const holder = useSite("v14", {
    "TS-000001": NOON,
    [QUOTES_ID]: NOON,
    [UNICODE_ID]: NOON,
  });
  const more = `bench_id = "${BENCH_ID}"`;

  test.each([...VERSIONS])("has its tasks run by workers of RQ %s", async (version) => {
    const { site } = holder;
    await fireAll(site, 3, more);
    expect(await rqInfo(version, site.redis.url)).toContain(`queue ${DEFAULT_QUEUE} 3`);
    const { calls } = await runRqBurst({ version, redisUrl: site.redis.url, queues: QUEUES });
    const common = { site_name: "site1.localhost", kwargs: {}, queue: DEFAULT_QUEUE };
    const tasks = calls.filter(({ call }) => call === "TaskRunner.function_wrapper");
    expect(bySchedule(tasks)).toEqual(
      new Map(
        [
          ["TS-000001", "BTU-00001"],
          [QUOTES_ID, "BTU-00003"],
          [UNICODE_ID, "BTU-00003"],
        ].map(([id, task]) => [
          id,
          expect.objectContaining({ ...common, schedule_id: id, task_id: task }),
        ]),
      ),
    );
    const executed = calls.filter(({ call }) => call === "btu.btu_api.execute_job");
    expect(executed).toHaveLength(3);
    for (const call of executed) {
      expect(call).toMatchObject({
        site: "site1.localhost",
        user: STANDIN_USER,
        event: null,
        is_async: true,
        kwargs: null,
      });
    }
    expect(await queuedOn(site.client, DEFAULT_QUEUE)).toEqual([]);
  });

  test("stores a job as Python's own enqueue of the same call does", async () => {
    const { site } = holder;
    await fireAll(site, 3, more);
    const ledger = await ledgerOf(site.client);
    const { job: jobId = "" } = ledger.find(({ schedule }) => schedule === "TS-000001") ?? {};
    const wish = {
      redis_url: site.redis.url,
      queue: DEFAULT_QUEUE,
      site: "site1.localhost",
      user: STANDIN_USER,
      task_id: "BTU-00001",
      schedule_id: "TS-000001",
      timeout_secs: 600,
    };
    const args = [JSON.stringify(wish)];
    const run = { script: "enqueue_pickled_task.py", args, rq: "2.10.0" } as const;
    const [ours, theirs] = [
      await storedJob(site.client, jobId),
      await storedJob(site.client, (await runPython(run)).trim()),
    ];
    expect(ours.data.equals(theirs.data)).toBe(true);
    const { description } = theirs.fields;
    expect(description).toStartWith("btu.btu_api.execute_job(");
    const { created_at: created = "", enqueued_at: enqueued = "" } = ours.fields;
    expect(ours.fields).toEqual({
      ...theirs.fields,
      // The call is not shown: its method is an object that only Python could show.
      description: "BTU Task BTU-00001: Ping",
      created_at: created,
      enqueued_at: enqueued,
    });
    for (const time of [created, enqueued]) expect(time).toMatch(RQ_TIME);
  });
});

/** RQ reads no other form of time; a busy machine may be some seconds late. */
const RQ_TIME = /^2027-03-01T20:00:0\d\.\d{6}Z$/;

/** Due at the same instant, each in the zone of its row. */
const OWN_ZONES = {
  "TS-000001": "0 0 15 1 3 * 2027",
  "TS-000003": NOON,
  [UNICODE_ID]: "0 0 5 2 3 * 2027",
};

/** Site, then which schedule runs which task, on which queue. */
const NATIVE_SITES = [
  {
    name: "v15.2",
    cronById: OWN_ZONES,
    tasks: [
      ["TS-000001", "BTU-00002", LONG_QUEUE],
      ["TS-000003", "BTU-00001", DEFAULT_QUEUE],
      [UNICODE_ID, "BTU-00001", DEFAULT_QUEUE],
    ],
  },
  {
    name: "v16",
    cronById: { "TS-000001": OWN_ZONES["TS-000001"], [UNICODE_ID]: OWN_ZONES[UNICODE_ID] },
    tasks: [
      ["TS-000001", "BTU-00002", LONG_QUEUE],
      [UNICODE_ID, "BTU-00001", DEFAULT_QUEUE],
    ],
  },
] as const;

describe.each([...NATIVE_SITES])("a site of BTU $name, whose jobs are made here", (given) => {
  const holder = useSite(given.name, given.cronById);
  // By the fixture's logs one of the tasks runs.
  const asTheApp = `site = "erp.example.com"\nbench_id = "${BENCH_ID}"`;
  const more = `${asTheApp}\noverlap = "allow"`;
  const { tasks } = given;

  test.each([...VERSIONS])("has its tasks run by workers of RQ %s", async (version) => {
    const { site } = holder;
    await fireAll(site, tasks.length, more);
    const info = await rqInfo(version, site.redis.url);
    for (const queue of QUEUES) {
      const count = tasks.filter((task) => task[2] === queue).length;
      expect(info).toContain(`queue ${queue} ${count}`);
    }
    const { calls } = await runRqBurst({ version, redisUrl: site.redis.url, queues: QUEUES });
    const run = calls.filter(({ call }) => call === "btu.btu_core.task_runner.run_task_by_id");
    expect(run).toHaveLength(tasks.length);
    for (const [schedule, task, queue] of tasks) {
      const found = run.find(({ schedule_id: id }) => id === schedule);
      expect(found).toMatchObject({
        task_id: task,
        site_name: "erp.example.com",
        queue,
        rq_job_id: found?.job_id,
      });
    }
    expect(calls).toContainEqual(
      expect.objectContaining({
        call: "frappe.utils.background_jobs.execute_job",
        site: "erp.example.com",
        user: STANDIN_USER,
        method: "btu.btu_core.task_runner.run_task_by_id",
      }),
    );
  });

  test("stores a job as Python's own enqueue of the same call does", async () => {
    const { site } = holder;
    await fireAll(site, tasks.length, more);
    const ledger = await ledgerOf(site.client);
    const { job: jobId = "" } = ledger.find(({ schedule }) => schedule === "TS-000001") ?? {};
    const enqueue = enqueueByPython({
      redisUrl: site.redis.url,
      rq: "2.10.0",
      queue: "long",
      benchId: BENCH_ID,
      idStyle: "plain",
      taskOf: () => "BTU-00002",
      timeoutSecs: 7200,
      jobId,
    });
    const ours = await storedJob(site.client, jobId);
    await site.client.flushall();
    expect(await enqueue("TS-000001", "erp.example.com")).toBe(jobId);
    const theirs = await storedJob(site.client, jobId);
    const { created_at: created = "", enqueued_at: enqueued = "" } = ours.fields;
    expect(ours.fields).toEqual({ ...theirs.fields, created_at: created, enqueued_at: enqueued });
    for (const time of [created, enqueued]) expect(time).toMatch(RQ_TIME);
    const peer = new PythonPeer();
    expect(await peer.loads(ours.data)).toEqual(await peer.loads(theirs.data));
    await peer.stop();
  });

  test("skips a task that runs by the site's own logs, unless that is allowed", async () => {
    const { site } = holder;
    await fireAll(site, tasks.length, asTheApp);
    const ledger = await ledgerOf(site.client);
    const outcomes = new Map(ledger.map(({ schedule, outcome }) => [schedule, outcome]));
    expect(outcomes).toEqual(
      new Map<string | undefined, string>(
        tasks.map(([id, task]) => [id, task === "BTU-00002" ? "skipped_overlap" : "fired"]),
      ),
    );
    const skipped = ledger.find(({ outcome }) => outcome === "skipped_overlap");
    expect(skipped?.["reason"]).toContain("its log BTLOG-0000001 is In-Progress");
    expect(await queuedOn(site.client, LONG_QUEUE)).toEqual([]);
  });

  test("has one of its tasks fail in a worker, and the app told of it", async () => {
    const { site } = holder;
    await fireAll(site, tasks.length, more);
    const { calls } = await runRqBurst({
      version: "2.10.0",
      redisUrl: site.redis.url,
      queues: QUEUES,
      env: { BTU_TEST_FAILING_TASKS: "BTU-00002" },
    });
    const failed = calls.filter(
      ({ call }) => call === "btu.btu_core.task_runner.on_btu_task_failure",
    );
    expect(failed).toMatchObject([{ error: "RuntimeError('task BTU-00002 failed as wanted')" }]);
  });

  test("records each firing and plans nothing more, since there is no later date", async () => {
    const { site } = holder;
    const log = await fireAll(site, tasks.length, more);
    const ledger = await ledgerOf(site.client);
    expect(new Set(ledger.map(({ schedule }) => schedule))).toEqual(
      new Set<string | undefined>(tasks.map(([id]) => id)),
    );
    for (const entry of ledger) {
      expect(entry).toMatchObject({
        due: DUE,
        outcome: "fired",
        job: expect.stringMatching(/^\w+$/),
      });
      const lateMs = Number(entry["fired_ms"]) - DUE_MS;
      expect(lateMs).toBeGreaterThanOrEqual(0);
      // The web server stands in by a Python process for each task.
      expect(lateMs).toBeLessThan(5_000);
    }
    expect(await agendaOf(site.client)).toEqual([]);
    expect(log).toMatch(
      /fire: fired schedule=TS-000001 due=2027-03-01T20:00:00Z late_ms=\d+ queue=home-frappe-frappe-bench:long job=\w+$/m,
    );
  });
});

describe("a bench whose prefix nobody has configured", () => {
  const holder = useSite("v16", { "TS-000001": OWN_ZONES["TS-000001"] });

  test("has its jobs put where the live workers listen", async () => {
    const { site } = holder;
    await using worker = startRqWorker({
      version: "2.10.0",
      redisUrl: site.redis.url,
      queues: QUEUES,
    });
    await worker.child.waitForOutput(/Listening on/);
    const log = await fireAll(site, 1, 'site = "erp.example.com"\noverlap = "allow"');
    const [, run] = await worker.waitForCalls(2);
    expect(run).toMatchObject({ queue: LONG_QUEUE, task_id: "BTU-00002" });
    expect(log).not.toContain("no worker listens");
  });
});

describe("a site of which only the web server can be reached", () => {
  test.each([...VERSIONS])(
    "has it enqueue what is due, once, for workers of RQ %s",
    async (version) => {
      await using own = await startRedis();
      await using theirs = await startRedis();
      const enqueue = enqueueByPython({
        redisUrl: theirs.url,
        rq: version,
        queue: "default",
        benchId: BENCH_ID,
        idStyle: version === "2.10.0" ? "plain" : "||",
        taskOf: () => "BTU-1",
      });
      const row = { task: "BTU-1", enabled: 1, cron_timezone: "UTC" } as const;
      await using frappe = await startStandinFrappe({
        generation: "v16",
        enqueue,
        schedules: [
          { ...row, name: UNICODE_ID, cron_string: "0 0 20 1 3 * 2027" },
          { ...row, name: "TS-later", cron_string: "0 0 20 1 3 * 2028" },
        ],
      });
      const config = [
        'connectivity_mode = "webserver"',
        `webserver_port = ${frappe.port}`,
        `webserver_token = "${frappe.token}"`,
        'source_id = "far away"',
        `rq_url = "${own.url}"`,
      ].join("\n");
      await using daemon = await startBeforeDue({ config }, DUE_MS);
      const client = await own.client();
      const [entry] = await waitForLedger(client, 1, daemon);
      await daemon.stop();
      expect(entry).toMatchObject({ schedule: UNICODE_ID, due: DUE, outcome: "handed_over" });
      expect(daemon.log()).toContain(`fire: handed over to the site schedule=${UNICODE_ID}`);
      expect(await client.keys("rq:*")).toEqual([]);
      const { calls } = await runRqBurst({
        version,
        redisUrl: theirs.url,
        queues: [DEFAULT_QUEUE],
      });
      const run = calls.filter(({ call }) => call === "btu.btu_core.task_runner.run_task_by_id");
      expect(run).toMatchObject([{ task_id: "BTU-1", schedule_id: UNICODE_ID }]);
    },
  );

  test("is asked again, and the job found, after the daemon was killed in the midst of it", async () => {
    await using own = await startRedis();
    const asked = Promise.withResolvers<void>();
    const logs: Array<Readonly<Record<string, unknown>>> = [];
    await using frappe = await startStandinFrappe({
      generation: "v16",
      timeZone: "UTC",
      documents: { "BTU Task Log": logs },
      enqueue: async (scheduleId) => {
        // The worker is quick: its log is there before the answer.
        logs.push({ name: "BTLOG-1", schedule: scheduleId, creation: "2027-03-01 20:00:04.5" });
        asked.resolve();
        await realDelay(60_000);
      },
      schedules: [
        {
          name: "TS-1",
          task: "BTU-1",
          enabled: 1,
          cron_string: NOON,
          cron_timezone: "America/Los_Angeles",
        },
      ],
    });
    const config = [
      'connectivity_mode = "webserver"',
      `webserver_port = ${frappe.port}`,
      `webserver_token = "${frappe.token}"`,
      'source_id = "far away"',
      `rq_url = "${own.url}"`,
    ].join("\n");
    const client = await own.client();
    const first = await startBeforeDue({ config }, DUE_MS);
    await asked.promise;
    await first.kill();
    expect(await ledgerOf(client)).toEqual([]);
    await using second = await startDaemon({ config, wallMs: DUE_MS + 5_000 });
    const [entry] = await waitForLedger(client, 1, second);
    expect(entry).toMatchObject({ schedule: "TS-1", due: DUE, outcome: "handed_over" });
    expect(entry?.["reason"]).toContain("log BTLOG-1 was found");
    const posts = frappe.requests.filter(({ verb }) => verb === "POST");
    expect(posts.length).toBeLessThanOrEqual(1);
  });
});
