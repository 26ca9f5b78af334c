/** The command on the schedules of a Frappe site. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { btuJson, runBtu } from "../support/btu.ts";
import { startDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { mismatches } from "../support/json-documentation.ts";
import { startMariadb } from "../support/mariadb-server.ts";
import type { MariadbServer } from "../support/mariadb-server.ts";
import { startRedis } from "../support/redis-server.ts";
import { startStandinFrappe } from "../support/standin-frappe.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";

const SCHEMA = resolve(import.meta.dir, "../fixtures/frappe/schema-mariadb.sql");
const SITE = "btu_fix_v16";

let mariadb: MariadbServer;
let dir: TempDir;

beforeAll(async () => {
  mariadb = await startMariadb();
  await mariadb.load(SCHEMA);
  dir = tempDir();
});

afterAll(async () => {
  await mariadb[Symbol.asyncDispose]();
  dir[Symbol.dispose]();
});

function config(password = mariadb.password): string {
  return `
sql_host = "${mariadb.host}"
sql_port = ${mariadb.port}
sql_database = "${SITE}"
sql_user = "${mariadb.user}"
sql_password = "${password}"
site = "site.example.com"
frappe_user = "Administrator"
`;
}

/** A configuration for the command alone: neither daemon nor Redis are there. */
function alone(text: string) {
  const configPath = dir.file("alone.toml");
  writeFileSync(configPath, `socket_path = "${dir.file("none.sock")}"\nrq_port = 1\n${text}`);
  return { configPath };
}

describe("on a site", () => {
  test("btu list tells the same with a daemon and without", async () => {
    await using redis = await startRedis();
    await using daemon = await startDaemon({ config: `rq_url = "${redis.url}"\n${config()}` });
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
    const beside = await btuJson(["list"], daemon);
    await daemon.stop();
    const without = await btuJson(["list"], daemon);
    expect(without).toEqual(beside);
    expect(beside.value).toHaveLength(16);
  });

  test("btu tasks tells what each task runs, and how many schedules it has", async () => {
    const { value } = await btuJson(["tasks"], alone(config()));
    expect(value).toContainEqual({
      id: "BTU-00002",
      description: "Nightly report",
      function: "acme.reports.nightly",
      queue: "long",
      timeout_s: 7200,
      state: "submitted",
      schedules: expect.any(Number),
      enabled_schedules: expect.any(Number),
    });
    const { code, stdout } = await runBtu(["tasks"], alone(config()));
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\n\d+ tasks\n$/)]);
    expect(stdout).toContain("O'Brien's Überprüfung 🚀");
  });

  test("completion offers all tasks that run --task would take, without a daemon, too", async () => {
    const { value } = await btuJson(["tasks"], alone(config()));
    const runnable = (value as Array<{ id: string; state: string; schedules: number }>).filter(
      ({ state }) => state !== "cancelled",
    );
    expect(runnable.some(({ schedules }) => schedules === 0)).toBe(true);
    const env = { BTU_SCHEDULER_CONFIG: alone(config()).configPath };
    const offered = await eventually(
      async () => {
        const { stdout } = await runBtu(["__complete", "run", "--task", ""], { env });
        const [, ...lines] = stdout.trimEnd().split("\n");
        return lines.length > 0 && lines.map((line) => line.split("\t", 1)[0]);
      },
      { what: "the database answers before anybody gets impatient" },
    );
    expect(offered).toEqual(runnable.map(({ id }) => id));
  });

  test("btu tasks says that a configuration has no site", async () => {
    writeFileSync(dir.file("some.toml"), "");
    const { code, stderr } = await runBtu(["tasks"], alone('schedules_file = "some.toml"'));
    expect([code, stderr]).toEqual([1, expect.stringContaining("names no site")]);
  });

  test("btu run --task puts the job of a task on its queue", async () => {
    await using redis = await startRedis();
    await using daemon = await startDaemon({ config: `rq_url = "${redis.url}"\n${config()}` });
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
    const client = await redis.client();
    const { code, value } = await btuJson(["run", "--task", "BTU-00002"], daemon);
    const [job = "none"] = await client.lrange("rq:queue:long", 0, -1);
    expect([code, value]).toMatchObject([0, { schedule: null, task: "BTU-00002", job }]);
    expect(mismatches("btu run", value)).toEqual([]);
    expect(await client.hmget(`rq:job:${job}`, "status", "timeout")).toEqual(["queued", "7200"]);
    const history = await btuJson(["history", "task|BTU-00002"], daemon);
    expect(history.value).toMatchObject([
      { schedule: "task|BTU-00002", outcome: "manual", job, queue: "long" },
    ]);
    // It is no occurrence: neither missing nor doubled.
    expect(await runBtu(["audit"], daemon)).toMatchObject({ code: 0 });
    const again = await runBtu(["run", "--task", "BTU-00002"], daemon);
    expect([again.code, again.stderr]).toEqual([
      1,
      `btu: the last job of "BTU-00002", ${job}, still waits or runs; to run it all the same, add --force\n`,
    ]);
    const old = await runBtu(["queue-task-now", "BTU-00002", "--force"], daemon);
    expect([old.code, old.stdout, old.stderr]).toEqual([
      0,
      expect.stringMatching(/^BTU-00002: job [0-9a-f]{32} is on queue long\n$/),
      'note: "btu queue-task-now" is now called: btu run --task\n',
    ]);
    const unknown = await runBtu(["run", "--task", "BTU-0002"], daemon);
    expect([unknown.code, unknown.stderr]).toEqual([
      4,
      'btu: no BTU Task is called "BTU-0002" (did you mean "BTU-00002"?)\n',
    ]);
  });

  test("btu lint finds the rows that cannot run", async () => {
    const { code, stdout } = await runBtu(["lint"], alone(config()));
    expect(code).toBe(1);
    expect(stdout).toMatch(/\n16 schedules: [1-9]\d* problems, \d+ warnings?\n$/);
  });

  test("a password that is refused is told without telling it", async () => {
    const options = alone(config("wrong-horse-battery"));
    const { code, stdout, stderr } = await runBtu(["list"], options);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^btu: MariaDB \S+: connect: user "btu_admin" is refused; check sql_user and sql_password/m,
    );
    const shown = await runBtu(["config", "show"], options);
    expect(`${stdout}${stderr}${shown.stdout}`).not.toContain("horse");
  });
});

