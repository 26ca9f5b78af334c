import { describe, expect, test } from "bun:test";
import { statusLines } from "../../src/cli/status-screen.ts";
import { makeStyle } from "../../src/cli/style.ts";
import { widthOf } from "../../src/cli/text.ts";
import type { StatusDocument } from "../../src/observe/status.ts";
import { DEGRADED, HEALTHY } from "./status-document.ts";

const symbols = makeStyle({ isTerminal: true, env: {}, color: false });
const plain = makeStyle({ isTerminal: false, env: {}, color: undefined });

function screen(status: StatusDocument, width: number, style = symbols): string {
  return `\n${statusLines(status, { width, style }).join("\n")}\n`;
}

describe("the screen of btu status", () => {
  test("at 60 columns", () => {
    expect(screen(DEGRADED, 60)).toMatchInlineSnapshot(`
      "
      ✖ BTU Scheduler (PROD) is degraded
      version 1.2.3, pid 4711, up 3d 4h, time zones system 2026f
      /etc/btu_scheduler/btu_scheduler.toml

      ✖ Redis 127.0.0.1:11000 db 0 is not available: connect
        ECONNREFUSED 127.0.0.1:11000
      ✖ nightly-report failed, due 2026-03-07T11:30:00Z: the site
        answered 500, ValidationError

      ⚠ TS-000004 is invalid: hour '25' is outside 0-23

      Connections  ✖ Redis 127.0.0.1:11000 db 0
                   ✔ MariaDB 127.0.0.1:3306/_a94a8fe5ccb19ba6, BT…
      Leadership   this daemon leads, term 3 (erp1:4711:0a1b)
      Schedules    6: 3 active, 1 paused, 1 disabled, 1 invalid
      Jobs         native for 3 schedules: this BTU app runs a ta…
      Last read    34s ago in 12 ms, every 1min 30s
      Lateness     half within 2 ms, 99 % within 9 ms, worst 1.4 …

      NEXT      AT                  SCHEDULE        QUEUE
      in 5min   03-07 07:05 -05:00  TS-000001       long
      in 1d 8h  03-09 02:00 +05:30  nightly-report  default

      WENT WRONG  OUTCOME  LATE  SCHEDULE        QUEUE
      20min ago   failed         nightly-report  default

      LAST          OUTCOME             LATE  SCHEDULE
      5min ago      fired               4 ms  TS-000001
      3h 59min ago  skipped_misfire ×2        nightly-report
      "
    `);
  });

  test("at 80 columns", () => {
    expect(screen(DEGRADED, 80)).toMatchInlineSnapshot(`
      "
      ✖ BTU Scheduler (PROD) is degraded
      version 1.2.3, pid 4711, up 3d 4h, time zones system 2026f
      /etc/btu_scheduler/btu_scheduler.toml

      ✖ Redis 127.0.0.1:11000 db 0 is not available: connect ECONNREFUSED
        127.0.0.1:11000
      ✖ nightly-report failed, due 2026-03-07T11:30:00Z: the site answered 500,
        ValidationError

      ⚠ TS-000004 is invalid: hour '25' is outside 0-23

      Connections  ✖ Redis 127.0.0.1:11000 db 0
                   ✔ MariaDB 127.0.0.1:3306/_a94a8fe5ccb19ba6, BTU app 16 or newer
      Leadership   this daemon leads, term 3 (erp1:4711:0a1b)
      Schedules    6: 3 active, 1 paused, 1 disabled, 1 invalid
      Jobs         native for 3 schedules: this BTU app runs a task by its id, so no …
      Last read    34s ago in 12 ms, every 1min 30s
      Lateness     half within 2 ms, 99 % within 9 ms, worst 1.4 s (412 firings)

      NEXT      AT                  SCHEDULE        TASK                 QUEUE
      in 5min   03-07 07:05 -05:00  TS-000001       Send statements      long
      in 1d 8h  03-09 02:00 +05:30  nightly-report  reports.nightly.run  default

      WENT WRONG  OUTCOME  LATE  SCHEDULE        QUEUE    JOB OR REASON
      20min ago   failed         nightly-report  default  the site answered 500, Vali…

      LAST          OUTCOME             LATE  SCHEDULE        QUEUE  JOB OR REASON
      5min ago      fired               4 ms  TS-000001       long   4b1c3a52d1f04dc8…
      3h 59min ago  skipped_misfire ×2        nightly-report         missed while the…
      "
    `);
  });

  test("at 160 columns", () => {
    expect(screen(HEALTHY, 160)).toMatchInlineSnapshot(`
      "
      ✔ BTU Scheduler (PROD) is healthy
      version 1.2.3, pid 4711, up 3d 4h, time zones system 2026f
      /etc/btu_scheduler/btu_scheduler.toml

      Connections  ✔ Redis 127.0.0.1:11000 db 0
                   ✔ MariaDB 127.0.0.1:3306/_a94a8fe5ccb19ba6, BTU app 16 or newer
      Leadership   this daemon leads, term 3 (erp1:4711:0a1b)
      Schedules    5: 3 active, 1 paused, 1 disabled
      Jobs         native for 3 schedules: this BTU app runs a task by its id, so no web server is needed
      Last read    34s ago in 12 ms, every 1min 30s
      Lateness     half within 2 ms, 99 % within 9 ms, worst 1.4 s (412 firings)

      NEXT      AT                              SCHEDULE        TASK                 QUEUE
      in 5min   Sat 2026-03-07 07:05:00 -05:00  TS-000001       Send statements      long
      in 1d 8h  Mon 2026-03-09 02:00:00 +05:30  nightly-report  reports.nightly.run  default

      LAST          OUTCOME             LATE  SCHEDULE        QUEUE  JOB OR REASON
      5min ago      fired               4 ms  TS-000001       long   4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8
      3h 59min ago  skipped_misfire ×2        nightly-report         missed while the daemon was down
      "
    `);
  });

  test("in a pipe has words in place of symbols", () => {
    expect(screen(DEGRADED, Infinity, plain)).toMatchInlineSnapshot(`
      "
      problem: BTU Scheduler (PROD) is degraded
      version 1.2.3, pid 4711, up 3d 4h, time zones system 2026f
      /etc/btu_scheduler/btu_scheduler.toml

      problem: Redis 127.0.0.1:11000 db 0 is not available: connect ECONNREFUSED 127.0.0.1:11000
      problem: nightly-report failed, due 2026-03-07T11:30:00Z: the site answered 500, ValidationError

      warning: TS-000004 is invalid: hour '25' is outside 0-23

      Connections  problem Redis 127.0.0.1:11000 db 0
                   ok MariaDB 127.0.0.1:3306/_a94a8fe5ccb19ba6, BTU app 16 or newer
      Leadership   this daemon leads, term 3 (erp1:4711:0a1b)
      Schedules    6: 3 active, 1 paused, 1 disabled, 1 invalid
      Jobs         native for 3 schedules: this BTU app runs a task by its id, so no web server is needed
      Last read    34s ago in 12 ms, every 1min 30s
      Lateness     half within 2 ms, 99 % within 9 ms, worst 1.4 s (412 firings)

      NEXT      AT                              SCHEDULE        TASK                 QUEUE
      in 5min   Sat 2026-03-07 07:05:00 -05:00  TS-000001       Send statements      long
      in 1d 8h  Mon 2026-03-09 02:00:00 +05:30  nightly-report  reports.nightly.run  default

      WENT WRONG  OUTCOME  LATE  SCHEDULE        QUEUE    JOB OR REASON
      20min ago   failed         nightly-report  default  the site answered 500, ValidationError

      LAST          OUTCOME             LATE  SCHEDULE        QUEUE  JOB OR REASON
      5min ago      fired               4 ms  TS-000001       long   4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8
      3h 59min ago  skipped_misfire ×2        nightly-report         missed while the daemon was down
      "
    `);
  });

  test("of a daemon that has just started", () => {
    const fresh: StatusDocument = {
      ...HEALTHY,
      daemon: { ...HEALTHY.daemon, environment: null, config: null },
      refresh: { last_at: null, took_ms: 0, every_s: 30 },
      schedules: { total: 0, active: 0, disabled: 0, invalid: 0, never: 0, paused: 0 },
      next: [],
      last_firings: [],
      lateness: { count: 0, p50_ms: 0, p99_ms: 0, max_ms: 0 },
    };
    expect(screen(fresh, 80)).toMatchInlineSnapshot(`
      "
      ✔ BTU Scheduler is healthy
      version 1.2.3, pid 4711, up 3d 4h, time zones system 2026f

      Connections  ✔ Redis 127.0.0.1:11000 db 0
                   ✔ MariaDB 127.0.0.1:3306/_a94a8fe5ccb19ba6, BTU app 16 or newer
      Leadership   this daemon leads, term 3 (erp1:4711:0a1b)
      Schedules    0: 0 active
      Jobs         native for 3 schedules: this BTU app runs a task by its id, so no …
      Last read    not done yet, every 30s
      Lateness     nothing fired yet
      "
    `);
  });

  test("is never wider than the terminal", () => {
    for (let width = 20; width < 120; width += 1) {
      const wide = statusLines(DEGRADED, { width, style: symbols }).filter(
        (line) => widthOf(line) > width,
      );
      expect(wide).toEqual([]);
    }
  });
});
