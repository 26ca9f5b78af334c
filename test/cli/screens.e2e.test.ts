/** The compiled program on a real terminal. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { widthOf } from "../../src/cli/text.ts";
import { startDaemon } from "../support/daemon.ts";
import { executable } from "../support/executables.ts";
import { fakeWall } from "../support/fake-wall.ts";
import { startRedis } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";
import { runInTerminal } from "../support/terminal.ts";
import type { Seen } from "../support/terminal.ts";

/** Half a minute into the minute: distances stay the same for as long as the test takes. */
const WALL_MS = Date.parse("2026-03-07T12:00:30Z");

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

/** A daemon that sees that wall time, and `btu` on a terminal beside it. */
async function startBoth() {
  const redis = await startRedis();
  const dir = tempDir();
  writeFileSync(dir.file("schedules.toml"), SCHEDULES);
  const config = `rq_url = "${redis.url}"\nschedules_file = "${dir.file("schedules.toml")}"\nzone_data = "builtin"\n`;
  const daemon = await startDaemon({ config, wallMs: WALL_MS });
  await daemon.waitForLog(/agenda reconciled/, { from: 0 });
  const btu = (
    args: readonly string[],
    columns: number,
    env: Readonly<Record<string, string | undefined>> = {},
  ): Promise<Seen> => {
    const wall = fakeWall(dir, WALL_MS);
    return runInTerminal({
      command: [executable("btu"), "--config", daemon.configPath, ...args],
      columns,
      env: { ...wall.env, ...env },
    });
  };
  return {
    btu,
    [Symbol.asyncDispose]: async () => {
      await daemon[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

/** What differs from run to run, in as many columns. */
function steady(text: string): string {
  return text
    .replaceAll(/version \S+(?: \(\S+\))?, pid \d+, up \d+s, /g, "version V, pid P, up U, ")
    .replaceAll(/clock is [\d.]+ s behind/g, "clock is N s behind")
    .replaceAll(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
    .replaceAll(/\/\S*\/(schedules|btu_scheduler)\.toml/g, "/PATH/$1.toml")
    .replaceAll(/(?:now|\d+s ago) in \d+ ms/g, "AGO in MS");
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
      LEFT          SCHEDULE                STATE
      in 18h 59min  nightly-report          active
      -             invoices                invalid: hour '25' is…
      -             毎日の報告を全員に送る  invalid: line 8: id "…
      -             old                     disabled

      4 schedules: 1 active, 2 invalid, 1 disabled
      "
    `);
    expect(`\n${usual.plain}`).toMatchInlineSnapshot(`
      "
      LEFT          SCHEDULE               CRON        QUEUE    STATE
      in 18h 59min  nightly-report         30 2 * * *  default  active
      -             invoices               0 25 * * *  long     invalid: hour '25' is…
      -             毎日の報告を全員に送…  0 9 * * *   default  invalid: line 8: id "…
      -             old                    @monthly    default  disabled

      4 schedules: 1 active, 2 invalid, 1 disabled
      "
    `);
    expect(`\n${wide.plain}`).toMatchInlineSnapshot(`
      "
      NEXT                            LEFT          SCHEDULE                CRON        ZONE              TASK                      QUEUE    STATE
      Sun 2026-03-08 03:00:00 -04:00  in 18h 59min  nightly-report          30 2 * * *  America/New_York  reports.nightly.run       default  active
      -                               -             invoices                0 25 * * *  UTC               accounting.invoices.send  long     invalid: hour '25' is ou…
      -                               -             毎日の報告を全員に送る  0 9 * * *   UTC               reports.daily.run         default  invalid: line 8: id "毎…
      -                               -             old                     @monthly    UTC               old.run                   default  disabled

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
      version V, pid P, up U, time zones builtin 2026f
      /PATH/btu_scheduler.toml

      ⚠ this machine's clock is N s behind that of Redis: check NTP on both
      ⚠ 毎日の報告を全員に送る is invalid: line 8: id "毎日の報告を全員に送る":
        expected letters, digits, ".", "_" and "-", 200 at most
      ⚠ invoices is invalid: hour '25' is outside 0-23

      Connections  ✔ Redis 127.0.0.1:PORT db 0
                   ✔ schedules file /PATH/schedules.toml
      Schedules    4: 1 active, 1 disabled, 2 invalid
      Last read    AGO in MS, every 1min 30s
      Lateness     nothing fired yet

      NEXT          AT                              SCHEDULE        TASK
      in 18h 59min  Sun 2026-03-08 03:00:00 -04:00  nightly-report  reports.nightly.r…
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
