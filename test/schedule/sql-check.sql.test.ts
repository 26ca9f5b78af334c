import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { systemClock as clock } from "../../src/base/clock.ts";
import { checkSql } from "../../src/schedule/sql-check.ts";
import { FIXTURE_SITES } from "./fixture-rows.ts";
import { NEVER as signal } from "./read-source.ts";
import { mariadbKit, postgresKit } from "./sql-kit.ts";
import type { SqlKit } from "./sql-kit.ts";

const PARTIAL = ["tabBTU Task Schedule", "tabBTU Task Log"];
const SITE = "btu_fix_v16";

const GRANTS = {
  MariaDB: [
    "CREATE USER 'partial'@'%' IDENTIFIED BY 'x'",
    ...PARTIAL.map((table) => `GRANT SELECT ON \`${SITE}\`.\`${table}\` TO 'partial'@'%'`),
  ],
  PostgreSQL: [
    "CREATE ROLE partial LOGIN PASSWORD 'x'",
    `GRANT USAGE ON SCHEMA "${SITE}" TO partial`,
    ...PARTIAL.map((table) => `GRANT SELECT ON "${SITE}"."${table}" TO partial`),
  ],
};

describe.each([
  ["MariaDB", mariadbKit],
  ["PostgreSQL", postgresKit],
] as const)("checkSql on %s", (title, start) => {
  let kit: SqlKit;
  beforeAll(async () => {
    kit = await start();
    for (const statement of GRANTS[title]) await kit.sql("", statement);
  });
  afterAll(() => kit[Symbol.asyncDispose]());

  test.each(FIXTURE_SITES.map(({ site, generation }) => [site, generation] as const))(
    "finds nothing on %s but the table that older apps lack",
    async (site, generation) => {
      const { problems } = await checkSql(kit.target(site), { clock, signal });
      const lacking = generation.startsWith("14") ? ["tabBTU Run Later"] : [];
      expect(problems.map(({ table }) => table)).toEqual(lacking);
      expect(problems.filter(({ isNeeded }) => isNeeded)).toEqual([]);
    },
  );

  test("tells where the app looks for the socket, and that it was never told", async () => {
    const site = "btu_fix_v14";
    const target = kit.target(site);
    expect(await checkSql(target, { clock, signal })).toMatchObject({
      appSocket: "/tmp/btu_scheduler.sock",
    });
    await kit.sql(site, "DELETE FROM `tabSingles` WHERE doctype = 'BTU Configuration'");
    expect(await checkSql(target, { clock, signal })).toMatchObject({ appSocket: null });
  });

  test("names each table that may not be read, with the statement that helps", async () => {
    const target = { ...kit.target(SITE), user: "partial", password: "x" };
    const { problems, appSocket } = await checkSql(target, { clock, signal });
    expect(problems.map(({ table, isNeeded }) => [table, isNeeded])).toEqual([
      ["tabBTU Task", true],
      ["tabSingles", true],
      ["tabBTU Run Later", false],
      ["tabDefaultValue", false],
    ]);
    for (const { table, text } of problems) {
      expect(text).toMatch(new RegExp(`GRANT SELECT ON .*${table}. TO`));
    }
    expect(appSocket).toBeNull();
  });

  test("fails as a whole where the log-in is refused", async () => {
    const target = { ...kit.target(SITE), password: "wrong" };
    const failed = await checkSql(target, { clock, signal }).catch(String);
    expect(failed).toContain("is refused; check sql_user");
  });
});
