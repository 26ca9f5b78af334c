/** The compiled program's view of RQ, on a real terminal. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { widthOf } from "../../src/cli/text.ts";
import { executable } from "../support/executables.ts";
import { fakeWall } from "../support/fake-wall.ts";
import { startRedis } from "../support/redis-server.ts";
import { SEEDED_JOBS, seedRq } from "../support/rq-seed.ts";
import { tempDir } from "../support/temp-dir.ts";
import { runInTerminal } from "../support/terminal.ts";

/** Half a minute into the minute: distances stay the same for as long as the test takes. */
const WALL_MS = Date.parse("2026-03-07T12:00:30Z");

const SCHEDULES = `
[[schedule]]
id = "nightly"
cron = "30 2 * * *"
queue = "long"
function = "reports.nightly.run"

[[schedule]]
id = "stock"
cron = "*/5 * * * *"
queue = "warehouse"
function = "stock.count"
`;

const stack = new AsyncDisposableStack();
let btu: (words: string, columns: number, code?: number) => Promise<string>;

/** Areas whose texts hold paths, or the distance between two clocks, and are not as long in every run. */
const CHANGING = /^(configuration|files|clock|schedules|socket|daemon)( +).*\n(?: +.*\n)*/gm;

/** What differs from run to run; Redis counts the time until a job is forgotten down by its own clock. */
function steady(text: string): string {
  return text
    .replace(/^(Forgotten +).*$/m, "$1WHEN")
    .replace(/Redis \d+\.\d+\.\d+/, "Redis V")
    .replaceAll(CHANGING, "$1$2...\n");
}

beforeAll(async () => {
  const redis = stack.use(await startRedis());
  const dir = stack.use(tempDir());
  const config = dir.file("btu.toml");
  writeFileSync(dir.file("schedules.toml"), SCHEDULES);
  writeFileSync(
    config,
    `rq_url = "${redis.url}"\nschedules_file = "schedules.toml"\nsocket_path = "${dir.file("btu.sock")}"\nzone_data = "builtin"\n`,
  );
  await seedRq(await redis.client(), WALL_MS);
  btu = async (words, columns, wanted = 0) => {
    const command = [executable("btu"), "--config", config, ...words.split(" ")];
    const wall = fakeWall(dir, WALL_MS);
    const { plain, code } = await runInTerminal({ command, columns, env: { ...wall.env } });
    expect(code).toBe(wanted);
    expect(plain.split("\n").filter((line) => widthOf(line) > columns)).toEqual([]);
    return `\n${steady(plain)}`;
  };
});

afterAll(() => stack.disposeAsync());

