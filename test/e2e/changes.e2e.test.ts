/** A change on a site acts on the agenda of a running daemon, however the two are connected. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createConnection } from "mysql2/promise";
import { startBtuSite } from "../support/btu-site.ts";
import type { BtuSite } from "../support/btu-site.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually, realDelay } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import { agendaOf } from "../support/rq-keys.ts";
import { startStandinFrappe } from "../support/standin-frappe.ts";
import type { ScheduleRow } from "../support/standin-frappe.ts";

/** 2027-03-01 00:00 in New York. */
const WALL_MS = Date.UTC(2027, 2, 1, 5);
const [NINE, TEN] = [WALL_MS / 1000 + 9 * 3600, WALL_MS / 1000 + 10 * 3600];
const ACTS_WITHIN_MS = 2_000;

describe("a change in the database", () => {
  let site: BtuSite;
  let daemon: Daemon;
  beforeAll(async () => {
    site = await startBtuSite("v16");
    await site.sql("UPDATE `tabBTU Task Schedule` SET cron_timezone = 'America/New_York'");
    await site.enableOnly({ "TS-1": "0 9 * * *", "TS-10": "0 9 * * *" });
    daemon = await startDaemon({ config: site.config(), wallMs: WALL_MS });
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
    await site[Symbol.asyncDispose]();
  });

  function agendaBecomes(...members: readonly string[]): Promise<unknown> {
    const wanted = JSON.stringify(members.toSorted());
    const look = async (): Promise<boolean> =>
      JSON.stringify((await agendaOf(site.client)).toSorted()) === wanted;
    return eventually(look, { timeoutMs: ACTS_WITHIN_MS, what: `the agenda becomes ${wanted}` });
  }

  test("that is committed after its command acts within 2 s", async () => {
    const { host, port, user, password } = site.mariadb;
    const connection = await createConnection({
      host,
      port,
      user,
      password,
      database: site.database,
    });
    await connection.query("START TRANSACTION");
    await connection.query(
      "UPDATE `tabBTU Task Schedule` SET cron_string = '0 10 * * *' WHERE name = 'TS-1'",
    );
    await daemon.request("cancel_task_schedule", "TS-1");
    await daemon.request("create_task_schedule", "TS-1");
    await realDelay(500);
    expect((await agendaOf(site.client)).toSorted()).toEqual(
      [`TS-10|${NINE}`, `TS-1|${NINE}`].toSorted(),
    );
    await connection.query("COMMIT");
    await agendaBecomes(`TS-10|${NINE}`, `TS-1|${TEN}`);
    await connection.end();
  });

  test("of a task acts, although nobody tells of it", async () => {
    const planned = (): Promise<string | null> =>
      site.client.hget("btu_scheduler:planned", "TS-10");
    const before = await planned();
    await site.sql(
      "UPDATE `tabBTU Task` SET max_task_duration = 77, modified = CONVERT_TZ(UTC_TIMESTAMP(6), '+00:00', '-05:00')",
    );
    await eventually(async () => (await planned()) !== before, {
      timeoutMs: 3_000,
      what: "the plan follows the task",
    });
  });

  test("is told by one line, and reads that bring nothing by none", async () => {
    // The line about an earlier change comes a moment after its plan.
    await realDelay(500);
    const from = daemon.log().length;
    await daemon.request("create_task_schedule", "TS-NOT-YET");
    await realDelay(3_500);
    const lines = daemon.log().slice(from).trim().split("\n");
    expect(lines).toEqual([expect.stringContaining("told to read a schedule again")]);
  });
});

function row(cron: string): ScheduleRow {
  return {
    name: "TS-1",
    task: "BTU-00001",
    enabled: 1,
    cron_string: cron,
    cron_timezone: "America/New_York",
  };
}

describe("a change on a site of which only the web server can be reached", () => {
  test("acts with the next poll, and once more when it is committed", async () => {
    await using redis = await startRedis();
    await using frappe = await startStandinFrappe({
      generation: "v16",
      schedules: [row("0 9 * * *")],
    });
    const config = [
      'connectivity_mode = "webserver"',
      "command_poll_secs = 1",
      `webserver_port = ${frappe.port}`,
      `webserver_token = "${frappe.token}"`,
      `rq_port = ${redis.port}`,
    ].join("\n");
    await using daemon = await startDaemon({ config, wallMs: WALL_MS });
    const client = await redis.client();
    const becomes = (member: string): Promise<unknown> =>
      eventually(async () => (await agendaOf(client)).join(" ") === member, {
        timeoutMs: 4_000,
        what: `the agenda becomes ${member}`,
      });
    await becomes(`TS-1|${NINE}`);
    frappe.pushCommand("cancel_task_schedule", "TS-1");
    frappe.pushCommand("create_task_schedule", "TS-1");
    await daemon.waitForLog(/told to read schedules again/);
    // The commit comes later than the command.
    frappe.schedules.splice(0, 1, row("0 10 * * *"));
    await becomes(`TS-1|${TEN}`);
  });
});
