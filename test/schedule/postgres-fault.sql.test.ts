import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { describeError } from "../../src/base/errors.ts";
import type { SqlTarget } from "../../src/config/targets.ts";
import { SourceError } from "../../src/schedule/source-error.ts";
import { readAll, rejection } from "./read-source.ts";
import { openTarget, postgresKit } from "./sql-kit.ts";
import type { SqlKit } from "./sql-kit.ts";

const SITE = "btu_fix_v16";

let kit: SqlKit;
beforeAll(async () => {
  kit = await postgresKit();
  await kit.sql("", "CREATE DATABASE private");
  await kit.sql(
    SITE,
    `CREATE ROLE nothing LOGIN PASSWORD 'x';
     CREATE ROLE a_few LOGIN PASSWORD 'x';
     GRANT USAGE ON SCHEMA ${SITE} TO a_few;
     GRANT SELECT ON \`tabSingles\` TO a_few;
     CREATE ROLE crowd LOGIN PASSWORD 'x' CONNECTION LIMIT 0;
     CREATE ROLE group_only PASSWORD 'x';
     REVOKE CONNECT ON DATABASE private FROM public;`,
  );
});
afterAll(() => kit[Symbol.asyncDispose]());

async function faultOf(change: Partial<SqlTarget>): Promise<Error> {
  await using source = openTarget({ ...kit.target(SITE), ...change });
  const error = await rejection(readAll(source));
  return error;
}

describe("a fault of PostgreSQL is told with its way out when", () => {
  test.each<[string, Partial<SqlTarget>, string]>([
    [
      "the database does not exist",
      { database: "nowhere" },
      'connect: there is no database "nowhere"; sql_database must be db_name of the site\'s site_config.json: database "nowhere" does not exist (3D000)',
    ],
    [
      "the user may not connect to it",
      { user: "a_few", password: "x", database: "private" },
      `connect: user "a_few" may not use schema "${SITE}" of database "private"; check sql_database, or let an administrator of the database run: GRANT CONNECT ON DATABASE "private" TO "a_few"`,
    ],
    [
      "there is no such schema",
      { schema: "nowhere" },
      'read schedules: schema "nowhere" of database "postgres" has no table "tabSingles"; check sql_database and sql_schema, and that the app btu is installed on the site',
    ],
    [
      "the user may not use the schema",
      { user: "nothing", password: "x" },
      `may not use schema "${SITE}" of database "postgres"; check sql_database, or let an administrator of the database run: GRANT USAGE ON SCHEMA "${SITE}" TO "nothing"`,
    ],
    [
      "the user may not read a table",
      { user: "a_few", password: "x" },
      `read schedules: user "a_few" may not read "tabBTU Task Schedule"; let an administrator of the database run: GRANT SELECT ON "${SITE}"."tabBTU Task Schedule" TO "a_few"`,
    ],
    [
      "the password is wrong",
      { password: "hunter2" },
      'connect: user "btu_admin" is refused; check sql_user and sql_password',
    ],
    [
      "no password is given",
      { password: null },
      'user "btu_admin" has to give a password; set sql_password',
    ],
    [
      "the role may not log in",
      { user: "group_only", password: "x" },
      'role "group_only" is not permitted to log in (28000)',
    ],
    [
      "TLS is asked of a server that has none",
      { tls: { caPath: null, serverName: "127.0.0.1", own: null } },
      "connect: the server does not speak TLS; set it up there, or remove sql_tls",
    ],
  ])("%s", async (_, change, text) => {
    const error = await faultOf(change);
    expect(describeError(error)).toContain(text);
    expect(describeError(error)).not.toContain("hunter2");
    expect(error).toBeInstanceOf(SourceError);
  });

  test("a table of the app is missing", async () => {
    await kit.sql(SITE, "ALTER TABLE `tabBTU Task` RENAME TO `tabOther`");
    const error = await faultOf({});
    await kit.sql(SITE, "ALTER TABLE `tabOther` RENAME TO `tabBTU Task`");
    expect(error.message).toContain('has no table "tabBTU Task"');
    expect(error).toBeInstanceOf(SourceError);
  });
});

describe("a fault of PostgreSQL passes by itself when", () => {
  test.each<[string, Partial<SqlTarget>, string]>([
    ["no connection is left", { user: "crowd", password: "x" }, "no connection is left for us"],
    ["nothing listens", { port: 1 }, "connect: connect ECONNREFUSED 127.0.0.1:1"],
    ["the socket is not there", { socket: "/nowhere" }, "ENOENT /nowhere/.s.PGSQL."],
  ])("%s", async (_, change, text) => {
    const error = await faultOf(change);
    expect(describeError(error)).toContain(text);
    expect(error).not.toBeInstanceOf(SourceError);
  });
});