describe("on a terminal", () => {
  test("btu queues fits 60, 80 and 160 columns", async () => {
    expect(await btu("queues", 60)).toMatchInlineSnapshot(`
      "
      QUEUE                      QUEUED  STARTED  FAILED  WORKERS
      default  ████████████████       7        0       0        1
      long                            0        1       2        2
      short                           0        0       0        0

      3 queues, 7 jobs waiting, 1 running, 2 failed
      "
    `);
    expect(await btu("queues", 80)).toMatchInlineSnapshot(`
      "
      QUEUE                      QUEUED  STARTED  FAILED  SCHEDULED  DEFERRED  WORKERS
      default  ████████████████       7        0       0          0         0        1
      long                            0        1       2          0         0        2
      short                           0        0       0          0         0        0

      3 queues, 7 jobs waiting, 1 running, 2 failed
      "
    `);
    expect(await btu("queues", 160)).toMatchInlineSnapshot(`
      "
      QUEUE                      QUEUED  STARTED  FAILED  SCHEDULED  DEFERRED  FINISHED  CANCELED  WORKERS  BENCH
      default  ████████████████       7        0       0          0         0         0         0        1  home-frappe-frappe-bench
      long                            0        1       2          0         0         0         0        2  home-frappe-frappe-bench
      short                           0        0       0          0         0         1         0        0  home-frappe-frappe-bench

      3 queues, 7 jobs waiting, 1 running, 2 failed
      "
    `);
  });

  test("btu workers fits 60, 80 and 160 columns", async () => {
    expect(await btu("workers", 60)).toMatchInlineSnapshot(`
      "
      WORKER        STATE  QUEUES        JOB          SEEN
      8f14e45fcee…  busy   long          0b6f1c52-3…  12s ago
      d3d9446802a…  idle   long, defau…  -            3min 20s ago

      2 workers, 1 busy
      "
    `);
    expect(await btu("workers", 80)).toMatchInlineSnapshot(`
      "
      WORKER        STATE  QUEUES        JOB         DONE  FAILED  SEEN          RQ
      8f14e45fcee…  busy   long          0b6f1c52…  1,204       3  12s ago       2.6.1
      d3d9446802a…  idle   long, defau…  -              0       0  3min 20s ago  2.6.1

      2 workers, 1 busy
      "
    `);
    expect(await btu("workers", 160)).toMatchInlineSnapshot(`
      "
      WORKER                                      STATE  QUEUES         JOB                                    DONE  FAILED  SEEN          UP SINCE   RQ     HOST
      8f14e45fceea467a9b7a1c1a2b3c4d5e.myhost.41  busy   long           0b6f1c52-3d0f-4f6e-8f0b-6f3f0f9f1a11  1,204       3  12s ago       1d 1h ago  2.6.1  myhost 41
      d3d9446802a44259755d38e6d163e820.myhost.42  idle   long, default  -                                         0       0  3min 20s ago  1d 1h ago  2.6.1  myhost 42

      2 workers, 1 busy
      "
    `);
  });

  test("btu jobs fits 60, 80 and 160 columns", async () => {
    expect(await btu("jobs -n 8", 60)).toMatchInlineSnapshot(`
      "
      STATE     WHEN          JOB                CALL
      started   42s ago       0b6f1c52-3d0f-4f…  BTU task BT-0b6f…
      queued    1min 30s ago  5f9c2a3e-7b1d-4c…  BTU task BT-5f9c…
      queued    1min 30s ago  5f9c2a3e-7b1d-4c…  BTU task BT-5f9c…
      queued    1min 30s ago  5f9c2a3e-7b1d-4c…  BTU task BT-5f9c…
      queued    1min 30s ago  5f9c2a3e-7b1d-4c…  BTU task BT-5f9c…
      failed    10min ago     c81d4e2e-bcf2-41…  BTU task BT-c81d…
      failed    1d ago        c9a0d9b0-1111-42…  BTU task BT-c9a0…
      finished  5s ago        f47ac10b-58cc-43…  BTU task BT-f47a…

      8 of 11 jobs: 1 started, 7 queued, 2 failed, 1 finished
      "
    `);
    expect(await btu("jobs -n 8", 80)).toMatchInlineSnapshot(`
      "
      STATE     WHEN          JOB             QUEUE    CALL              NOTE
      started   42s ago       0b6f1c52-3d0f…  long     BTU task BT-0b6…  on 8f14e45fc…
      queued    1min 30s ago  5f9c2a3e-7b1d…  default  BTU task BT-5f9…
      queued    1min 30s ago  5f9c2a3e-7b1d…  default  BTU task BT-5f9…
      queued    1min 30s ago  5f9c2a3e-7b1d…  default  BTU task BT-5f9…
      queued    1min 30s ago  5f9c2a3e-7b1d…  default  BTU task BT-5f9…
      failed    10min ago     c81d4e2e-bcf2…  long     BTU task BT-c81…  erp.printing…
      failed    1d ago        c9a0d9b0-1111…  long     BTU task BT-c9a…
      finished  5s ago        f47ac10b-58cc…  short    BTU task BT-f47…

      8 of 11 jobs: 1 started, 7 queued, 2 failed, 1 finished
      "
    `);
    expect(await btu("jobs -n 8", 160)).toMatchInlineSnapshot(`
      "
      STATE     WHEN          JOB                                   QUEUE    CALL                           NOTE
      started   42s ago       0b6f1c52-3d0f-4f6e-8f0b-6f3f0f9f1a11  long     BTU task BT-0b6f of TS-000003  on 8f14e45fceea467a9b7a1c1a2b3c4d5e.myhost.41
      queued    1min 30s ago  5f9c2a3e-7b1d-4c8e-9a60-000000000000  default  BTU task BT-5f9c of TS-000003
      queued    1min 30s ago  5f9c2a3e-7b1d-4c8e-9a60-000000000001  default  BTU task BT-5f9c of TS-000003
      queued    1min 30s ago  5f9c2a3e-7b1d-4c8e-9a60-2d1f3b4c5d6e  default  BTU task BT-5f9c of TS-000003
      queued    1min 30s ago  5f9c2a3e-7b1d-4c8e-9a60-000000000003  default  BTU task BT-5f9c of TS-000003
      failed    10min ago     c81d4e2e-bcf2-41e6-a8e7-0d9f1b2c3d4e  long     BTU task BT-c81d of TS-000003  erp.printing.PrinterError: no paper
      failed    1d ago        c9a0d9b0-1111-4222-8333-444455556666  long     BTU task BT-c9a0 of TS-000003
      finished  5s ago        f47ac10b-58cc-4372-a567-0e02b2c3d479  short    BTU task BT-f47a of TS-000003

      8 of 11 jobs: 1 started, 7 queued, 2 failed, 1 finished
      "
    `);
  });

  test("btu jobs of one queue and state need no column for the queue", async () => {
    expect(await btu("jobs --queue long --state failed", 120)).toMatchInlineSnapshot(`
      "
      STATE   WHEN       JOB                                 CALL                           NOTE
      failed  10min ago  c81d4e2e-bcf2-41e6-a8e7-0d9f1b2c3…  BTU task BT-c81d of TS-000003  erp.printing.PrinterError: no pap…
      failed  1d ago     c9a0d9b0-1111-4222-8333-444455556…  BTU task BT-c9a0 of TS-000003

      2 of 2 jobs: 2 failed
      "
    `);
  });

  test("btu job fits 60, 80 and 160 columns", async () => {
    expect(await btu(`job ${SEEDED_JOBS.failed}`, 60)).toMatchInlineSnapshot(`
      "
      c81d4e2e-bcf2-41e6-a8e7-0d9f1b2c3d4e is failed
      Queue        home-frappe-frappe-bench:long
      Found in     failed
      Created      Sat 2026-03-07 10:00:30 UTC, 2h ago
      Enqueued     Sat 2026-03-07 10:00:30 UTC, 2h ago
      Started      Sat 2026-03-07 11:50:20 UTC, 10min 10s ago
      Ended        Sat 2026-03-07 11:50:30 UTC, 10min ago
      Timeout      25min
      Forgotten    WHEN

      Call
        frappe.utils.background_jobs.execute_job
        site = 'erp'
        user = 'Administrator'
        method = 'btu.btu_core.task_runner.run_task_by_id'
        event = None
        job_name = 'btu.btu_core.task_runner.run_task_by_id'
        is_async = True
        kwargs = {'task_id': 'BT-c81d', 'site_name': 'erp',
        'schedule_id': 'TS-000003'}

      Results
        failed, on 8f14e45fceea467a9b7a1c1a2b3c4d5e.myhost.41, Sa…

      Traceback
        Traceback (most recent call last):
          File "/home/frappe/frappe-bench/apps/btu/btu/btu_core/t…
            runner.run()
          File "/home/frappe/frappe-bench/apps/erp/erp/reports.py…
            raise PrinterError("no paper")
        erp.printing.PrinterError: no paper
      "
    `);
    expect(await btu(`job ${SEEDED_JOBS.failed.slice(0, 8)}`, 80)).toMatchInlineSnapshot(`
      "
      c81d4e2e-bcf2-41e6-a8e7-0d9f1b2c3d4e is failed
      Queue        home-frappe-frappe-bench:long
      Found in     failed
      Created      Sat 2026-03-07 10:00:30 UTC, 2h ago
      Enqueued     Sat 2026-03-07 10:00:30 UTC, 2h ago
      Started      Sat 2026-03-07 11:50:20 UTC, 10min 10s ago
      Ended        Sat 2026-03-07 11:50:30 UTC, 10min ago
      Timeout      25min
      Forgotten    WHEN

      Call
        frappe.utils.background_jobs.execute_job
        site = 'erp'
        user = 'Administrator'
        method = 'btu.btu_core.task_runner.run_task_by_id'
        event = None
        job_name = 'btu.btu_core.task_runner.run_task_by_id'
        is_async = True
        kwargs = {'task_id': 'BT-c81d', 'site_name': 'erp', 'schedule_id':
        'TS-000003'}

      Results
        failed, on 8f14e45fceea467a9b7a1c1a2b3c4d5e.myhost.41, Sat 2026-03-07 11:50:3…

      Traceback
        Traceback (most recent call last):
          File "/home/frappe/frappe-bench/apps/btu/btu/btu_core/task_runner.py", line…
            runner.run()
          File "/home/frappe/frappe-bench/apps/erp/erp/reports.py", line 7, in send
            raise PrinterError("no paper")
        erp.printing.PrinterError: no paper
      "
    `);
    expect(await btu(`job ${SEEDED_JOBS.queued}`, 160)).toMatchInlineSnapshot(`
      "
      5f9c2a3e-7b1d-4c8e-9a60-2d1f3b4c5d6e is queued
      Queue        home-frappe-frappe-bench:default
      Found in     queued, 2 jobs before it
      Created      Sat 2026-03-07 10:00:30 UTC, 2h ago
      Enqueued     Sat 2026-03-07 11:59:00 UTC, 1min 30s ago
      Timeout      25min

      Call
        frappe.utils.background_jobs.execute_job
        site = 'erp'
        user = 'Administrator'
        method = 'btu.btu_core.task_runner.run_task_by_id'
        event = None
        job_name = 'btu.btu_core.task_runner.run_task_by_id'
        is_async = True
        kwargs = {'task_id': 'BT-5f9c', 'site_name': 'erp', 'schedule_id': 'TS-000003'}
      "
    `);
  });

  test("btu doctor fits 60, 80 and 160 columns", async () => {
    expect(await btu("doctor", 60, 1)).toMatchInlineSnapshot(`
      "
      configuration  ...
      files          ...
      time zones     ✔ builtin 2026f
      Redis          ✔ all keys may be used
                     ✔ Redis V
                     ✔ takes writes
                     ✔ maxmemory-policy noeviction
                     ⚠ appendonly is off: Redis keeps nothing over
                       a restart; what a daemon placed since is
                       then entered as lost, if the daemon lived
                       on. Set appendonly yes to be safe
      clock          ...
      schedules      ...
      socket         ...
      workers        ✔ 2 workers, RQ 2.6.1
                     ✔ 2 workers on
                       "home-frappe-frappe-bench:long"
                     ✖ no worker listens on queue "warehouse",
                       which schedules use: start one (on a Frappe
                       bench: bench worker --queue warehouse), or
                       mend the queue of the task
      daemon         ...

      ✖ 2 errors, 3 warnings
      "
    `);
    expect(await btu("doctor", 80, 1)).toMatchInlineSnapshot(`
      "
      configuration  ...
      files          ...
      time zones     ✔ builtin 2026f
      Redis          ✔ all keys may be used
                     ✔ Redis V
                     ✔ takes writes
                     ✔ maxmemory-policy noeviction
                     ⚠ appendonly is off: Redis keeps nothing over a restart; what a
                       daemon placed since is then entered as lost, if the daemon
                       lived on. Set appendonly yes to be safe
      clock          ...
      schedules      ...
      socket         ...
      workers        ✔ 2 workers, RQ 2.6.1
                     ✔ 2 workers on "home-frappe-frappe-bench:long"
                     ✖ no worker listens on queue "warehouse", which schedules use:
                       start one (on a Frappe bench: bench worker --queue warehouse),
                       or mend the queue of the task
      daemon         ...

      ✖ 2 errors, 3 warnings
      "
    `);
    expect(await btu("doctor", 160, 1)).toMatchInlineSnapshot(`
      "
      configuration  ...
      files          ...
      time zones     ✔ builtin 2026f
      Redis          ✔ all keys may be used
                     ✔ Redis V
                     ✔ takes writes
                     ✔ maxmemory-policy noeviction
                     ⚠ appendonly is off: Redis keeps nothing over a restart; what a daemon placed since is then entered as lost, if the daemon lived on. Set
                       appendonly yes to be safe
      clock          ...
      schedules      ...
      socket         ...
      workers        ✔ 2 workers, RQ 2.6.1
                     ✔ 2 workers on "home-frappe-frappe-bench:long"
                     ✖ no worker listens on queue "warehouse", which schedules use: start one (on a Frappe bench: bench worker --queue warehouse), or mend the queue
                       of the task
      daemon         ...

      ✖ 2 errors, 3 warnings
      "
    `);
  });
});
