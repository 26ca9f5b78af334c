/** What every SQL source must do, run against each database. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { BtuGeneration } from "../../src/schedule/btu-generation.ts";
import { ChangeTracker } from "../../src/schedule/recent-changes.ts";
import type { Source } from "../../src/schedule/source.ts";
import { FIXTURE_SITES } from "./fixture-rows.ts";
import { asFixtureRow, NEVER, readAll, readDefined, readOne } from "./read-source.ts";
import { saved } from "./saved.ts";
import { openTarget } from "./sql-kit.ts";
import type { SqlKit } from "./sql-kit.ts";

const V14 = "btu_fix_v14";
const V152 = "btu_fix_v152";
const V16 = "btu_fix_v16";
const UNICODE = "TS-Überprüfung-日本語-🚀";
const QUOTES = 'TS-O\'Brien "Q" `B` \\n';

/** An id in every way that a database may take for another. */
const NOT_QUITE = ["ts-000001", "TS-000001 ", " TS-000001", "TS-00000", "TS-0000011", "TS-Ü"];
/** What no database can hold as a name. */
const IMPOSSIBLE = ["", "a\0b", "\uD800", "x".repeat(5_000)];

function idsOf(rows: readonly { readonly id: string }[]): string[] {
  return rows.map(({ id }) => id).toSorted();
}

async function some(source: Source, ids: readonly string[]) {
  const { found, absent } = await source.readSome!(ids, NEVER);
  return { found: idsOf(found), absent };
}

async function cronOf(source: Source, id: string): Promise<string | null | undefined> {
  return (await source.readSome!([id], NEVER)).found[0]?.cron;
}

/** Asks again and again what is news; the first look is behind us. */
async function tracked(source: Source) {
  const tracker = new ChangeTracker();
  const look = async () => tracker.news(await source.readChanges!(NEVER));
  await look();
  return look;
}

function lasting(duration: string, task: string): string {
  return `UPDATE \`tabBTU Task\` SET max_task_duration = ${duration} WHERE name = '${task}';`;
}

