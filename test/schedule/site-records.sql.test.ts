/** Tasks and logs of a site, on both databases and for every generation. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { SiteRecords } from "../../src/schedule/source.ts";
import { at } from "../support/schedules.ts";
import { FIXTURE_SITES } from "./fixture-rows.ts";
import { NEVER } from "./read-source.ts";
import { mariadbKit, openTarget, postgresKit } from "./sql-kit.ts";
import type { SqlKit } from "./sql-kit.ts";

const V14 = "btu_fix_v14";
const V16 = "btu_fix_v16";
const SITES = FIXTURE_SITES.map(({ site }) => [site] as const);

describe.each([
  ["MariaDB", mariadbKit],
  ["PostgreSQL", postgresKit],
] as const)("the records of a site on %s", (_, start) => {
  let kit: SqlKit;
  beforeAll(async () => {
    kit = await start();
  });
  afterAll(() => kit[Symbol.asyncDispose]());
  beforeEach(() => kit.reload());

  async function records<T>(site: string, work: (of: SiteRecords) => Promise<T>): Promise<T> {
    await using source = openTarget(kit.target(site));
    if (source.records === undefined) throw new Error("no records");
    return await work(source.records);
  }

  test.each([...SITES])("tell every task of %s", async (site) => {
    const tasks = await records(site, (of) => of.readTasks(null, NEVER));
    const byId = new Map(tasks.map((task) => [task.id, task]));
    expect(byId.get("BTU-00002")).toEqual({
      id: "BTU-00002",
      description: "Nightly report",
      function: "acme.reports.nightly",
      queue: "long",
      timeoutSeconds: 7200,
      state: "submitted",
    });
    expect(byId.get("BTU-00003")).toMatchObject({
      description: "O'Brien's Überprüfung 🚀",
      timeoutSeconds: 3600,
    });
    expect(byId.get("BTU-00004")?.state).toBe("cancelled");
    expect(tasks.map(({ id }) => id)).toEqual([...byId.keys()]);
  });

  test("tell one task, and none by nearly its name", async () => {
    await records(V16, async (of) => {
      const [found, ...others] = await of.readTasks("BTU-00001", NEVER);
      expect([found?.id, others]).toEqual(["BTU-00001", []]);
      for (const id of ["btu-00001", "BTU-00001 ", "BTU-0000", "none"]) {
        expect(await of.readTasks(id, NEVER)).toEqual([]);
      }
    });
  });

  test.each([...SITES])("tell which tasks of %s run", async (site) => {
    const many = Array.from({ length: 120 }, (__, index) => `none-${index}`);
    const asked = ["BTU-00001", "BTU-00002", "O'Brien", ...many];
    const running = await records(site, (of) => of.readRunning!(asked, NEVER));
    expect([...running]).toEqual([["BTU-00002", "BTLOG-0000001"]]);
  });

  test("see no running task where all have ended", async () => {
    await kit.sql(V16, "UPDATE `tabBTU Task Log` SET success_fail = 'Timeout'");
    const running = await records(V16, (of) => of.readRunning!(["BTU-00002"], NEVER));
    expect(running.size).toBe(0);
  });

  test.each([V14, V16])(
    "find a schedule's log of %s by the clock of the site's zone",
    async (site) => {
      // Wall time of New York in winter, five hours behind UTC.
      const log = "('BTLOG-0000777', 'BTU-00001', 'TS-1', '2026-01-15 09:00:00.250000')";
      await kit.sql(
        site,
        `INSERT INTO \`tabBTU Task Log\` (name, task, schedule, creation) VALUES ${log}`,
      );
      const find = (scheduleId: string, sinceMs: number) =>
        records(site, (of) => of.findLog({ scheduleId, sinceMs }, NEVER));
      const madeMs = at("2026-01-15T14:00:00.250Z") * 1000;
      expect(await find("TS-1", madeMs - 1)).toBe("BTLOG-0000777");
      expect(await find("TS-1", madeMs)).toBe("BTLOG-0000777");
      expect(await find("TS-1", madeMs + 1)).toBeNull();
      expect(await find("TS-10", madeMs - 1)).toBeNull();
    },
  );

  test("find no log where the site's zone is not known: another may be meant", async () => {
    await kit.sql(V16, "DELETE FROM `tabSingles`; DELETE FROM `tabDefaultValue`");
    const wish = { scheduleId: "TS-000001", sinceMs: 0 };
    expect(await records(V16, (of) => of.findLog(wish, NEVER))).toBeNull();
  });
});
