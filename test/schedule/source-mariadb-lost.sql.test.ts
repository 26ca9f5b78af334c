import { describe, expect, test } from "bun:test";
import { describeError } from "../../src/base/errors.ts";
import type { Source } from "../../src/schedule/source.ts";
import { atMessage, FaultProxy } from "../support/fault-proxy.ts";
import { mariadbKit, openTarget } from "./sql-kit.ts";

async function countRows(source: Source): Promise<number> {
  const rows = await Array.fromAsync(source.read(new AbortController().signal));
  return rows.length;
}

describe("a MariaDB source whose connection breaks", () => {
  test.each(["cut-before", "cut-half", "cut-after"] as const)(
    "fails at once while it asks for the rows (%s), and reads them all the next time",
    async (verdict) => {
      await using kit = await mariadbKit();
      const target = kit.target("btu_fix_v16");
      await using proxy = await FaultProxy.start({ target, protocol: "mysql" });
      await using source = openTarget({ ...target, port: proxy.port });
      proxy.judge(atMessage(1, verdict, ({ name }) => name.startsWith("COM_QUERY SELECT s.")));
      expect(await countRows(source).catch(describeError)).toMatch(/ECONN|closed|lost/);
      expect(await countRows(source)).toBe(16);
    },
  );
});
