import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { SqlTarget } from "../../src/config/targets.ts";
import { describeError } from "../../src/base/errors.ts";
import { SourceError } from "../../src/schedule/source-error.ts";
import { readAll, rejection } from "./read-source.ts";
import { mariadbKit, openTarget } from "./sql-kit.ts";
import type { SqlKit } from "./sql-kit.ts";

const SITE = "btu_fix_v16";

let kit: SqlKit;
beforeAll(async () => {
  kit = await mariadbKit();
  await kit.sql(
    "",
    `CREATE USER nothing@'%' IDENTIFIED BY 'x';
     CREATE USER some@'%' IDENTIFIED BY 'x';
     GRANT SELECT ON ${SITE}.tabSingles TO some@'%';
     CREATE USER part@'%' IDENTIFIED BY 'x';
     GRANT SELECT (doctype) ON ${SITE}.tabSingles TO part@'%';
     CREATE USER one@'%' IDENTIFIED BY 'x' WITH MAX_USER_CONNECTIONS 1;
     GRANT SELECT ON ${SITE}.* TO one@'%';
     CREATE DATABASE empty_site;`,
  );
});
afterAll(() => kit[Symbol.asyncDispose]());

async function faultOf(change: Partial<SqlTarget>): Promise<Error> {
  await using source = openTarget({ ...kit.target(SITE), ...change });
  const error = await rejection(readAll(source));
  return error;
}

describe("a fault of MariaDB is told with its way out when", () => {
  test.each<[string, Partial<SqlTarget>, string]>([
    [
      "the database does not exist",
      { database: "nowhere" },
      "connect: there is no database \"nowhere\"; sql_database must be db_name of the site's site_config.json: Unknown database 'nowhere' (ER_BAD_DB_ERROR)",
    ],
    [
      "it holds no site",
      { database: "empty_site" },
      'read schedules: database "empty_site" has no table "tabSingles"; check sql_database, and that the app btu is installed on the site',
    ],
    [
      "the user may not use it",
      { user: "nothing", password: "x" },
      `connect: user "nothing" may not use database "${SITE}"; check sql_database, or let an administrator of the database run: GRANT SELECT ON \`${SITE}\`.\`tabBTU Task Schedule\` TO 'nothing'@'HOST'`,
    ],
    [
      "the user may not read a table",
      { user: "some", password: "x" },
      `read schedules: user "some" may not read "tabBTU Task Schedule"; let an administrator of the database run: GRANT SELECT ON \`${SITE}\`.\`tabBTU Task Schedule\` TO 'some'@'%'`,
    ],
    [
      "the user may not read a column",
      { user: "part", password: "x" },
      `read schedules: user "part" may not read "tabSingles"; let an administrator of the database run: GRANT SELECT ON \`${SITE}\`.\`tabSingles\` TO 'part'@'%'`,
    ],
    [
      "the password is wrong",
      { password: "hunter2" },
      'connect: user "btu_admin" is refused; check sql_user and sql_password, and whether the user may come from this host',
    ],
    [
      "no password is given",
      { password: null },
      'connect: user "btu_admin" is refused; check sql_user and sql_password',
    ],
    [
      "TLS is asked of a server that has none",
      { tls: { caPath: null, serverName: "127.0.0.1", own: null } },
      "connect: the server does not speak TLS; set it up there, or remove sql_tls",
    ],
    [
      "the file of the authority is missing",
      { tls: { caPath: "/nowhere/ca.pem", serverName: "127.0.0.1", own: null } },
      'cannot read sql_tls_ca "/nowhere/ca.pem": ENOENT',
    ],
  ])("%s", async (_, change, text) => {
    const error = await faultOf(change);
    expect(describeError(error)).toContain(text);
    expect(describeError(error)).not.toContain("hunter2");
    // Nothing helps before somebody has acted.
    expect(error).toBeInstanceOf(SourceError);
  });

  test("the user logs in by a plugin that the driver lacks", async () => {
    await kit.sql(
      "",
      "INSTALL SONAME 'auth_ed25519'; CREATE USER ed@'%' IDENTIFIED VIA ed25519 USING PASSWORD('x')",
    );
    const error = await faultOf({ user: "ed", password: "x" });
    expect(error.message).toContain('the server asks user "ed" to log in by "ed25519"');
    expect(error.message).toContain("IDENTIFIED VIA mysql_native_password");
    expect(error).toBeInstanceOf(SourceError);
  });

  test("a table of the app is missing", async () => {
    await kit.sql(SITE, "ALTER TABLE `tabBTU Task` RENAME TO `tabOther`");
    const error = await faultOf({});
    await kit.sql(SITE, "ALTER TABLE `tabOther` RENAME TO `tabBTU Task`");
    expect(error.message).toContain(`database "${SITE}" has no table "tabBTU Task"`);
    expect(error).toBeInstanceOf(SourceError);
  });
});

describe("a fault of MariaDB passes by itself when", () => {
  test("the user has no connection left", async () => {
    const change = { user: "one", password: "x" };
    await using first = openTarget({ ...kit.target(SITE), ...change });
    await readAll(first);
    const error = await faultOf(change);
    expect(error.message).toContain("no connection is left for us");
    expect(error).not.toBeInstanceOf(SourceError);
  });

  test.each<[string, Partial<SqlTarget>, string]>([
    ["nothing listens", { port: 1 }, "connect: connect ECONNREFUSED 127.0.0.1:1"],
    [
      "the socket is not there",
      { socket: "/nowhere.sock" },
      "connect: connect ENOENT /nowhere.sock",
    ],
  ])("%s", async (_, change, text) => {
    const error = await faultOf(change);
    expect(describeError(error)).toContain(text);
    expect(error).not.toBeInstanceOf(SourceError);
  });
});
