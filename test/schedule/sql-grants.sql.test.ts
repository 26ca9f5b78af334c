import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { FIXTURE_SITES } from "./fixture-rows.ts";
import { NEVER, readAll, rejection } from "./read-source.ts";
import { mariadbKit, openTarget, postgresKit } from "./sql-kit.ts";
import type { SqlKit } from "./sql-kit.ts";

const PAGE = readFileSync(resolve(import.meta.dir, "../../docs/sql-grants.md"), "utf8");
const USER = "btu_reader";
const NEEDED = ["tabBTU Task Schedule", "tabBTU Task", "tabSingles"];

/** The statements that the page tells to run, for one site and one table of rights at a time. */
function statementsOf(title: string, site: string): string[] {
  const section = PAGE.split(/^## /m).find((text) => text.startsWith(title)) ?? "";
  const block = /```sql\n(.*?)```/s.exec(section)?.[1] ?? "";
  return block
    .replaceAll("SITE_DB", site)
    .replaceAll('"SCHEMA"', `"${site}"`)
    .replaceAll("HOST", "%")
    .replaceAll("SECRET", "x")
    .trim()
    .split("\n");
}

describe.each([
  ["MariaDB", mariadbKit],
  ["PostgreSQL", postgresKit],
] as const)("the rights of docs/sql-grants.md on %s", (title, start) => {
  let kit: SqlKit;
  beforeAll(async () => {
    kit = await start();
    const [create = ""] = statementsOf(title, "");
    await kit.sql("", create);
    for (const { site, generation } of FIXTURE_SITES) {
      // The page says that older apps lack this table.
      const isOld = generation.startsWith("14");
      const grants = statementsOf(title, site)
        .slice(1)
        .filter((grant) => !isOld || !grant.includes("Run Later"));
      for (const grant of grants) await kit.sql("", grant);
    }
  });
  afterAll(() => kit[Symbol.asyncDispose]());

  const asReader = (site: string) => ({ ...kit.target(site), user: USER, password: "x" });

  test.each(FIXTURE_SITES.map((fixture) => [fixture.site, fixture] as const))(
    "are enough for everything that is read of %s",
    async (site, { rows, generation, runsById }) => {
      await using source = openTarget(asReader(site));
      expect(await readAll(source)).toHaveLength(rows.length);
      expect(source.generation).toMatchObject({ label: generation, runsById });
      const { found } = await source.readSome!(["TS-000001"], NEVER);
      expect(found).toHaveLength(1);
      expect((await source.readChanges!(NEVER)).rows).toEqual([]);
      expect((await source.records!.readTasks(null, NEVER)).length).toBeGreaterThan(3);
      expect((await source.records!.readRunning!(["BTU-00002"], NEVER)).size).toBe(1);
      const wish = { scheduleId: "TS-000001", sinceMs: 0 };
      expect(await source.records!.findLog(wish, NEVER)).toStartWith("BTLOG-");
      await kit.sql(site, "DELETE FROM `tabSingles` WHERE doctype = 'System Settings'");
      expect(await readAll(source)).toHaveLength(rows.length);
    },
  );

  test.each(NEEDED)("are told when the one on %p is missing", async (table) => {
    const site = "btu_fix_v16";
    const grantee = kit.type === "mariadb" ? `${USER}@'%'` : USER;
    await kit.sql(site, `REVOKE SELECT ON \`${table}\` FROM ${grantee}`);
    await using source = openTarget(asReader(site));
    const { message } = await rejection(readAll(source));
    expect(message).toContain(`user "${USER}" may not read "${table}"`);
    // What it tells to run is the way out.
    await kit.sql("", message.slice(message.indexOf("GRANT ")));
    expect(await readAll(source)).toHaveLength(16);
  });

  test("do not let it write", async () => {
    const statements = statementsOf(title, "btu_fix_v16");
    expect(statements.join(" ")).not.toMatch(/\b(INSERT|UPDATE|DELETE|ALL)\b/);
    expect(statements.length).toBeGreaterThan(5);
  });
});

test("an app of which only the schedules may be read is known by their columns", async () => {
  await using kit = await mariadbKit();
  const site = "btu_fix_v16";
  const grants = [...NEEDED].map((table) => `GRANT SELECT ON \`${table}\` TO few@'%'`);
  await kit.sql(site, `CREATE USER few@'%' IDENTIFIED BY 'x'; ${grants.join("; ")}`);
  await using source = openTarget({ ...kit.target(site), user: "few", password: "x" });
  expect(await readAll(source)).toHaveLength(16);
  expect(source.generation).toMatchObject({ runsById: true, enqueues: true });
});
