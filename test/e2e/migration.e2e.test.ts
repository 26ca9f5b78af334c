/** From the state that an earlier scheduler leaves in Redis: nothing missed, nothing doubled. docs/migration.md tells the ways. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Redis } from "ioredis";
import { startBtuSite } from "../support/btu-site.ts";
import type { BtuSite } from "../support/btu-site.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { runPython } from "../support/python.ts";
import { startRedis } from "../support/redis-server.ts";
import { agendaOf, ledgerOf, queuedOn, storedJob, waitForLedger } from "../support/rq-keys.ts";
import { runRqBurst } from "../support/rq-worker.ts";
import { tempDir } from "../support/temp-dir.ts";

const AGENDA = "btu_scheduler:task_execution_times";
/** 2027-03-01 00:00 in Los Angeles, the zone of the site's rows: the moment of the switch. */
const SWITCH_SECONDS = Date.UTC(2027, 2, 1, 8) / 1000;
const HOUR_SECONDS = 3_600;
const DAY_SECONDS = 86_400;

/** Members as both earlier daemons write them: score and text say the same second. */
async function leave(client: Redis, occurrences: Readonly<Record<string, number>>): Promise<void> {
  for (const [member, due] of Object.entries(occurrences)) {
    await client.zadd(AGENDA, due, `${member}|${due}`);
  }
}

async function agendaIs(client: Redis, wanted: Readonly<Record<string, number>>): Promise<void> {
  const members = Object.entries(wanted).map(([id, due]) => `${id}|${due}`);
  const look = async (): Promise<boolean> =>
    (await agendaOf(client)).toSorted().join("\n") === members.toSorted().join("\n");
  await eventually(look, { what: `the agenda is ${members.join(", ")}` }).catch(async (cause) => {
    throw new Error(`the agenda is ${(await agendaOf(client)).join(", ")}`, { cause });
  });
}

function daemonAt(site: BtuSite, wallSeconds: number): Promise<Daemon> {
  return startDaemon({ config: site.config(), wallMs: wallSeconds * 1000 });
}

async function placed(client: Redis): Promise<string[]> {
  const ledger = await ledgerOf(client);
  return ledger.flatMap(({ schedule, due, job }) =>
    job === undefined ? [] : [`${schedule}|${due}`],
  );
}

/** Ends it, starts it again later, and lets it read everything. */
async function restart(daemon: Daemon, site: BtuSite, wallSeconds: number): Promise<Daemon> {
  await daemon.stop();
  await daemon[Symbol.asyncDispose]();
  const next = await daemonAt(site, wallSeconds);
  await next.waitForLog(/this daemon leads/, { from: 0 });
  return next;
}

describe("from the Rust daemon", () => {
  test("what was planned and became due during the switch runs once, and each schedule goes on", async () => {
    await using site = await startBtuSite("v14", {
      pickledTask: () => Uint8Array.of(0x80, 4, 0x4e, 0x2e),
    });
    const { client } = site;
    await site.sql("UPDATE `tabBTU Task Schedule` SET run_frequency = 'Cron Style'");
    await site.enableOnly({ "TS-000001": "0 0 * * *", "TS-1": "0 1 * * *", "TS-10": "0 1 * * *" });
    await leave(client, {
      // Due at the switch, and planned rightly.
      "TS-000001": SWITCH_SECONDS,
      "TS-1": SWITCH_SECONDS + HOUR_SECONDS,
      // One hour beside the truth: the Rust daemon read some zones wrongly.
      "TS-10": SWITCH_SECONDS + 2 * HOUR_SECONDS,
      // A schedule that was deleted while that daemon was not told.
      "TS-gone": SWITCH_SECONDS - 100,
    });
    let daemon = await daemonAt(site, SWITCH_SECONDS + 20);
    await using stack = new AsyncDisposableStack();
    stack.defer(() => daemon[Symbol.asyncDispose]());
    const planned = {
      "TS-000001": SWITCH_SECONDS + DAY_SECONDS,
      "TS-1": SWITCH_SECONDS + HOUR_SECONDS,
      "TS-10": SWITCH_SECONDS + HOUR_SECONDS,
    };
    await agendaIs(client, planned);
    expect(await placed(client)).toEqual([`TS-000001|${SWITCH_SECONDS}`]);
    // Reading everything anew changes nothing, and an hour later each runs once.
    daemon = await restart(daemon, site, SWITCH_SECONDS + 60);
    await agendaIs(client, planned);
    daemon.setWall((SWITCH_SECONDS + HOUR_SECONDS + 1) * 1000);
    await eventually(async () => (await placed(client)).length === 3, { what: "three runs" });
    expect((await placed(client)).toSorted()).toEqual(
      [
        `TS-000001|${SWITCH_SECONDS}`,
        `TS-10|${SWITCH_SECONDS + HOUR_SECONDS}`,
        `TS-1|${SWITCH_SECONDS + HOUR_SECONDS}`,
      ].toSorted(),
    );
    expect(await queuedOn(client, "default")).toHaveLength(3);
  });

  test("what it leaves behind of a deleted schedule is forgotten, and the ledger says so", async () => {
    await using site = await startBtuSite("v14");
    await site.enableOnly({});
    await leave(site.client, { "TS-gone": SWITCH_SECONDS - 100, "no bar in it": 17 });
    await site.client.zadd(AGENDA, 17, "not even an occurrence");
    await using daemon = await daemonAt(site, SWITCH_SECONDS);
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
    await agendaIs(site.client, {});
    expect(await placed(site.client)).toEqual([]);
  });
});

