/** The command on the schedules of a Frappe site. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { btuJson, runBtu } from "../support/btu.ts";
import { startDaemon } from "../support/daemon.ts";
import { startMariadb } from "../support/mariadb-server.ts";
import type { MariadbServer } from "../support/mariadb-server.ts";
import { startRedis } from "../support/redis-server.ts";
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

  test("btu run --task puts a job of a task on its queue, once for each call", async () => {
    await using redis = await startRedis();
    const keys = `rq_url = "${redis.url}"\nqueue_prefix = "bench:"\n${config()}`;
    await using daemon = await startDaemon({ config: keys });
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
    const { value } = await btuJson(["run", "--task", "BTU-00002"], daemon);
    expect(value).toEqual({
      schedule: null,
      task: "BTU-00002",
      job: expect.any(String),
      queue: "bench:long",
      again: false,
      next: null,
      next_local: null,
    });
    const old = await runBtu(["queue-task-now", "BTU-00002"], daemon);
    expect([old.code, old.stdout]).toEqual([
      0,
      expect.stringMatching(/^BTU-00002: job \S+ is on queue bench:long\n$/),
    ]);
    const client = await redis.client();
    expect(await client.llen("rq:queue:bench:long")).toBe(2);
    const history = await btuJson(["history"], daemon);
    const reason = expect.stringMatching(/^BTU Task "BTU-00002", asked for by uid \d+ over the/);
    const entry = expect.objectContaining({ outcome: "manual", schedule: "", reason });
    expect(history.value).toEqual([entry, entry]);
    expect((await runBtu(["audit", "--since", "1h"], daemon)).code).toBe(0);
    expect((await runBtu(["history"], daemon)).stdout).toMatch(/ manual +- +bench:long /);
  });

  test("btu run --task refuses a task that is not there, and one beside a schedule", async () => {
    await using redis = await startRedis();
    await using daemon = await startDaemon({ config: `rq_url = "${redis.url}"\n${config()}` });
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
    const unknown = await runBtu(["run", "--task", "BTU-99999"], daemon);
    expect([unknown.code, unknown.stderr]).toEqual([
      4,
      'btu: run BTU Task "BTU-99999": the site has no such task; see btu tasks\n',
    ]);
    const both = await runBtu(["run", "TS-1", "--task", "BTU-00002"], daemon);
    expect([both.code, both.stderr]).toEqual([
      2,
      expect.stringContaining("name either a schedule or --task TASK"),
    ]);
  });

  test("btu tasks says that a configuration has no site", async () => {
    writeFileSync(dir.file("some.toml"), "");
    const { code, stderr } = await runBtu(["tasks"], alone('schedules_file = "some.toml"'));
    expect([code, stderr]).toEqual([1, expect.stringContaining("names no site")]);
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
