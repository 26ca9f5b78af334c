import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { call } from "./call.ts";

const CRON = ["cron", "30 1,2 * * *", "--tz", "America/New_York", "--zone-data", "builtin", "-n2"];

async function screen(columns: number): Promise<string> {
  return `\n${(await call([...CRON, "--no-color"], { columns })).stdout}`;
}

describe("btu cron", () => {
  test("at 60 columns", async () => {
    expect(await screen(60)).toMatchInlineSnapshot(`
      "
      At 01:30 and 02:30, every day.

      America/New_York                UTC
      Thu 2026-01-01 01:30:00 -05:00  2026-01-01T06:30:00Z
      Thu 2026-01-01 02:30:00 -05:00  2026-01-01T07:30:00Z

      Clock changes in the next 24 months
      - 2026-03-08: 02:30 is skipped by the clock; runs at 03:00
        instead
      - 2026-11-01: 01:30 is shown twice by the clock; runs at the
        first showing only
      - 2027-03-14: 02:30 is skipped by the clock; runs at 03:00
        instead
      - 2027-11-07: 01:30 is shown twice by the clock; runs at the
        first showing only
      "
    `);
  });

  test("at 80 columns", async () => {
    expect(await screen(80)).toMatchInlineSnapshot(`
      "
      At 01:30 and 02:30, every day.

      America/New_York                UTC                   WHEN
      Thu 2026-01-01 01:30:00 -05:00  2026-01-01T06:30:00Z  in 6h 30min
      Thu 2026-01-01 02:30:00 -05:00  2026-01-01T07:30:00Z  in 7h 30min

      Clock changes in the next 24 months
      - 2026-03-08: 02:30 is skipped by the clock; runs at 03:00 instead
      - 2026-11-01: 01:30 is shown twice by the clock; runs at the first showing only
      - 2027-03-14: 02:30 is skipped by the clock; runs at 03:00 instead
      - 2027-11-07: 01:30 is shown twice by the clock; runs at the first showing only
      "
    `);
  });

  test("needs no more than 80 columns for this", async () => {
    expect(await screen(160)).toBe(await screen(80));
  });

  test("is shown in docs/cli.md as it is", async () => {
    const line = "btu cron '30 2 * * *' --tz America/New_York --from 2026-03-07 --count 2";
    const { stdout } = await call(["cron", "30 2 * * *", ...line.split(" ").slice(7)]);
    const documentation = readFileSync(resolve(import.meta.dir, "../../docs/cli.md"), "utf8");
    expect(documentation).toContain(`$ ${line}\n${stdout}`);
  });

  test("tells traps, and the end of a schedule that has one", async () => {
    const { stdout } = await call(["cron", "*/90 0 29 2 * 2028"]);
    expect(`\n${stdout}`).toMatchInlineSnapshot(`
      "
      At 00:00, on day 29 of February, in 2028.
      warning: minute '*/90': the step is larger than what follows, so it means 0 only, not every 90

      UTC                          WHEN
      Tue 2028-02-29 00:00:00 UTC  in 2y 59d
      and never again
      "
    `);
  });

  test("gives programs the same", async () => {
    const { stdout } = await call([...CRON, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      expression: "30 1,2 * * *",
      time_zone: "America/New_York",
      from: "2026-01-01T00:00:00Z",
      next: [
        { utc: "2026-01-01T06:30:00Z", local: "2026-01-01T01:30:00-05:00" },
        { utc: "2026-01-01T07:30:00Z", local: "2026-01-01T02:30:00-05:00" },
      ],
      end: false,
      meaning: "At 01:30 and 02:30, every day.",
      warnings: [],
      clock_changes: [
        { effect: "moved" },
        { effect: "once" },
        { effect: "moved" },
        { effect: "once" },
      ],
    });
  });

  test.each([
    [
      "0 25 * * *",
      "invalid",
      `btu: invalid cron expression "0 25 * * *": hour '25' is outside 0-23\n`,
    ],
    [
      "0 0 30 2 *",
      "never",
      'btu: "0 0 30 2 *" never runs after 2026-01-01T00:00:00Z (no such date up to 2099)\n',
    ],
  ])("ends with 1 for %p", async (expr, error, text) => {
    const [person, program] = [await call(["cron", expr]), await call(["cron", expr, "--json"])];
    expect([person.code, person.stdout, person.stderr]).toEqual([1, "", text]);
    expect([program.code, program.stderr]).toEqual([1, ""]);
    expect(JSON.parse(program.stdout)).toMatchObject({ expression: expr, error });
  });

  test("forgives the letter case of a zone and says how it is spelled", async () => {
    const { code, stderr } = await call(["cron", "@daily", "--tz", "europe/berlin"]);
    expect([code, stderr]).toEqual([0, 'warning: the time zone is spelled "Europe/Berlin"\n']);
  });

  test("reads questions from standard input and ends with 0 whatever they are", async () => {
    const input = '{"id":1,"expr":"@daily","n":2}\nnonsense\n';
    const { code, stdout, stderr } = await call(["cron", "--stdin"], { input });
    expect([code, stderr]).toEqual([0, ""]);
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as object),
    ).toMatchObject([
      { id: 1, next: ["2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"] },
      { id: null, error: "invalid" },
    ]);
  });

  test("takes the zone data that the variable names, unless the flag names others", async () => {
    const env = { BTU_SCHEDULER_ZONE_DATA: "system", TZDIR: "/nonexistent" };
    expect(await call(["cron", "@daily"], { env })).toMatchObject({ code: 2 });
    expect(await call(["cron", "@daily", "--zone-data=builtin"], { env })).toMatchObject({
      code: 0,
    });
  });

  test("refuses a variable with another word", async () => {
    const { code, stderr } = await call(["cron", "@daily"], {
      env: { BTU_SCHEDULER_ZONE_DATA: "bultin" },
    });
    expect(code).toBe(2);
    expect(stderr).toContain(
      'BTU_SCHEDULER_ZONE_DATA "bultin": expected auto, system, builtin (did you mean "builtin"?)',
    );
  });
});
