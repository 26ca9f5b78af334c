/** The screens of the commands that see, as the compiled program shows them on real terminals and in a pipe. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Redis } from "ioredis";
import { widthOf } from "../../src/cli/text.ts";
import { rqKeys } from "../../src/redis/keys.ts";
import { KEYS } from "../support/engine.ts";
import { at } from "../support/schedules.ts";
import { startBeside, steady } from "./beside-daemon.ts";
import type { Beside } from "./beside-daemon.ts";

const MAILS = Array.from({ length: 12 }, (_, number) => {
  const id = `mail-${String(number + 1).padStart(2, "0")}`;
  return `[[schedule]]\nid = "${id}"\ncron = "0 18 * * *"\nqueue = "long"\nfunction = "mail.send"\n`;
});

const SCHEDULES = `
[[schedule]]
id = "nightly-report"
description = "The figures of the day, for everybody who asked for them"
cron = "30 2 * * *"
time_zone = "America/New_York"
function = "reports.nightly.run"
args = ["all", 7]

[[schedule]]
id = "sync"
cron = "15 14 * * *"
function = "shop.sync"

${MAILS.join("\n")}
`;

const JOB = "4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8";
const FIRST_DUE = at("2026-03-03T07:30:00Z");
const DAY = 86_400;

/** Five nights of one schedule: on time, late, missed, failed, on time. */
const NIGHTS: ReadonlyArray<Readonly<Record<string, string | number>>> = [
  { outcome: "fired", job: "j1" },
  { outcome: "late", job: "j2", late_ms: 20_000 },
  { outcome: "skipped_misfire", reason: "missed, and the misfire policy is skip" },
  { outcome: "failed", reason: "the site answered 500, ValidationError" },
  { outcome: "fired", job: JOB },
];

async function fillLedger(client: Redis): Promise<void> {
  const since = FIRST_DUE - DAY / 2;
  const zone = "America/New_York";
  const rule = { since, cron: "30 2 * * *", zone, gap: "run_after", overlap: "first" };
  const change = ["schedule", "nightly-report", "at_ms", since * 1000, "change", "planned"];
  await client.xadd(
    KEYS.changes,
    `${since * 1000}-0`,
    ...change,
    "definition",
    JSON.stringify(rule),
  );
  for (const [night, { late_ms: lateMs = 4, ...rest }] of NIGHTS.entries()) {
    const due = FIRST_DUE + night * DAY;
    const firedMs = due * 1000 + Number(lateMs);
    const entry = { schedule: "nightly-report", due, fired_ms: firedMs, queue: "default", ...rest };
    await client.xadd(KEYS.ledger, `${firedMs}-0`, ...Object.entries(entry).flat());
    await client.hset(KEYS.lastOutcome, "nightly-report", JSON.stringify(entry));
  }
}

async function prepare(client: Redis): Promise<void> {
  const due = FIRST_DUE + 4 * DAY;
  await fillLedger(client);
  await client.hset(KEYS.settled, "nightly-report", `${due} ${due - 5 * 3600}`);
  const guard = { job: JOB, queue: "default", ms: String(due * 1000), timeout: "180" };
  await client.hset(KEYS.lastJob, "nightly-report", JSON.stringify(guard));
  await client.hset(rqKeys.job(JOB), "status", "finished");
  await client.sadd(rqKeys.workers, rqKeys.worker("w1"));
  const worker = { birth: "2026-03-01T00:00:00.000000Z", queues: "default", state: "idle" };
  await client.hset(rqKeys.worker("w1"), worker);
  const pause = { since_ms: at("2026-03-06T15:00:00Z") * 1000, note: "the server is being moved" };
  await client.hset(KEYS.paused, "mail-12", JSON.stringify(pause));
}

let beside: Beside;

beforeAll(async () => {
  beside = await startBeside({ schedules: SCHEDULES, prepare });
});

afterAll(async () => {
  await beside[Symbol.asyncDispose]();
});

