/** Rows edited, disabled, deleted and enabled again around their due instants, from a second connection. */
import { createConnection } from "mysql2/promise";
import type { Connection } from "mysql2/promise";
import { startBtuSite } from "../support/btu-site.ts";
import { startDaemon } from "../support/daemon.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { IS_FULL, faultTest } from "./chance.ts";
import type { Chance } from "./chance.ts";
import { auditAll, changingFindings, jobFindings, readLeftovers, throwIfAny } from "./reckoning.ts";

const EDITS = IS_FULL ? 1_000 : 60;
const ROWS = 40;
const PERIODS = [2, 3, 4, 5];
/** Around the beginning of a second, when rows are due. */
const AROUND_MS = 150;
const MORE =
  'site = "erp.example.com"\nfull_refresh_internal_secs = 2\nlog_level = "warning"\nledger_max_entries = 1000000';
const TABLE = "`tabBTU Task Schedule`";

interface Row {
  readonly id: string;
  cron: string;
  enabled: boolean;
}

type Edit = (db: Connection, row: Row, chance: Chance) => Promise<unknown>;

function newCron(chance: Chance): string {
  const period = chance.pick(PERIODS.filter((seconds) => 60 % seconds === 0));
  return `${Math.floor(chance.between(0, period))}-59/${period} * * * * * *`;
}

function insert(db: Connection, { id, cron, enabled }: Row): Promise<unknown> {
  const columns = "(name, task, enabled, cron_string, cron_timezone, docstatus, modified)";
  const values = "(?, 'BTU-00001', ?, ?, 'UTC', 0, NOW(6))";
  return db.query(`INSERT INTO ${TABLE} ${columns} VALUES ${values}`, [id, enabled ? 1 : 0, cron]);
}

const EDIT_KINDS: Readonly<Record<string, Edit>> = {
  cron: (db, row, chance) => {
    row.cron = newCron(chance);
    return db.query(`UPDATE ${TABLE} SET cron_string = ? WHERE name = ?`, [row.cron, row.id]);
  },
  "disable or enable": (db, row) => {
    row.enabled = !row.enabled;
    return db.query(`UPDATE ${TABLE} SET enabled = ? WHERE name = ?`, [
      row.enabled ? 1 : 0,
      row.id,
    ]);
  },
  "delete and insert": async (db, row, chance) => {
    await db.query(`DELETE FROM ${TABLE} WHERE name = ?`, [row.id]);
    if (chance.isLikely(0.5)) await realDelay(chance.between(0, 500));
    row.enabled = true;
    await insert(db, row);
  },
  task: (db, row, chance) => {
    const task = chance.pick(["BTU-00001", "BTU-00002", "BTU-00003"]);
    return db.query(`UPDATE ${TABLE} SET task = ? WHERE name = ?`, [task, row.id]);
  },
};

faultTest(`${EDITS} edits around due instants`, async (chance) => {
  await using site = await startBtuSite("v16");
  const { port, user, password } = site.mariadb;
  const address = { host: "127.0.0.1", port, user, password, database: site.database };
  const db = await createConnection(address);
  await db.query(`DELETE FROM ${TABLE}`);
  // A run that the site's log calls unfinished would hold its task's schedules back.
  await db.query("DELETE FROM `tabBTU Task Log`");
  const rows: Row[] = Array.from({ length: ROWS }, (_, index) => {
    return { id: `TS-${index}`, cron: newCron(chance), enabled: true };
  });
  for (const row of rows) await insert(db, row);
  await using daemon = await startDaemon({ config: site.config(MORE) });
  for (let count = 0; count < EDITS; count += 1) {
    const row = chance.pick(rows);
    const untilSecondMs = 1000 - (Date.now() % 1000);
    await realDelay(Math.max(untilSecondMs + chance.between(-AROUND_MS, AROUND_MS), 0));
    const kind = chance.pick(Object.keys(EDIT_KINDS));
    // The app tells of a change before or after it is committed, or not at all.
    const told = chance.pick(["before", "after", "never"]);
    const tell = (): Promise<unknown> => daemon.request("create_task_schedule", row.id);
    if (told === "before") await tell();
    await EDIT_KINDS[kind]?.(db, row, chance);
    if (told === "after") await tell();
  }
  const agenda = async (): Promise<string> => {
    const definitions = await site.client.hgetall("btu_scheduler:definitions");
    const found = Object.entries(definitions).map(([id, text]) => {
      return `${id} ${(JSON.parse(text) as { cron: string }).cron}`;
    });
    return found.toSorted().join("\n");
  };
  const enabled = rows.filter((row) => row.enabled).map(({ id, cron }) => `${id} ${cron}`);
  const wanted = enabled.toSorted().join("\n");
  await eventually(async () => (await agenda()) === wanted, {
    what: "the agenda follows the rows",
  });
  await realDelay(2_000);
  await daemon.stop();
  await db.end();
  const left = await readLeftovers(site.client);
  const audit = await auditAll(site.client);
  const findings = [...jobFindings(left), ...changingFindings(left.ledger)];
  if (audit.missing + audit.doubled + audit.unexpected > 0) findings.push(JSON.stringify(audit));
  throwIfAny(findings, `${left.jobs.length} jobs`);
  return `${left.jobs.length} jobs placed, ${audit.skipped["dropped"] ?? 0} due ones dropped by an edit, 0 missing, 0 doubled`;
});
