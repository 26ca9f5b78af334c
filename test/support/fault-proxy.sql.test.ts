import { describe, expect, test } from "bun:test";
import { createConnection } from "mysql2/promise";
import { Client } from "pg";
import { FaultProxy } from "./fault-proxy.ts";
import { startMariadb } from "./mariadb-server.ts";
import { startPostgres } from "./postgres-server.ts";

describe("FaultProxy", () => {
  test("tells the commands of a MySQL client, without its greeting", async () => {
    await using mariadb = await startMariadb();
    await using proxy = await FaultProxy.start({ target: mariadb, protocol: "mysql" });
    const { user, password } = mariadb;
    const connection = await createConnection({
      host: proxy.host,
      port: proxy.port,
      user,
      password,
    });
    await connection.query("SELECT 1");
    await connection.execute("SELECT ?", [2]);
    expect(proxy.messages.map(({ name }) => name)).toEqual([
      "COM_QUERY SELECT 1",
      "COM_STMT_PREPARE SELECT ?",
      "COM_STMT_EXECUTE",
    ]);
    connection.destroy();
  });

  test("tells the messages of a PostgreSQL client, without its greeting", async () => {
    await using postgres = await startPostgres();
    await using proxy = await FaultProxy.start({ target: postgres, protocol: "postgres" });
    const { user, password, database } = postgres;
    const client = new Client({ host: proxy.host, port: proxy.port, user, password, database });
    await client.connect();
    await client.query("SELECT 1");
    await client.query("SELECT $1::int", [2]);
    await client.end();
    expect(proxy.messages.map(({ name }) => name)).toEqual([
      "Query SELECT 1",
      "Parse SELECT $1::int",
      "Bind",
      "Describe",
      "Execute",
      "Sync",
      "Terminate",
    ]);
  });
});