/** The same command at three widths and in a pipe. */
async function screensOf(args: readonly string[], env = {}) {
  const on = async (columns: number): Promise<string> => {
    const { plain } = await beside.btu(args, columns, env);
    expect(plain.split("\n").filter((line) => widthOf(line) > columns)).toEqual([]);
    return `\n${steady(plain)}`;
  };
  const [narrow, usual, wide] = [await on(60), await on(80), await on(160)];
  const { stdout } = await beside.piped(args, env);
  return { narrow, usual, wide, piped: `\n${steady(stdout)}` };
}

describe("on terminals of 60, 80 and 160 columns, and in a pipe", () => {
  test("btu list", async () => {
    const { narrow, usual, wide, piped } = await screensOf(["list", "--match", "*n*"]);
    expect(narrow).toMatchInlineSnapshot(`
      "
      NEXT                LEFT       SCHEDULE        STATE
      03-07 14:15 UTC     2h 14min   sync            active
      03-07 18:00 UTC     5h 59min   mail-01         active
      03-07 18:00 UTC     5h 59min   mail-02         active
      03-07 18:00 UTC     5h 59min   mail-03         active
      03-07 18:00 UTC     5h 59min   mail-04         active
      03-07 18:00 UTC     5h 59min   mail-05         active
      03-07 18:00 UTC     5h 59min   mail-06         active
      03-07 18:00 UTC     5h 59min   mail-07         active
      03-07 18:00 UTC     5h 59min   mail-08         active
      03-07 18:00 UTC     5h 59min   mail-09         active
      03-07 18:00 UTC     5h 59min   mail-10         active
      03-07 18:00 UTC     5h 59min   mail-11         active
      03-08 03:00 -04:00  18h 59min  nightly-report  active
      -                   -          mail-12         paused

      14 schedules: 13 active, 1 paused
      "
    `);
    expect(usual).toMatchInlineSnapshot(`
      "
      NEXT                LEFT       SCHEDULE        TASK              QUEUE    STATE
      03-07 14:15 UTC     2h 14min   sync            shop.sync         default  active
      03-07 18:00 UTC     5h 59min   mail-01         mail.send         long     active
      03-07 18:00 UTC     5h 59min   mail-02         mail.send         long     active
      03-07 18:00 UTC     5h 59min   mail-03         mail.send         long     active
      03-07 18:00 UTC     5h 59min   mail-04         mail.send         long     active
      03-07 18:00 UTC     5h 59min   mail-05         mail.send         long     active
      03-07 18:00 UTC     5h 59min   mail-06         mail.send         long     active
      03-07 18:00 UTC     5h 59min   mail-07         mail.send         long     active
      03-07 18:00 UTC     5h 59min   mail-08         mail.send         long     active
      03-07 18:00 UTC     5h 59min   mail-09         mail.send         long     active
      03-07 18:00 UTC     5h 59min   mail-10         mail.send         long     active
      03-07 18:00 UTC     5h 59min   mail-11         mail.send         long     active
      03-08 03:00 -04:00  18h 59min  nightly-report  reports.nightly…  default  active
      -                   -          mail-12         mail.send         long     paused

      14 schedules: 13 active, 1 paused
      "
    `);
    expect(wide).toMatchInlineSnapshot(`
      "
      NEXT                            LEFT       LAST                            SCHEDULE        TASK                 QUEUE    STATE
      Sat 2026-03-07 14:15:00 UTC     2h 14min   -                               sync            shop.sync            default  active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-01         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-02         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-03         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-04         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-05         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-06         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-07         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-08         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-09         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-10         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-11         mail.send            long     active
      Sun 2026-03-08 03:00:00 -04:00  18h 59min  Sat 2026-03-07 02:30:00 -05:00  nightly-report  reports.nightly.run  default  active
      -                               -          -                               mail-12         mail.send            long     paused

      14 schedules: 13 active, 1 paused
      "
    `);
    expect(piped).toMatchInlineSnapshot(`
      "
      NEXT                            LEFT       LAST                            SCHEDULE        TASK                 QUEUE    STATE
      Sat 2026-03-07 14:15:00 UTC     2h 14min   -                               sync            shop.sync            default  active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-01         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-02         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-03         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-04         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-05         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-06         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-07         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-08         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-09         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-10         mail.send            long     active
      Sat 2026-03-07 18:00:00 UTC     5h 59min   -                               mail-11         mail.send            long     active
      Sun 2026-03-08 03:00:00 -04:00  18h 59min  Sat 2026-03-07 02:30:00 -05:00  nightly-report  reports.nightly.run  default  active
      -                               -          -                               mail-12         mail.send            long     paused

      14 schedules: 13 active, 1 paused
      "
    `);
  });

  test("btu next", async () => {
    const { narrow, usual, wide, piped } = await screensOf(["next", "-n", "5"]);
    expect(narrow).toMatchInlineSnapshot(`
      "
      DUE              LEFT         SCHEDULE  TASK       QUEUE
      03-07 14:15 UTC  in 2h 14min  sync      shop.sync  default
      03-07 18:00 UTC  in 5h 59min  mail-01   mail.send  long
      03-07 18:00 UTC  in 5h 59min  mail-02   mail.send  long
      03-07 18:00 UTC  in 5h 59min  mail-03   mail.send  long
      03-07 18:00 UTC  in 5h 59min  mail-04   mail.send  long
      and 7 more runs until the end of that hour

      EACH HOUR
      03-07 14:00 UTC   1  █
      03-07 18:00 UTC  11  ███████████
      "
    `);
    expect(usual).toMatchInlineSnapshot(`
      "
      DUE              LEFT         SCHEDULE  TASK       QUEUE
      03-07 14:15 UTC  in 2h 14min  sync      shop.sync  default
      03-07 18:00 UTC  in 5h 59min  mail-01   mail.send  long
      03-07 18:00 UTC  in 5h 59min  mail-02   mail.send  long
      03-07 18:00 UTC  in 5h 59min  mail-03   mail.send  long
      03-07 18:00 UTC  in 5h 59min  mail-04   mail.send  long
      and 7 more runs until the end of that hour

      EACH HOUR
      03-07 14:00 UTC   1  █
      03-07 18:00 UTC  11  ███████████
      "
    `);
    expect(wide).toMatchInlineSnapshot(`
      "
      DUE                          LEFT         SCHEDULE  TASK       QUEUE
      Sat 2026-03-07 14:15:00 UTC  in 2h 14min  sync      shop.sync  default
      Sat 2026-03-07 18:00:00 UTC  in 5h 59min  mail-01   mail.send  long
      Sat 2026-03-07 18:00:00 UTC  in 5h 59min  mail-02   mail.send  long
      Sat 2026-03-07 18:00:00 UTC  in 5h 59min  mail-03   mail.send  long
      Sat 2026-03-07 18:00:00 UTC  in 5h 59min  mail-04   mail.send  long
      and 7 more runs until the end of that hour

      EACH HOUR
      Sat 2026-03-07 14:00:00 UTC   1  █
      Sat 2026-03-07 18:00:00 UTC  11  ███████████
      "
    `);
    expect(piped).toMatchInlineSnapshot(`
      "
      DUE                          LEFT         SCHEDULE  TASK       QUEUE
      Sat 2026-03-07 14:15:00 UTC  in 2h 14min  sync      shop.sync  default
      Sat 2026-03-07 18:00:00 UTC  in 5h 59min  mail-01   mail.send  long
      Sat 2026-03-07 18:00:00 UTC  in 5h 59min  mail-02   mail.send  long
      Sat 2026-03-07 18:00:00 UTC  in 5h 59min  mail-03   mail.send  long
      Sat 2026-03-07 18:00:00 UTC  in 5h 59min  mail-04   mail.send  long
      and 7 more runs until the end of that hour

      EACH HOUR
      Sat 2026-03-07 14:00:00 UTC   1  #
      Sat 2026-03-07 18:00:00 UTC  11  ###########
      "
    `);
  });

  test("btu show", async () => {
    const { narrow, usual, wide, piped } = await screensOf(["show", "nightly-report"]);
    expect(narrow).toMatchInlineSnapshot(`
      "
      nightly-report is active

      Task       reports.nightly.run with 2 arguments, at most
                 3min
      About      The figures of the day, for everybody who asked
                 for them
      Cron       30 2 * * *  At 02:30, every day.
      Time zone  America/New_York (its own)
      Queue      default: 1 worker, 0 jobs waiting
      Policies   missed: run_once within 1d; overlap: allow; clock
                 changes: run_after, first
      Last job   4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8, placed 4h 30min
                 ago: finished
      Changed    Sat 2026-03-07 12:00:3x UTC: planned

      It ran as planned: due Sat 2026-03-07 02:30:00 -05:00, its
      job was placed on queue "default" 4 ms after it was due. The
      job has finished.
      It runs next on Sun 2026-03-08 03:00:00 -04:00 (in 18h
      59min).

      NEXT RUNS                       LEFT
      Sun 2026-03-08 03:00:00 -04:00  in 18h 59min
      Mon 2026-03-09 02:30:00 -04:00  in 1d 18h
      Tue 2026-03-10 02:30:00 -04:00  in 2d 18h
      Wed 2026-03-11 02:30:00 -04:00  in 3d 18h
      Thu 2026-03-12 02:30:00 -04:00  in 4d 18h

      LAST DUE                        OUTCOME            LATE
      Sat 2026-03-07 02:30:00 -05:00  fired              4 ms
      Fri 2026-03-06 02:30:00 -05:00  failed
      Thu 2026-03-05 02:30:00 -05:00  skipped_misfire
      Wed 2026-03-04 02:30:00 -05:00  late             20.0 s
      Tue 2026-03-03 02:30:00 -05:00  fired              4 ms
      "
    `);
    expect(usual).toMatchInlineSnapshot(`
      "
      nightly-report is active

      Task       reports.nightly.run with 2 arguments, at most 3min
      About      The figures of the day, for everybody who asked for them
      Cron       30 2 * * *  At 02:30, every day.
      Time zone  America/New_York (its own)
      Queue      default: 1 worker, 0 jobs waiting
      Policies   missed: run_once within 1d; overlap: allow; clock changes: run_after,
                 first
      Last job   4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8, placed 4h 30min ago: finished
      Changed    Sat 2026-03-07 12:00:3x UTC: planned

      It ran as planned: due Sat 2026-03-07 02:30:00 -05:00, its job was placed on
      queue "default" 4 ms after it was due. The job has finished.
      It runs next on Sun 2026-03-08 03:00:00 -04:00 (in 18h 59min).

      NEXT RUNS                       LEFT
      Sun 2026-03-08 03:00:00 -04:00  in 18h 59min
      Mon 2026-03-09 02:30:00 -04:00  in 1d 18h
      Tue 2026-03-10 02:30:00 -04:00  in 2d 18h
      Wed 2026-03-11 02:30:00 -04:00  in 3d 18h
      Thu 2026-03-12 02:30:00 -04:00  in 4d 18h

      LAST DUE                        OUTCOME            LATE  QUEUE
      Sat 2026-03-07 02:30:00 -05:00  fired              4 ms  default
      Fri 2026-03-06 02:30:00 -05:00  failed                   default
      Thu 2026-03-05 02:30:00 -05:00  skipped_misfire          default
      Wed 2026-03-04 02:30:00 -05:00  late             20.0 s  default
      Tue 2026-03-03 02:30:00 -05:00  fired              4 ms  default
      "
    `);
    expect(wide).toMatchInlineSnapshot(`
      "
      nightly-report is active

      Task       reports.nightly.run with 2 arguments, at most 3min
      About      The figures of the day, for everybody who asked for them
      Cron       30 2 * * *  At 02:30, every day.
      Time zone  America/New_York (its own)
      Queue      default: 1 worker, 0 jobs waiting
      Policies   missed: run_once within 1d; overlap: allow; clock changes: run_after, first
      Last job   4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8, placed 4h 30min ago: finished
      Changed    Sat 2026-03-07 12:00:3x UTC: planned

      It ran as planned: due Sat 2026-03-07 02:30:00 -05:00, its job was placed on queue "default" 4 ms after it was due. The job has finished.
      It runs next on Sun 2026-03-08 03:00:00 -04:00 (in 18h 59min).

      NEXT RUNS                       LEFT
      Sun 2026-03-08 03:00:00 -04:00  in 18h 59min
      Mon 2026-03-09 02:30:00 -04:00  in 1d 18h
      Tue 2026-03-10 02:30:00 -04:00  in 2d 18h
      Wed 2026-03-11 02:30:00 -04:00  in 3d 18h
      Thu 2026-03-12 02:30:00 -04:00  in 4d 18h

      LAST DUE                        OUTCOME            LATE  QUEUE    JOB OR REASON
      Sat 2026-03-07 02:30:00 -05:00  fired              4 ms  default  4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8
      Fri 2026-03-06 02:30:00 -05:00  failed                   default  the site answered 500, ValidationError
      Thu 2026-03-05 02:30:00 -05:00  skipped_misfire          default  missed, and the misfire policy is skip
      Wed 2026-03-04 02:30:00 -05:00  late             20.0 s  default  j2
      Tue 2026-03-03 02:30:00 -05:00  fired              4 ms  default  j1
      "
    `);
    expect(piped).toMatchInlineSnapshot(`
      "
      nightly-report is active

      Task       reports.nightly.run with 2 arguments, at most 3min
      About      The figures of the day, for everybody who asked for them
      Cron       30 2 * * *  At 02:30, every day.
      Time zone  America/New_York (its own)
      Queue      default: 1 worker, 0 jobs waiting
      Policies   missed: run_once within 1d; overlap: allow; clock changes: run_after, first
      Last job   4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8, placed 4h 30min ago: finished
      Changed    Sat 2026-03-07 12:00:3x UTC: planned

      It ran as planned: due Sat 2026-03-07 02:30:00 -05:00, its job was placed on queue "default" 4 ms after it was due. The job has finished.
      It runs next on Sun 2026-03-08 03:00:00 -04:00 (in 18h 59min).

      NEXT RUNS                       LEFT
      Sun 2026-03-08 03:00:00 -04:00  in 18h 59min
      Mon 2026-03-09 02:30:00 -04:00  in 1d 18h
      Tue 2026-03-10 02:30:00 -04:00  in 2d 18h
      Wed 2026-03-11 02:30:00 -04:00  in 3d 18h
      Thu 2026-03-12 02:30:00 -04:00  in 4d 18h

      LAST DUE                        OUTCOME            LATE  QUEUE    JOB OR REASON
      Sat 2026-03-07 02:30:00 -05:00  fired              4 ms  default  4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8
      Fri 2026-03-06 02:30:00 -05:00  failed                   default  the site answered 500, ValidationError
      Thu 2026-03-05 02:30:00 -05:00  skipped_misfire          default  missed, and the misfire policy is skip
      Wed 2026-03-04 02:30:00 -05:00  late             20.0 s  default  j2
      Tue 2026-03-03 02:30:00 -05:00  fired              4 ms  default  j1
      "
    `);
  });

  test("btu history", async () => {
    const { narrow, usual, wide, piped } = await screensOf(["history"]);
    expect(narrow).toMatchInlineSnapshot(`
      "
      DUE              OUTCOME            LATE  SCHEDULE
      03-07 07:30 UTC  fired              4 ms  nightly-report
      03-06 07:30 UTC  failed                   nightly-report
      03-05 07:30 UTC  skipped_misfire          nightly-report
      03-04 07:30 UTC  late             20.0 s  nightly-report
      03-03 07:30 UTC  fired              4 ms  nightly-report
      "
    `);
    expect(usual).toMatchInlineSnapshot(`
      "
      DUE              OUTCOME            LATE  SCHEDULE        QUEUE
      03-07 07:30 UTC  fired              4 ms  nightly-report  default
      03-06 07:30 UTC  failed                   nightly-report  default
      03-05 07:30 UTC  skipped_misfire          nightly-report  default
      03-04 07:30 UTC  late             20.0 s  nightly-report  default
      03-03 07:30 UTC  fired              4 ms  nightly-report  default
      "
    `);
    expect(wide).toMatchInlineSnapshot(`
      "
      DUE                          OUTCOME            LATE  SCHEDULE        QUEUE    JOB OR REASON
      Sat 2026-03-07 07:30:00 UTC  fired              4 ms  nightly-report  default  4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8
      Fri 2026-03-06 07:30:00 UTC  failed                   nightly-report  default  the site answered 500, ValidationError
      Thu 2026-03-05 07:30:00 UTC  skipped_misfire          nightly-report  default  missed, and the misfire policy is skip
      Wed 2026-03-04 07:30:00 UTC  late             20.0 s  nightly-report  default  j2
      Tue 2026-03-03 07:30:00 UTC  fired              4 ms  nightly-report  default  j1
      "
    `);
    expect(piped).toMatchInlineSnapshot(`
      "
      DUE                          OUTCOME            LATE  SCHEDULE        QUEUE    JOB OR REASON
      Sat 2026-03-07 07:30:00 UTC  fired              4 ms  nightly-report  default  4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8
      Fri 2026-03-06 07:30:00 UTC  failed                   nightly-report  default  the site answered 500, ValidationError
      Thu 2026-03-05 07:30:00 UTC  skipped_misfire          nightly-report  default  missed, and the misfire policy is skip
      Wed 2026-03-04 07:30:00 UTC  late             20.0 s  nightly-report  default  j2
      Tue 2026-03-03 07:30:00 UTC  fired              4 ms  nightly-report  default  j1
      "
    `);
  });

  test("btu why", async () => {
    const { narrow, usual, wide, piped } = await screensOf(["why", "nightly-report"]);
    expect(narrow).toMatchInlineSnapshot(`
      "
      It ran as planned: due Sat 2026-03-07 02:30:00 -05:00, its
      job was placed on queue "default" 4 ms after it was due. The
      job has finished.
      It runs next on Sun 2026-03-08 03:00:00 -04:00 (in 18h
      59min).
      "
    `);
    expect(usual).toMatchInlineSnapshot(`
      "
      It ran as planned: due Sat 2026-03-07 02:30:00 -05:00, its job was placed on
      queue "default" 4 ms after it was due. The job has finished.
      It runs next on Sun 2026-03-08 03:00:00 -04:00 (in 18h 59min).
      "
    `);
    expect(wide).toMatchInlineSnapshot(`
      "
      It ran as planned: due Sat 2026-03-07 02:30:00 -05:00, its job was placed on queue "default" 4 ms after it was due. The job has finished.
      It runs next on Sun 2026-03-08 03:00:00 -04:00 (in 18h 59min).
      "
    `);
    expect(piped).toMatchInlineSnapshot(`
      "
      It ran as planned: due Sat 2026-03-07 02:30:00 -05:00, its job was placed on queue "default" 4 ms after it was due. The job has finished.
      It runs next on Sun 2026-03-08 03:00:00 -04:00 (in 18h 59min).
      "
    `);
  });

  test("btu audit", async () => {
    const { narrow, usual, wide, piped } = await screensOf(["audit", "--since", "2026-03-01"]);
    expect(narrow).toMatchInlineSnapshot(`
      "
      ✔ 5 expected, 3 placed, 2 skipped with reason, 0 missing, 0
        doubled
      covered: Mon 2026-03-02 19:30:00 UTC to Sat 2026-03-07
      11:59:25 UTC (4d 16h), 14 schedules
      of the time before nothing is known: no definition is older
      skipped: 1 skipped_misfire, 1 failed
      "
    `);
    expect(usual).toMatchInlineSnapshot(`
      "
      ✔ 5 expected, 3 placed, 2 skipped with reason, 0 missing, 0 doubled
      covered: Mon 2026-03-02 19:30:00 UTC to Sat 2026-03-07 11:59:25 UTC (4d 16h), 14
      schedules
      of the time before nothing is known: no definition is older
      skipped: 1 skipped_misfire, 1 failed
      "
    `);
    expect(wide).toMatchInlineSnapshot(`
      "
      ✔ 5 expected, 3 placed, 2 skipped with reason, 0 missing, 0 doubled
      covered: Mon 2026-03-02 19:30:00 UTC to Sat 2026-03-07 11:59:25 UTC (4d 16h), 14 schedules
      of the time before nothing is known: no definition is older
      skipped: 1 skipped_misfire, 1 failed
      "
    `);
    expect(piped).toMatchInlineSnapshot(`
      "
      ok: 5 expected, 3 placed, 2 skipped with reason, 0 missing, 0 doubled
      covered: Mon 2026-03-02 19:30:00 UTC to Sat 2026-03-07 11:59:25 UTC (4d 16h), 14 schedules
      of the time before nothing is known: no definition is older
      skipped: 1 skipped_misfire, 1 failed
      "
    `);
  });

  test("btu status", async () => {
    const { narrow, usual, wide, piped } = await screensOf(["status"]);
    expect(narrow).toMatchInlineSnapshot(`
      "
      ✔ BTU Scheduler is healthy
      version V, pid P, up …
      /PATH/btu_scheduler.toml

      ⚠ this machine's clock is N s behind that of Redis:
        check NTP on both

      Connections  ✔ Redis 127.0.0.1:PORT db 0
                   ✔ schedules file /PATH/schedules.toml
      Leadership   this daemon leads, term N (HOST)
      Schedules    14: 13 active, 1 paused
      Last read    AGO in MS, every 1min 30s
      Lateness     nothing fired yet

      NEXT         AT               SCHEDULE  TASK       QUEUE
      in 2h 14min  03-07 14:15 UTC  sync      shop.sync  default
      in 5h 59min  03-07 18:00 UTC  mail-01   mail.send  long
      in 5h 59min  03-07 18:00 UTC  mail-02   mail.send  long
      in 5h 59min  03-07 18:00 UTC  mail-03   mail.send  long
      in 5h 59min  03-07 18:00 UTC  mail-04   mail.send  long

      LAST          OUTCOME            LATE  SCHEDULE
      4h 30min ago  fired              4 ms  nightly-report
      1d 4h ago     failed                   nightly-report
      2d 4h ago     skipped_misfire          nightly-report
      3d 4h ago     late             20.0 s  nightly-report
      4d 4h ago     fired              4 ms  nightly-report
      "
    `);
    expect(usual).toMatchInlineSnapshot(`
      "
      ✔ BTU Scheduler is healthy
      version V, pid P, up U, time zones builtin 2026f
      /PATH/btu_scheduler.toml

      ⚠ this machine's clock is N s behind that of Redis: check NTP on both

      Connections  ✔ Redis 127.0.0.1:PORT db 0
                   ✔ schedules file /PATH/schedules.toml
      Leadership   this daemon leads, term N (HOST)
      Schedules    14: 13 active, 1 paused
      Last read    AGO in MS, every 1min 30s
      Lateness     nothing fired yet

      NEXT         AT               SCHEDULE  TASK       QUEUE
      in 2h 14min  03-07 14:15 UTC  sync      shop.sync  default
      in 5h 59min  03-07 18:00 UTC  mail-01   mail.send  long
      in 5h 59min  03-07 18:00 UTC  mail-02   mail.send  long
      in 5h 59min  03-07 18:00 UTC  mail-03   mail.send  long
      in 5h 59min  03-07 18:00 UTC  mail-04   mail.send  long

      LAST          OUTCOME            LATE  SCHEDULE        QUEUE    JOB OR REASON
      4h 30min ago  fired              4 ms  nightly-report  default  4b1c3a52d1f04dc…
      1d 4h ago     failed                   nightly-report  default  the site answer…
      2d 4h ago     skipped_misfire          nightly-report  default  missed, and the…
      3d 4h ago     late             20.0 s  nightly-report  default  j2
      4d 4h ago     fired              4 ms  nightly-report  default  j1
      "
    `);
    expect(wide).toMatchInlineSnapshot(`
      "
      ✔ BTU Scheduler is healthy
      version V, pid P, up U, time zones builtin 2026f
      /PATH/btu_scheduler.toml

      ⚠ this machine's clock is N s behind that of Redis: check NTP on both

      Connections  ✔ Redis 127.0.0.1:PORT db 0
                   ✔ schedules file /PATH/schedules.toml
      Leadership   this daemon leads, term N (HOST)
      Schedules    14: 13 active, 1 paused
      Last read    AGO in MS, every 1min 30s
      Lateness     nothing fired yet

      NEXT         AT                           SCHEDULE  TASK       QUEUE
      in 2h 14min  Sat 2026-03-07 14:15:00 UTC  sync      shop.sync  default
      in 5h 59min  Sat 2026-03-07 18:00:00 UTC  mail-01   mail.send  long
      in 5h 59min  Sat 2026-03-07 18:00:00 UTC  mail-02   mail.send  long
      in 5h 59min  Sat 2026-03-07 18:00:00 UTC  mail-03   mail.send  long
      in 5h 59min  Sat 2026-03-07 18:00:00 UTC  mail-04   mail.send  long

      LAST          OUTCOME            LATE  SCHEDULE        QUEUE    JOB OR REASON
      4h 30min ago  fired              4 ms  nightly-report  default  4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8
      1d 4h ago     failed                   nightly-report  default  the site answered 500, ValidationError
      2d 4h ago     skipped_misfire          nightly-report  default  missed, and the misfire policy is skip
      3d 4h ago     late             20.0 s  nightly-report  default  j2
      4d 4h ago     fired              4 ms  nightly-report  default  j1
      "
    `);
    expect(piped).toMatchInlineSnapshot(`
      "
      ok: BTU Scheduler is healthy
      version V, pid P, up U, time zones builtin 2026f
      /PATH/btu_scheduler.toml

      warning: this machine's clock is N s behind that of Redis: check NTP on both

      Connections  ok Redis 127.0.0.1:PORT db 0
                   ok schedules file /PATH/schedules.toml
      Leadership   this daemon leads, term N (HOST)
      Schedules    14: 13 active, 1 paused
      Last read    AGO in MS, every 1min 30s
      Lateness     nothing fired yet

      NEXT         AT                           SCHEDULE  TASK       QUEUE
      in 2h 14min  Sat 2026-03-07 14:15:00 UTC  sync      shop.sync  default
      in 5h 59min  Sat 2026-03-07 18:00:00 UTC  mail-01   mail.send  long
      in 5h 59min  Sat 2026-03-07 18:00:00 UTC  mail-02   mail.send  long
      in 5h 59min  Sat 2026-03-07 18:00:00 UTC  mail-03   mail.send  long
      in 5h 59min  Sat 2026-03-07 18:00:00 UTC  mail-04   mail.send  long

      LAST          OUTCOME            LATE  SCHEDULE        QUEUE    JOB OR REASON
      4h 30min ago  fired              4 ms  nightly-report  default  4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8
      1d 4h ago     failed                   nightly-report  default  the site answered 500, ValidationError
      2d 4h ago     skipped_misfire          nightly-report  default  missed, and the misfire policy is skip
      3d 4h ago     late             20.0 s  nightly-report  default  j2
      4d 4h ago     fired              4 ms  nightly-report  default  j1
      "
    `);
  });
});
