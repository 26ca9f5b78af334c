import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import { openMariadbSource } from "../../src/schedule/source-mariadb.ts";
import type { MariadbOptions } from "../../src/schedule/source-mariadb.ts";
import type { Source } from "../../src/schedule/source.ts";
import { atMessage, FaultProxy } from "../support/fault-proxy.ts";
import { startMariadb } from "../support/mariadb-server.ts";
import type { MariadbServer } from "../support/mariadb-server.ts";

const SCHEMA = resolve(import.meta.dir, "../fixtures/frappe/schema-mariadb.sql");

const POLICY: ReturnType<MariadbOptions["site"]["policyFor"]> = {
  misfire: "run_once",
  misfireGraceSeconds: 86_400,
  maxCatchup: 100,
  overlap: "allow",
  jitterSeconds: 0,
  dst: { gap: "run_after", overlap: "first" },
};

function openSource({ user, password }: MariadbServer, port: number): Source {
  return openMariadbSource({
    target: { host: "127.0.0.1", port, database: "btu_fix_v16", user, password },
    site: { legacyUtcRows: "rebuild", policyFor: () => POLICY },
  });
}

async function countRows(source: Source): Promise<number> {
  const rows = await Array.fromAsync(source.read(new AbortController().signal));
  return rows.length;
}

describe("a MariaDB source whose connection breaks", () => {
  test.each(["cut-before", "cut-half", "cut-after"] as const)(
    "fails at once while it asks for the rows (%s), and reads them all the next time",
    async (verdict) => {
      await using mariadb = await startMariadb();
      await mariadb.load(SCHEMA);
      await using proxy = await FaultProxy.start({ target: mariadb, protocol: "mysql" });
      const source = openSource(mariadb, proxy.port);
      proxy.judge(atMessage(1, verdict, ({ name }) => name.startsWith("COM_QUERY SELECT s.")));
      expect(await countRows(source).catch((error: Error) => error.message)).toMatch(
        /ECONN|closed/,
      );
      expect(await countRows(source)).toBe(16);
      await source.close();
    },
  );
});
