import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import { createConnection } from "mysql2/promise";
import { Client } from "pg";
import { startMariadb } from "./mariadb-server.ts";
import { startPostgres } from "./postgres-server.ts";

const FIXTURES = resolve(import.meta.dir, "../fixtures/frappe");
const SCHEDULES = 16;

describe("startMariadb", () => {
  test("loads a site's tables, and serves them over its port", async () => {
    await using mariadb = await startMariadb();
    await mariadb.load(`${FIXTURES}/schema-mariadb.sql`);
    const { host, port, user, password } = mariadb;
    const connection = await createConnection({ host, port, user, password });
    const [rows] = await connection.query(
      "SELECT count(*) AS n FROM btu_fix_v16.`tabBTU Task Schedule`",
    );
    await connection.end();
    expect(rows).toEqual([{ n: SCHEDULES }] as never);
  });

  test("keeps its data when it is killed and started again", async () => {
    await using mariadb = await startMariadb();
    await mariadb.sql("CREATE DATABASE kept");
    await mariadb.process.restart();
    expect(await mariadb.sql("SHOW DATABASES LIKE 'kept'")).toBe("kept\n");
  });

  test("speaks TLS with a certificate that its authority signed", async () => {
    await using mariadb = await startMariadb({ tls: true });
    const { port, user, password, certificates } = mariadb;
    const ssl = { ca: certificates!.ca, verifyIdentity: true };
    const connection = await createConnection({ host: "localhost", port, user, password, ssl });
    const [rows] = await connection.query("SHOW STATUS LIKE 'Ssl_version'");
    await connection.end();
    expect(rows).toEqual([
      { Variable_name: "Ssl_version", Value: expect.stringMatching("TLS") },
    ] as never);
  });
});

describe("startPostgres", () => {
  test("loads a site's tables, and serves them over its port", async () => {
    await using postgres = await startPostgres();
    await postgres.load(`${FIXTURES}/schema-postgres.sql`);
    const { host, port, user, password, database } = postgres;
    const client = new Client({ host, port, user, password, database });
    await client.connect();
    const { rows } = await client.query(
      'SELECT count(*)::int AS n FROM btu_fix_v16."tabBTU Task Schedule"',
    );
    await client.end();
    expect(rows).toEqual([{ n: SCHEDULES }]);
  });

  test("keeps its data when it is killed and started again", async () => {
    await using postgres = await startPostgres();
    await postgres.sql("CREATE TABLE kept (n int)");
    await postgres.process.restart();
    expect(await postgres.sql("SELECT count(*) FROM kept")).toBe("0\n");
  });

  test("speaks TLS with a certificate that its authority signed", async () => {
    await using postgres = await startPostgres({ tls: true });
    const { port, user, password, database, certificates } = postgres;
    const ssl = { ca: certificates!.ca };
    const client = new Client({ host: "localhost", port, user, password, database, ssl });
    await client.connect();
    const { rows } = await client.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    await client.end();
    expect(rows).toEqual([{ ssl: true }]);
  });
});