/** Runs the contract against the servers that `start` gives. */
export function sqlContract(name: string, start: () => Promise<SqlKit>): void {
  describe(`${name} source`, () => {
    let kit: SqlKit;
    beforeAll(async () => {
      kit = await start();
    });
    afterAll(() => kit[Symbol.asyncDispose]());
    beforeEach(() => kit.reload());

    describe("reads", () => {
      test.each(FIXTURE_SITES.map((site) => [site.site, site] as const))(
        "every row of %s as it is meant",
        async (site, { rows, generation, runsById }) => {
          await using source = openTarget(kit.target(site));
          const found = await readDefined(source);
          expect([...found.keys()].toSorted()).toEqual(idsOf(rows));
          for (const row of rows) {
            const problem = row.problem === null ? null : expect.stringContaining(row.problem);
            expect(asFixtureRow(found.get(row.id)!)).toEqual({ ...row, problem });
          }
          expect(source.generation).toMatchObject({ label: generation, runsById });
          expect(found.get("TS-000001")!.work).toMatchObject({ kind: "btu_task", runsById });
        },
      );

      test("legacy rows as they stand when told to be strict", async () => {
        await using source = openTarget(kit.target(V14), { legacyUtcRows: "strict" });
        const { cron, timeZone, zoneRule } = await readOne(source, "TS-000002");
        expect([cron, timeZone, zoneRule]).toEqual(["0 13 * * *", "UTC", "legacy_utc"]);
      });

      test("the copy of the site's zone where System Settings were never saved", async () => {
        await kit.sql(V16, "DELETE FROM `tabSingles` WHERE doctype = 'System Settings'");
        await using source = openTarget(kit.target(V16));
        expect(await readOne(source, "TS-000002")).toMatchObject({
          timeZone: "America/New_York",
          zoneRule: "system_settings",
        });
      });

      test("rows in UTC where no zone is known at all", async () => {
        for (const site of [V14, V16]) {
          await kit.sql(site, "DELETE FROM `tabSingles`; DELETE FROM `tabDefaultValue`");
        }
        await using plain = openTarget(kit.target(V16));
        expect(await readOne(plain, "TS-000002")).toMatchObject({
          timeZone: "UTC",
          zoneRule: "utc_default",
        });
        await using legacy = openTarget(kit.target(V14));
        expect(await readOne(legacy, "TS-000002")).toMatchObject({
          cron: "0 13 * * *",
          timeZone: "UTC",
          zoneRule: "legacy_utc",
        });
      });

      test("settings that are NULL or blank as if they were not there", async () => {
        await kit.sql(
          V14,
          "UPDATE `tabSingles` SET value = NULL WHERE field = 'cron_time_zone'; UPDATE `tabSingles` SET value = '  ' WHERE field = 'time_zone'",
        );
        await using source = openTarget(kit.target(V14));
        expect(await readOne(source, "TS-000001")).toMatchObject({
          timeZone: "America/New_York",
          zoneRule: "system_settings",
        });
      });

      test("a task that is a draft as one that runs, a cancelled one as a problem", async () => {
        await kit.sql(
          V16,
          "UPDATE `tabBTU Task` SET docstatus = 0 WHERE name = 'BTU-00001'; UPDATE `tabBTU Task` SET docstatus = 2 WHERE name = 'BTU-00002'",
        );
        await using source = openTarget(kit.target(V16));
        expect((await readOne(source, "TS-1")).problem).toBeNull();
        expect((await readOne(source, "TS-000001")).problem).toBe(
          'the BTU Task "BTU-00002" is cancelled; choose the one that was amended from it, or disable the schedule',
        );
      });

      test("durations as the first versions stored them", async () => {
        const toText =
          kit.type === "mariadb"
            ? "MODIFY max_task_duration varchar(140)"
            : "ALTER max_task_duration DROP DEFAULT, ALTER max_task_duration DROP NOT NULL, ALTER max_task_duration TYPE varchar(140)";
        await kit.sql(
          V14,
          `ALTER TABLE \`tabBTU Task\` ${toText}; ${lasting("'600s'", "BTU-00001")} ${lasting("'an hour'", "BTU-00002")} ${lasting("NULL", "BTU-00003")}`,
        );
        await using source = openTarget(kit.target(V14));
        expect((await readOne(source, "TS-000001")).work).toMatchObject({ timeoutSeconds: 600 });
        expect((await readOne(source, QUOTES)).work).toMatchObject({ timeoutSeconds: 3600 });
        expect((await readOne(source, "TS-000002")).problem).toBe(
          'max_task_duration "an hour" of the BTU Task "BTU-00002" is not a number of seconds',
        );
      });
    });

    describe("the generation", () => {
      test("is told once, and again when the site is migrated", async () => {
        const told: BtuGeneration[] = [];
        await using source = openTarget(kit.target(V14), {
          onGeneration: (generation) => told.push(generation),
        });
        expect(source.generation).toBeNull();
        await readAll(source);
        await readAll(source);
        expect(told.map(({ hasOwnZones }) => hasOwnZones)).toEqual([false]);
        await kit.sql(
          V14,
          "ALTER TABLE `tabBTU Task Schedule` ADD COLUMN cron_timezone varchar(140); UPDATE `tabBTU Task Schedule` SET cron_timezone = 'Asia/Tokyo' WHERE name = 'TS-1'",
        );
        expect((await readOne(source, "TS-1")).timeZone).toBe("Asia/Tokyo");
        expect(told.map(({ hasOwnZones }) => hasOwnZones)).toEqual([false, true]);
        expect(source.generation).toMatchObject({ hasOwnZones: true });
      });
    });

    describe("readSome", () => {
      test("gives the rows of any ids as a whole read does, in one statement", async () => {
        await using source = openTarget(kit.target(V14));
        const all = await readAll(source);
        const { found, absent } = await source.readSome!(idsOf(all), NEVER);
        expect(absent).toEqual([]);
        expect(found).toEqual(all);
      });

      test("needs no whole read before", async () => {
        await using source = openTarget(kit.target(V152));
        expect(await some(source, ["TS-000007"])).toEqual({ found: ["TS-000007"], absent: [] });
      });

      test.each([QUOTES, UNICODE])("finds %p, and no other by it", async (id) => {
        await using source = openTarget(kit.target(V16));
        expect(await some(source, [id])).toEqual({ found: [id], absent: [] });
      });

      test("tells an id as absent unless it is the very same", async () => {
        await using source = openTarget(kit.target(V14));
        const { found, absent } = await source.readSome!(NOT_QUITE, NEVER);
        expect(absent).toEqual(NOT_QUITE);
        // What a database takes for it goes by its own name.
        expect(idsOf(found).filter((id) => id !== "TS-000001")).toEqual([]);
      });

      test("tells ids as absent that no database can hold, and finds the others", async () => {
        await using source = openTarget(kit.target(V14));
        expect(await some(source, [...IMPOSSIBLE, "TS-1"])).toEqual({
          found: ["TS-1"],
          absent: IMPOSSIBLE,
        });
        expect(await some(source, IMPOSSIBLE)).toEqual({ found: [], absent: IMPOSSIBLE });
        expect(await some(source, [])).toEqual({ found: [], absent: [] });
      });

      test("takes thousands of ids, each once", async () => {
        const ids = Array.from({ length: 2_500 }, (_, index) => `none-${index}`);
        await using source = openTarget(kit.target(V14));
        const { found, absent } = await some(source, ["TS-10", ...ids, "TS-1", "TS-10"]);
        expect(found).toEqual(["TS-1", "TS-10"]);
        expect(absent).toEqual(ids);
      });

      test("goes on when a column is gone since the last whole read", async () => {
        await using source = openTarget(kit.target(V152));
        await readAll(source);
        await kit.sql(V152, "ALTER TABLE `tabBTU Task Schedule` DROP COLUMN run_frequency");
        expect(await some(source, ["TS-000001"])).toEqual({ found: ["TS-000001"], absent: [] });
        expect(source.generation).toMatchObject({ hasFrequencies: false });
      });
    });

    describe("a transaction", () => {
      test("is not seen while it is open, and at once when it is committed", async () => {
        await using source = openTarget(kit.target(V16));
        const tracker = new ChangeTracker();
        await readAll(source);
        tracker.news(await source.readChanges!(NEVER));
        await using transaction = await kit.begin(V16);
        const change = "cron_string = '7 7 * * *'";
        await transaction.run(saved(kit, "tabBTU Task Schedule", change, "name = 'TS-1'"));
        expect(await cronOf(source, "TS-1")).toBe("15 * * * *");
        expect((await readOne(source, "TS-1")).cron).toBe("15 * * * *");
        expect(tracker.news(await source.readChanges!(NEVER)).ids).toEqual([]);
        await transaction.commit();
        expect(tracker.news(await source.readChanges!(NEVER)).ids).toEqual(["TS-1"]);
        expect(await cronOf(source, "TS-1")).toBe("7 7 * * *");
        expect((await readOne(source, "TS-1")).cron).toBe("7 7 * * *");
      });

      test("that is rolled back was never there", async () => {
        await using source = openTarget(kit.target(V16));
        await using transaction = await kit.begin(V16);
        const row = "('TS-NEW', 'BTU-00001', 1, '1 1 * * *', 'UTC')";
        await transaction.run(
          `INSERT INTO \`tabBTU Task Schedule\` (name, task, enabled, cron_string, cron_timezone) VALUES ${row}`,
        );
        expect(await some(source, ["TS-NEW"])).toEqual({ found: [], absent: ["TS-NEW"] });
        await transaction.rollback();
        expect(await some(source, ["TS-NEW"])).toEqual({ found: [], absent: ["TS-NEW"] });
      });

      test("that deletes a row leaves it there until it is committed", async () => {
        await using source = openTarget(kit.target(V16));
        await using transaction = await kit.begin(V16);
        await transaction.run("DELETE FROM `tabBTU Task Schedule` WHERE name = 'TS-1'");
        expect((await some(source, ["TS-1"])).absent).toEqual([]);
        await transaction.commit();
        expect((await some(source, ["TS-1"])).absent).toEqual(["TS-1"]);
      });
    });

    describe("readChanges", () => {
      test("brings what was saved lately, by the clock of the site's own zone", async () => {
        await using source = openTarget(kit.target(V16));
        const look = await tracked(source);
        await kit.sql(V16, saved(kit, "tabBTU Task Schedule", "enabled = 0", "name = 'TS-10'"));
        expect(await look()).toEqual({ ids: ["TS-10"], needsWholeRead: false });
        expect(await look()).toEqual({ ids: [], needsWholeRead: false });
      });

      test("brings every schedule of a task that was edited", async () => {
        await using source = openTarget(kit.target(V14));
        const look = await tracked(source);
        await kit.sql(V14, saved(kit, "tabBTU Task", "queue_name = 'x'", "name = 'BTU-00002'"));
        const { ids } = await look();
        expect(ids.toSorted()).toEqual(["TS-000002", "TS-000003"]);
      });

      test("brings a task's runs once at most: they change nothing that counts", async () => {
        await using source = openTarget(kit.target(V16));
        const look = await tracked(source);
        const run = (): Promise<string> =>
          kit.sql(V16, saved(kit, "tabBTU Task", "last_runtime = modified", "name = 'BTU-00002'"));
        await run();
        await look();
        await run();
        expect((await look()).ids).toEqual([]);
        await kit.sql(V16, saved(kit, "tabBTU Task", "docstatus = 2", "name = 'BTU-00002'"));
        expect((await look()).ids).toEqual(["TS-000001"]);
      });

      test("leaves out what was saved long ago", async () => {
        await using source = openTarget(kit.target(V16));
        const look = await tracked(source);
        const hour = kit.type === "mariadb" ? "INTERVAL 1 HOUR" : "interval '1 hour'";
        const table = "`tabBTU Task Schedule`";
        await kit.sql(V16, saved(kit, "tabBTU Task Schedule", "enabled = 0", "name = 'TS-10'"));
        await kit.sql(
          V16,
          `UPDATE ${table} SET modified = modified - ${hour} WHERE name = 'TS-10'`,
        );
        expect((await look()).ids).toEqual([]);
      });

      test("tells that the site's zones are others", async () => {
        await using source = openTarget(kit.target(V16));
        const look = await tracked(source);
        await kit.sql(
          V16,
          "UPDATE `tabSingles` SET value = 'Asia/Tokyo' WHERE field = 'time_zone'",
        );
        expect((await look()).needsWholeRead).toBe(true);
        expect((await look()).needsWholeRead).toBe(false);
      });

      test("brings recent rows of a site whose zone nobody knows", async () => {
        await kit.sql(
          V16,
          "UPDATE `tabSingles` SET value = 'Mars/Olympus' WHERE field = 'time_zone'",
        );
        await using source = openTarget(kit.target(V16));
        const look = await tracked(source);
        await kit.sql(V16, saved(kit, "tabBTU Task Schedule", "enabled = 0", "name = 'TS-10'"));
        expect((await look()).ids).toEqual(["TS-10"]);
      });

      test("wants a whole read when more changed than it may bring, once", async () => {
        const numbers =
          kit.type === "mariadb" ? "seq_1_to_6000" : "generate_series(1, 6000) AS numbers(seq)";
        await kit.sql(
          V16,
          `INSERT INTO \`tabBTU Task Schedule\` (name, task) SELECT concat('bulk-', seq), 'BTU-00001' FROM ${numbers}`,
        );
        await using source = openTarget(kit.target(V16));
        const look = await tracked(source);
        await kit.sql(V16, saved(kit, "tabBTU Task Schedule", "enabled = 1", "name LIKE 'bulk%'"));
        const { ids, needsWholeRead } = await look();
        expect([ids.length, needsWholeRead]).toEqual([5_000, true]);
        expect(await look()).toEqual({ ids: [], needsWholeRead: false });
      });
    });
  });
}
