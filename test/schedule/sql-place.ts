/** A site in SQL as a place for the contract of all sources. */
import type { ContractPlace } from "./source-contract.ts";
import { openTarget } from "./sql-kit.ts";
import type { SqlKit } from "./sql-kit.ts";

const SITE = "btu_fix_v16";

function remove(id: string): string {
  return `DELETE FROM \`tabBTU Task Schedule\` WHERE name = '${id}'`;
}

/** An empty site on a server that all places share. */
export async function sqlPlace(kit: SqlKit): Promise<ContractPlace> {
  await kit.sql(SITE, "DELETE FROM `tabBTU Task Schedule`");
  const target = kit.target(SITE);
  const source = openTarget(target);
  return {
    source,
    secrets: [target.password ?? ""],
    put: async ({ id, cron }) => {
      const values = `('${id}', 'BTU-00001', 1, '${cron}', 'UTC')`;
      await kit.sql(
        SITE,
        `${remove(id)}; INSERT INTO \`tabBTU Task Schedule\` (name, task, enabled, cron_string, cron_timezone) VALUES ${values}`,
      );
    },
    remove: async (id) => void (await kit.sql(SITE, remove(id))),
    goAway: () => kit.process.stop(),
    comeBack: () => kit.process.restart(),
    [Symbol.asyncDispose]: () => source.close(),
  };
}
