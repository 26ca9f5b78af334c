import { describe, expect, test } from "bun:test";
import { describeError } from "../../src/base/errors.ts";
import type { SqlTarget } from "../../src/config/targets.ts";
import { mariadbFault } from "../../src/schedule/mariadb-fault.ts";
import { postgresFault } from "../../src/schedule/postgres-fault.ts";
import { SourceError } from "../../src/schedule/source-error.ts";
import { sqlError } from "../../src/schedule/sql-fault.ts";

const TARGET: SqlTarget = {
  type: "mariadb",
  host: "db.example.com",
  port: 3306,
  socket: null,
  database: "_site",
  user: "reader",
  password: "hunter2",
  schema: "public",
  tls: null,
};
const TLS = { caPath: null, serverName: "db.example.com", own: null };

function driverError(code: string, message = "the driver says"): Error {
  return Object.assign(new Error(message), { code });
}

async function asOddAccount() {
  return [{ account: "r@x@10.0.%" }];
}

async function unanswered(): Promise<never> {
  throw new Error("gone");
}

async function mariadbError(error: Error, target = TARGET): Promise<Error> {
  const fault = await mariadbFault(error, { target, query: null });
  return sqlError(fault, { action: "connect", cause: error, target });
}

function postgresError(error: Error, target = TARGET): Error {
  const own = { ...target, type: "postgres" as const };
  return sqlError(postgresFault(error, own), { action: "connect", cause: error, target: own });
}

describe("an error of MariaDB", () => {
  test.each([
    ["ER_HOST_NOT_PRIVILEGED", "the server takes no connection from this host; check sql_host"],
    ["ER_HOST_IS_BLOCKED", "the server has blocked this host after too many failed connections"],
    ["ER_SECURE_TRANSPORT_REQUIRED", "the server wants TLS; set sql_tls = true"],
  ])("%s needs somebody to act", async (code, text) => {
    const error = await mariadbError(driverError(code));
    expect(error.message).toContain(text);
    expect(error).toBeInstanceOf(SourceError);
    expect(describeError(error)).toContain(code);
  });

  test.each(["ER_CON_COUNT_ERROR", "ER_TOO_MANY_USER_CONNECTIONS", "ER_USER_LIMIT_REACHED"])(
    "%s passes by itself",
    async (code) => {
      const error = await mariadbError(driverError(code));
      expect(error.message).toContain("no connection is left for us");
      expect(error).not.toBeInstanceOf(SourceError);
    },
  );

  test.each(["ER_LOCK_DEADLOCK", "PROTOCOL_CONNECTION_LOST", "ECONNRESET"])(
    "%s is told as the driver tells it",
    async (code) => {
      const error = await mariadbError(driverError(code));
      expect(describeError(error)).toBe(`connect: the driver says (${code})`);
      expect(error).not.toBeInstanceOf(SourceError);
    },
  );

  test("names the account as the server knows it, however it is spelled", async () => {
    const message = "SELECT command denied to user 'r'@'h' for table `_site`.`tabBTU Task`";
    const error = driverError("ER_TABLEACCESS_DENIED_ERROR", message);
    expect(await mariadbFault(error, { target: TARGET, query: asOddAccount })).toEqual({
      kind: "no right on table",
      table: "tabBTU Task",
      grant: "GRANT SELECT ON `_site`.`tabBTU Task` TO 'r@x'@'10.0.%'",
    });
  });

  test("leaves the host to the administrator when the server cannot be asked", async () => {
    const error = driverError("ER_DBACCESS_DENIED_ERROR");
    expect(await mariadbFault(error, { target: TARGET, query: unanswered })).toMatchObject({
      grant: "GRANT SELECT ON `_site`.`tabBTU Task Schedule` TO 'reader'@'HOST'",
    });
  });
});

describe("an error of PostgreSQL", () => {
  test("of a server that lets nobody in without TLS says so", () => {
    const message =
      'no pg_hba.conf entry for host "10.0.0.1", user "reader", database "_site", no encryption';
    const error = driverError("28000", message);
    expect(postgresError(error).message).toContain("the server wants TLS; set sql_tls = true");
    expect(postgresError(error, { ...TARGET, tls: TLS }).message).toContain(
      'user "reader" is refused',
    );
  });

  test.each(["ERR_TLS_CERT_ALTNAME_INVALID", "SELF_SIGNED_CERT_IN_CHAIN", "CERT_HAS_EXPIRED"])(
    "%s names the certificate's way out",
    (code) => {
      const error = postgresError(driverError(code), { ...TARGET, tls: TLS });
      expect(error.message).toContain('the certificate of "db.example.com" is not to be trusted');
      expect(error).toBeInstanceOf(SourceError);
    },
  );

  test.each([
    ["57P03", "the database system is starting up"],
    ["57P01", "terminating connection due to administrator command"],
    ["40001", "could not serialize access"],
    ["42501", "permission denied for function x"],
    ["", "Connection terminated unexpectedly"],
  ])("%s is told as the server tells it", (code, message) => {
    const error = postgresError(code === "" ? new Error(message) : driverError(code, message));
    expect(describeError(error)).toContain(message);
    expect(error).not.toBeInstanceOf(SourceError);
  });

  test("names tables and schemas as a statement wants them", () => {
    const target = { ...TARGET, schema: 'odd"name', user: 'o"user' };
    const error = driverError("42501", "permission denied for table tabBTU Task");
    expect(postgresFault(error, target)).toMatchObject({
      table: "tabBTU Task",
      grant: 'GRANT SELECT ON "odd""name"."tabBTU Task" TO "o""user"',
    });
  });
});
