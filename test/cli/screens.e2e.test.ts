/** The compiled program on a real terminal. */
import { describe, expect, test } from "bun:test";
import { widthOf } from "../../src/cli/text.ts";
import { startBeside, steady } from "./beside-daemon.ts";
import type { Beside } from "./beside-daemon.ts";

const SCHEDULES = `
[[schedule]]
id = "nightly-report"
cron = "30 2 * * *"
time_zone = "America/New_York"
function = "reports.nightly.run"

[[schedule]]
id = "毎日の報告を全員に送る"
cron = "0 9 * * *"
function = "reports.daily.run"

[[schedule]]
id = "invoices"
cron = "0 25 * * *"
queue = "long"
function = "accounting.invoices.send"

[[schedule]]
id = "old"
cron = "@monthly"
enabled = false
function = "old.run"
`;

function startBoth(): Promise<Beside> {
  return startBeside({ schedules: SCHEDULES });
}

describe("on a terminal", () => {
  test("btu list fits 60, 80 and 160 columns", async () => {
    await using both = await startBoth();
    const [narrow, usual, wide] = [
      await both.btu(["list"], 60),
      await both.btu(["list"], 80),
      await both.btu(["list"], 160),
    ];
    expect(`\n${narrow.plain}`).toMatchInlineSnapshot(`
      "
      LEFT       SCHEDULE            QUEUE    STATE
      18h 59min  nightly-report      default  active
      -          invoices            long     invalid: hour '25' …
      -          毎日の報告を全員…   default  invalid: line 8: id…
      -          old                 default  disabled

      4 schedules: 1 active, 2 invalid, 1 disabled
      "
    `);
    expect(`\n${usual.plain}`).toMatchInlineSnapshot(`
      "
      NEXT                LEFT       SCHEDULE            QUEUE    STATE
      03-08 03:00 -04:00  18h 59min  nightly-report      default  active
      -                   -          invoices            long     invalid: hour '25' …
      -                   -          毎日の報告を全員…   default  invalid: line 8: id…
      -                   -          old                 default  disabled

      4 schedules: 1 active, 2 invalid, 1 disabled
      "
    `);
    expect(`\n${wide.plain}`).toMatchInlineSnapshot(`
      "
      NEXT                            LEFT       LAST  SCHEDULE                TASK                      QUEUE    STATE
      Sun 2026-03-08 03:00:00 -04:00  18h 59min  -     nightly-report          reports.nightly.run       default  active
      -                               -          -     invoices                accounting.invoices.send  long     invalid: hour '25' is outside 0-23
      -                               -          -     毎日の報告を全員に送る  reports.daily.run         default  invalid: line 8: id "毎日の報告を全員に送る": expec…
      -                               -          -     old                     old.run                   default  disabled

      4 schedules: 1 active, 2 invalid, 1 disabled
      "
    `);
  });

  test("btu status fits 60, 80 and 160 columns", async () => {
    await using both = await startBoth();
    const screens = [];
    for (const columns of [60, 80, 160]) {
      const { code, plain } = await both.btu(["status"], columns);
      expect(code).toBe(0);
      expect(plain.split("\n").filter((line) => widthOf(line) > columns)).toEqual([]);
      screens.push(steady(plain));
    }
    expect(`\n${screens[1]}`).toMatchInlineSnapshot(`
      "
      ✔ BTU Scheduler is healthy
      version V, pid P, …
      /PATH/btu_scheduler.toml

      ⚠ this machine's clock is N s behind that of Redis: check NTP on both
      ⚠ 毎日の報告を全員に送る is invalid: line 8: id "毎日の報告を全員に送る":
        expected letters, digits, ".", "_" and "-", 200 at most
      ⚠ invoices is invalid: hour '25' is outside 0-23

      Connections  ✔ Redis 127.0.0.1:PORT db 0
                   ✔ schedules file /PATH/schedules.toml
      Leadership   this daemon leads, term N (HOST)
      Schedules    4: 1 active, 1 disabled, 2 invalid
      Last read    AGO in MS, every 1min 30s
      Lateness     nothing fired yet

      NEXT          AT                  SCHEDULE        TASK                 QUEUE
      in 18h 59min  03-08 03:00 -04:00  nightly-report  reports.nightly.run  default
      "
    `);
  });

  test("there are colours unless somebody does not want them", async () => {
    await using both = await startBoth();
    const texts = [
      await both.btu(["status"], 80),
      await both.btu(["status", "--no-color"], 80),
      await both.btu(["status"], 80, { NO_COLOR: "1" }),
      await both.btu(["status"], 80, { TERM: "dumb" }),
      await both.btu(["status"], 80, { TERM: "dumb", FORCE_COLOR: "1" }),
    ].map(({ text }) => text);
    expect(texts.map((text) => text.includes("\u001b["))).toEqual([
      true,
      false,
      false,
      false,
      true,
    ]);
  });

  test("JSON is indented, without colours", async () => {
    await using both = await startBoth();
    const { text } = await both.btu(["list", "--json"], 60);
    expect(text).toStartWith('[\n  {\n    "id": ');
    expect(JSON.parse(text)).toHaveLength(4);
  });

  test("btu cron tells distances from now", async () => {
    await using both = await startBoth();
    const { plain } = await both.btu(["cron", "0 14 * * *", "-n", "2"], 60);
    expect(`\n${plain}`).toMatchInlineSnapshot(`
      "
      At 14:00, every day.

      UTC                          WHEN
      Sat 2026-03-07 14:00:00 UTC  in 1h 59min
      Sun 2026-03-08 14:00:00 UTC  in 1d 1h
      "
    `);
  });
});