describe("from the Python daemon", () => {
  test("its agenda is taken over, and what else it keeps in Redis is left alone", async () => {
    await using site = await startBtuSite("v15.2");
    const { client } = site;
    await site.enableOnly({ "TS-000001": "0 0 * * *" });
    await site.sql("UPDATE `tabBTU Task Schedule` SET cron_timezone = 'America/Los_Angeles'");
    await leave(client, { "TS-000001": SWITCH_SECONDS });
    const others = {
      "btu:fired:TS-000001:2027-02-28:00:00": "1",
      "btu_scheduler:run_later:abcdefghijklmnopqrstuvwxyz1234": "kept",
    };
    for (const [key, value] of Object.entries(others)) await client.set(key, value);
    await using daemon = await daemonAt(site, SWITCH_SECONDS - 5);
    await agendaIs(client, { "TS-000001": SWITCH_SECONDS });
    await waitForLedger(client, 1, daemon);
    await agendaIs(client, { "TS-000001": SWITCH_SECONDS + DAY_SECONDS });
    expect(await placed(client)).toEqual([`TS-000001|${SWITCH_SECONDS}`]);
    expect(await client.mget(Object.keys(others))).toEqual(Object.values(others));
  });
});

/** The script that docs/migration.md gives. */
function exportScript(): string {
  const page = readFileSync(resolve(import.meta.dir, "../../docs/migration.md"), "utf8");
  const [, script] = /```python\n(.*?)```/s.exec(page) ?? [];
  if (script === undefined) throw new Error("docs/migration.md holds no Python script");
  return script;
}

const SCHEDULE = `
import sys
from datetime import datetime, timedelta
from redis import Redis
from rq_scheduler import Scheduler
scheduler = Scheduler("reports", connection=Redis.from_url(sys.argv[1]))
scheduler.cron("*/5 * * * *", id="five", func="btu_test_tasks.record", args=[1, None, b"x"], kwargs={"full": True})
scheduler.enqueue_in(timedelta(days=1), "btu_test_tasks.record", "once")
print(int(scheduler.connection.zscore(scheduler.scheduled_jobs_key, "five")))
`;

describe("from rq-scheduler", () => {
  let redis: Awaited<ReturnType<typeof startRedis>>;
  let client: Redis;
  beforeAll(async () => {
    redis = await startRedis();
    client = await redis.client();
  });
  afterAll(() => redis[Symbol.asyncDispose]());

  test("the script hands its cron jobs over, with their arguments and what is due next", async () => {
    using dir = tempDir();
    const rq = "rq-scheduler-0.14";
    const env = { TZ: "UTC" };
    const due = Number(await runPython({ code: SCHEDULE, args: [redis.url], rq, env }));
    writeFileSync(dir.file("move.py"), exportScript());
    const args = [redis.url, dir.file("schedules.json"), "UTC"];
    const code = `import sys; exec(open(${JSON.stringify(dir.file("move.py"))}).read())`;
    const told = await runPython({ code, args, rq, env });
    expect(told).toContain("left to rq-scheduler");
    expect(told).toContain(`1 schedules in ${dir.file("schedules.json")}`);
    expect(await client.zcard("rq:scheduler:scheduled_jobs")).toBe(1);

    // It was due 20 seconds ago when the daemon starts.
    const config = `rq_port = ${redis.port}\nschedules_file = "${dir.file("schedules.json")}"`;
    await using daemon = await startDaemon({ config, wallMs: (due + 20) * 1000 });
    const [entry] = await waitForLedger(client, 1, daemon);
    expect(entry).toMatchObject({
      schedule: "five",
      due: String(due),
      outcome: "late",
      queue: "reports",
    });
    await agendaIs(client, { five: due + 300 });
    expect(await placed(client)).toEqual([`five|${due}`]);
    const { fields } = await storedJob(client, entry?.["job"] ?? "");
    expect(fields["description"]).toContain("btu_test_tasks.record");
    const { calls } = await runRqBurst({
      version: "2.6.1",
      redisUrl: redis.url,
      queues: ["reports"],
    });
    expect(calls).toMatchObject([{ args: "(1, None, b'x')", kwargs: "{'full': True}" }]);
  });
});
