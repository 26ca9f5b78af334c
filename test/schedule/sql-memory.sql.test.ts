import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import { mustRun } from "../support/child.ts";
import { mariadbKit, postgresKit } from "./sql-kit.ts";
import type { SqlKit } from "./sql-kit.ts";

const SITE = "btu_fix_v16";
const SCRIPT = resolve(import.meta.dir, "peak-memory.ts");
const SCHEDULES = 100_000;
const TASKS = 1_000;
/** Beyond what a process takes that reads an empty site: 100,000 schedules are kept in 30 MB, the rest is rubbish. */
const GROWTH_MAX_MIB = 150;

interface Peak {
  readonly schedules: number;
  readonly peakMib: number;
}

async function peakOf(kit: SqlKit): Promise<Peak> {
  const target = JSON.stringify(kit.target(SITE));
  const output = await mustRun({ command: [process.execPath, SCRIPT, target] });
  return JSON.parse(output) as Peak;
}

describe.each([
  ["MariaDB", mariadbKit],
  ["PostgreSQL", postgresKit],
] as const)("%s", (_, start) => {
  let kit: SqlKit;
  beforeAll(async () => {
    kit = await start();
  });
  afterAll(() => kit[Symbol.asyncDispose]());

  test(`is read within little memory, ${SCHEDULES} rows and more`, async () => {
    await kit.sql(SITE, "DELETE FROM `tabBTU Task Schedule`");
    const before = await peakOf(kit);
    const numbers = (count: number): string =>
      kit.type === "mariadb" ? `seq_1_to_${count}` : `generate_series(1, ${count}) AS numbers(seq)`;
    const task = `concat('BULK-', mod(seq, ${TASKS}))`;
    const cron = "concat(mod(seq, 60), ' ', mod(seq, 24), ' * * *')";
    await kit.sql(
      SITE,
      `INSERT INTO \`tabBTU Task\` (name, desc_short, docstatus) SELECT ${task}, concat('Task ', seq), 1 FROM ${numbers(TASKS)};
       INSERT INTO \`tabBTU Task Schedule\` (name, task, enabled, cron_string, cron_timezone)
       SELECT concat('TS-', seq), ${task}, 1, ${cron}, 'Europe/Berlin' FROM ${numbers(SCHEDULES)};`,
    );
    const after = await peakOf(kit);
    expect([before.schedules, after.schedules]).toEqual([0, SCHEDULES]);
    expect(after.peakMib - before.peakMib).toBeLessThan(GROWTH_MAX_MIB);
  });
});