describe("on a site behind its web server", () => {
  test("btu run tells the site to enqueue the job, and says so", async () => {
    await using redis = await startRedis();
    const enqueued: string[] = [];
    await using frappe = await startStandinFrappe({
      generation: "v16",
      documents: { "BTU Task Log": [], "BTU Task": [] },
      enqueue: (id) => enqueued.push(id),
      schedules: [
        {
          name: "TS-1",
          task: "BTU-1",
          enabled: 1,
          cron_string: "0 12 1 3 *",
          cron_timezone: "America/Los_Angeles",
        },
      ],
    });
    const text = [
      'connectivity_mode = "webserver"',
      `webserver_port = ${frappe.port}`,
      `webserver_token = "${frappe.token}"`,
      `rq_url = "${redis.url}"`,
    ].join("\n");
    await using daemon = await startDaemon({ config: text });
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
    const { code, stdout, stderr } = await runBtu(["run", "TS-1"], daemon);
    expect([code, stdout, stderr]).toEqual([
      0,
      expect.stringMatching(
        /^TS-1: the site was told to put its job on queue default; next run .* 12:00:00 .*\n$/,
      ),
      "",
    ]);
    expect(enqueued).toEqual(["TS-1"]);
    const { value } = await btuJson(["run", "TS-1", "--force"], daemon);
    expect(value).toMatchObject({ schedule: "TS-1", job: null, handed_over: true, again: false });
    expect(mismatches("btu run", value)).toEqual([]);
    const history = await btuJson(["history", "TS-1"], daemon);
    const entry = { schedule: "TS-1", outcome: "manual", job: null };
    expect(history.value).toMatchObject([entry, entry]);
    frappe.misbehave("maintenance");
    const refused = await runBtu(["run", "TS-1"], daemon);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      expect.stringMatching(/^btu: run: hand over schedule "TS-1": .*maintenance/),
    ]);
  });
});
