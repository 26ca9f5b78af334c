/** `btu doctor`, `test-ping` and `test-pickler` on whole sites. */
import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { btuJson, runBtu } from "../support/btu.ts";
import { startBtuSite } from "../support/btu-site.ts";
import type { BtuSite, SiteName } from "../support/btu-site.ts";
import { startDaemon } from "../support/daemon.ts";
import { fakeWall } from "../support/fake-wall.ts";
import { mismatches } from "../support/json-documentation.ts";
import { startRedis } from "../support/redis-server.ts";
import { SEEDED_QUEUES, seedRq } from "../support/rq-seed.ts";
import { startStandinFrappe } from "../support/standin-frappe.ts";
import { tempDir } from "../support/temp-dir.ts";

interface Finding {
  readonly level: string;
  readonly area: string;
  readonly text: string;
}

interface Examined {
  readonly code: number;
  readonly findings: readonly Finding[];
  /** `level area: text`. */
  readonly lines: readonly string[];
}

async function examine(configPath: string, env: Record<string, string> = {}): Promise<Examined> {
  const { code, value } = await btuJson(["doctor"], { configPath, env });
  const { findings } = value as { findings: Finding[] };
  const lines = findings.map(({ level, area, text }) => `${level} ${area}: ${text}`);
  return { code, findings, lines };
}

async function startSite(name: SiteName, more = "") {
  await using stack = new AsyncDisposableStack();
  const site = stack.use(await startBtuSite(name));
  const dir = stack.use(tempDir());
  await seedRq(site.client, Date.now());
  const configPath = dir.file("btu.toml");
  const socketPath = dir.file("btu.sock");
  const rewrite = (changed: string, own: BtuSite = site): void =>
    writeFileSync(configPath, own.config(`socket_path = "${socketPath}"\n${changed}`), {
      mode: 0o640,
    });
  rewrite(more);
  chmodSync(configPath, 0o640);
  const owned = stack.move();
  return {
    site,
    dir,
    configPath,
    socketPath,
    rewrite,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe("a site that is well", () => {
  test("gives no error, as documented, and names all that was looked at", async () => {
    await using all = await startSite("v16", 'site = "site1.localhost"\n');
    await all.site.enableOnly({ "TS-000001": "0 2 * * *" });
    await using daemon = await startDaemon({
      config: all.site.config(`site = "site1.localhost"\nsocket_path = "${all.socketPath}"`),
    });
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
    const { value, code } = await btuJson(["doctor"], { configPath: all.configPath });
    expect(mismatches("btu doctor", value)).toEqual([]);
    const { findings, lines } = await examine(all.configPath);
    expect(lines.filter((line) => line.startsWith("error"))).toEqual([]);
    expect(code).toBe(0);
    expect(new Set(findings.map(({ area }) => area))).toEqual(
      new Set([
        "configuration",
        "files",
        "time zones",
        "Redis",
        "clock",
        "schedules",
        "SQL rights",
        "web server",
        "jobs",
        "socket",
        "workers",
        "daemon",
      ]),
    );
    expect(lines).toContain("ok schedules: the site's BTU app: 16 or newer");
    expect(lines).toContain(
      "ok jobs: native for 1 schedule: this BTU app runs a task by its id, so no web server is needed",
    );
    expect(lines).toContain("ok SQL rights: every table that is needed may be read");
    expect(lines.join("\n")).toMatch(/^ok daemon: last reconcile (now|\d+s ago), in \d+ ms$/m);
    expect(lines.join("\n")).toMatch(/^ok web server: \S+ answers; the token is that of "\S+"$/m);
  });
});

const NATIVE = 'job_builder = "native"\nsite = "site1.localhost"';

describe("what is wrong is found", () => {
  test("jobs that the web server makes for want of a setting, told by status, too", async () => {
    await using all = await startSite("v16");
    await all.site.enableOnly({ "TS-000001": "0 2 * * *" });
    await using daemon = await startDaemon({
      config: all.site.config(`socket_path = "${all.socketPath}"`),
    });
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
    const { lines } = await examine(all.configPath);
    expect(lines.filter((line) => line.includes(" jobs: "))).toEqual([
      'warning jobs: pickled for 1 schedule: "site" is not configured; set site to the name of the site: then jobs are made here, and are on time while the web server is down',
    ]);
    const { value } = await btuJson(["status"], { configPath: all.configPath });
    expect(value).toMatchObject({
      builders: [{ kind: "pickled", schedules: 1, problem: null, why: '"site" is not configured' }],
    });
  });

  test("jobs that no builder can make, once", async () => {
    await using all = await startSite("v14", `${NATIVE}\n`);
    await all.site.enableOnly({ "TS-000001": "0 2 * * *" });
    await using daemon = await startDaemon({
      config: all.site.config(`${NATIVE}\nsocket_path = "${all.socketPath}"`),
    });
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
    const { lines, code } = await examine(all.configPath);
    expect(code).toBe(1);
    expect(lines.filter((line) => line.includes("older than 15.1.1"))).toEqual([
      'error jobs: native for 1 schedule: job_builder is "native", but this BTU app is older than 15.1.1 and cannot run a native job; set job_builder to auto or pickled',
    ]);
    const { value } = await btuJson(["status"], { configPath: all.configPath });
    expect(value).toMatchObject({
      warnings: [
        "no job can be made for 1 schedule: this BTU app is older than 15.1.1 and cannot run a native job; set job_builder to auto or pickled",
      ],
    });
  });

  test("an invalid schedule is told once, though the daemon knows of it, too", async () => {
    await using all = await startFile(`${SCHEDULE("a", "long")}${SCHEDULE("b", "long")}`);
    const broken = SCHEDULE("b", "long").replace("0 2", "61 2");
    writeFileSync(all.dir.file("schedules.toml"), SCHEDULE("a", "long") + broken);
    await using daemon = await startDaemon({
      config: `rq_url = "${all.redis.url}"\nschedules_file = "${all.dir.file("schedules.toml")}"\nsocket_path = "${all.dir.file("s.sock")}"\n`,
    });
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
    const { lines } = await examine(all.configPath);
    expect(lines.filter((line) => line.includes("invalid"))).toEqual([
      "warning schedules: b is invalid: minute '61' is outside 0-59",
    ]);
  });

  test("a socket that an older app looks for elsewhere", async () => {
    await using all = await startSite("v14");
    const path = "path_to_btu_scheduler_uds";
    const change = (value: string) =>
      all.site.sql(
        `DELETE FROM tabSingles WHERE field = '${path}'; INSERT INTO tabSingles (doctype, field, value) VALUES ('BTU Configuration', '${path}', '${value}');`,
      );
    await change("/tmp/elsewhere.sock");
    const { code, lines } = await examine(all.configPath);
    expect(code).toBe(1);
    expect(lines).toContain(
      `error socket: the app calls "/tmp/elsewhere.sock": set BTU Configuration's "Path to BTU Scheduler UDS" to "${all.socketPath}", or socket_path to "/tmp/elsewhere.sock"`,
    );
    await change(all.socketPath);
    const { lines: then } = await examine(all.configPath);
    expect(then.filter((line) => line.startsWith("error socket"))).toEqual([]);
    await all.site.sql(`DELETE FROM tabSingles WHERE field = '${path}'`);
    const { lines: last } = await examine(all.configPath);
    expect(last.join("\n")).toMatch(/^warning socket: .* was never saved/m);
  });

  test("a token that the site refuses, a web server that is down, a missing token", async () => {
    await using all = await startSite("v14");
    all.site.frappe.misbehave({
      status: 401,
      type: "AuthenticationError",
      message: "no such key",
    });
    const { code, lines } = await examine(all.configPath);
    expect(code).toBe(1);
    expect(lines.join("\n")).toMatch(/^error web server: .*401/m);
    await all.site.frappe[Symbol.asyncDispose]();
    const { lines: down } = await examine(all.configPath);
    expect(down.join("\n")).toMatch(/^error web server: .*ECONNREFUSED/m);
    writeFileSync(all.configPath, all.site.config().replace(/^webserver_token.*$/m, ""));
    const { lines: missing } = await examine(all.configPath);
    expect(missing).toContain(
      "error web server: webserver_token is not configured: this app's jobs are pickled by it; set webserver_token",
    );
  });

  test("tables that may not be read, each with the statement that gives the right", async () => {
    await using all = await startSite("v15.2");
    const { site } = all;
    const tables = ["tabBTU Task Schedule", "tabBTU Task", "tabSingles", "tabBTU Task Log"];
    const grants = tables.map(
      (table) => `GRANT SELECT ON \`${site.database}\`.\`${table}\` TO 'reader'@'%';`,
    );
    await site.sql(`CREATE USER 'reader'@'%' IDENTIFIED BY 'long-secret'; ${grants.join(" ")}`);
    const own = site
      .config()
      .replace(/^sql_user.*$/m, 'sql_user = "reader"')
      .replace(/^sql_password.*$/m, 'sql_password = "long-secret"');
    writeFileSync(all.configPath, own);
    const { lines } = await examine(all.configPath);
    const rights = lines.filter((line) => line.includes("SQL rights"));
    expect(rights).toHaveLength(2);
    for (const table of ["tabBTU Run Later", "tabDefaultValue"]) {
      expect(rights.join("\n")).toMatch(
        new RegExp(`^warning SQL rights: .*"${table}".*GRANT SELECT ON .*${table}`, "m"),
      );
    }
  });

  test("a database that refuses us is told once, and the rest is looked at", async () => {
    await using all = await startSite("v16");
    const own = all.site.config().replace(/^sql_password.*$/m, 'sql_password = "wrong-secret"');
    writeFileSync(all.configPath, own);
    const { code, lines } = await examine(all.configPath);
    expect(code).toBe(1);
    expect(lines.filter((line) => /refused/.test(line))).toEqual([
      expect.stringMatching(/^error schedules: MariaDB .* is refused; check sql_user/),
    ]);
    expect(lines).toContain("ok Redis: takes writes");
    expect(lines.join("\n")).not.toContain("wrong-secret");
  });
});

describe("a site that can only be reached by its web server", () => {
  test("has its workers where nobody can look", async () => {
    await using redis = await startRedis();
    const schedule = {
      name: "TS-1",
      task: "BT-1",
      enabled: 1 as const,
      cron_string: "0 2 * * *",
      cron_timezone: "UTC",
      queue_name: "warehouse",
    };
    await using frappe = await startStandinFrappe({ generation: "v16", schedules: [schedule] });
    using dir = tempDir();
    const configPath = dir.file("btu.toml");
    writeFileSync(
      configPath,
      `connectivity_mode = "webserver"\nrq_port = ${redis.port}\nwebserver_port = ${frappe.port}\nwebserver_token = "${frappe.token}"\nsocket_path = "${dir.file("s.sock")}"\n`,
      { mode: 0o640 },
    );
    const { code, lines } = await examine(configPath);
    expect(lines.filter((line) => line.startsWith("error"))).toEqual([]);
    expect(code).toBe(0);
    expect(lines.join("\n")).toMatch(/^ok schedules: 1 schedule, 1 enabled: /m);
    expect(lines.join("\n")).not.toContain("warehouse");
  });
});

const SCHEDULE = (id: string, queue: string): string =>
  `[[schedule]]\nid = "${id}"\ncron = "0 2 * * *"\nqueue = "${queue}"\nfunction = "a.b"\n`;

async function startFile(schedules: string, more = "") {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const dir = stack.use(tempDir());
  const client = await redis.client();
  await seedRq(client, Date.now());
  writeFileSync(dir.file("schedules.toml"), schedules);
  const configPath = dir.file("btu.toml");
  const text = `rq_url = "${redis.url}"\nschedules_file = "schedules.toml"\nsocket_path = "${dir.file("s.sock")}"\n${more}`;
  writeFileSync(configPath, text, { mode: 0o640 });
  const owned = stack.move();
  return { redis, client, dir, configPath, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

describe("without a site", () => {
  test("a queue that nobody listens on is an error, one with a worker is not", async () => {
    await using all = await startFile(SCHEDULE("a", "long") + SCHEDULE("b", "short"));
    const { code, lines } = await examine(all.configPath);
    expect(code).toBe(1);
    expect(lines).toContain(`ok workers: 2 workers on "${SEEDED_QUEUES.long}"`);
    expect(lines.join("\n")).toMatch(/^error workers: no worker listens on queue "short"/m);
  });

  test("workers of RQ 1 and 2 on one queue are warned of, suspended ones are an error", async () => {
    await using all = await startFile(SCHEDULE("a", "long"));
    const [key = ""] = await all.client.smembers("rq:workers");
    await all.client.hset(key, "version", "1.16.2");
    await all.client.set("rq:suspended", "1");
    const { lines } = await examine(all.configPath);
    expect(lines.join("\n")).toMatch(/^warning workers: workers of RQ 1 and RQ 2 listen on/m);
    expect(lines.join("\n")).toMatch(/^error workers: the workers are suspended/m);
  });

  test("files that others may change or read", async () => {
    await using all = await startFile(SCHEDULE("a", "long"));
    chmodSync(all.dir.file("schedules.toml"), 0o666);
    const { code, lines } = await examine(all.configPath);
    expect(code).toBe(1);
    expect(lines.join("\n")).toMatch(
      /^error files: "\S+schedules.toml" \(0666\) can be changed by everybody/m,
    );
  });

  test("a configuration with faults: each of them, and nothing else", async () => {
    await using all = await startFile("");
    writeFileSync(all.configPath, 'rq_port = "x"\nschedules_fil = "a"\n');
    const { code, findings } = await examine(all.configPath);
    expect(code).toBe(1);
    expect(findings.map(({ level, area }) => `${level} ${area}`)).toEqual(
      findings.map(() => "error configuration"),
    );
    expect(findings.length).toBeGreaterThan(1);
  });

  test("no Redis, something else in place of the socket, a daemon that is not there", async () => {
    await using all = await startFile(SCHEDULE("a", "long"));
    mkdirSync(all.dir.file("s.sock"));
    await all.redis.process.stop();
    const { code, lines } = await examine(all.configPath);
    expect(code).toBe(1);
    const text = lines.join("\n");
    expect(text).toMatch(
      /^error Redis: Redis \S+ db 0 cannot be read: .*ECONNREFUSED.*check rq_host/m,
    );
    expect(text).toMatch(/^error socket: "\S+s.sock" is something else than a socket/m);
    expect(text).toMatch(/^(warning|error) daemon: /m);
  });

  test("a clock that is wrong is an error", async () => {
    await using all = await startFile(SCHEDULE("a", "long"));
    const { env } = fakeWall(all.dir, Date.now() + 60_000);
    const { lines } = await examine(all.configPath, env);
    expect(lines.join("\n")).toMatch(
      /^error clock: this machine is (59|60)\.\d s ahead of that of Redis/m,
    );
  });

  test("--quiet leaves out what is well", async () => {
    await using all = await startFile(SCHEDULE("a", "short"));
    const { code, stdout } = await runBtu(["doctor", "--quiet"], { configPath: all.configPath });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^workers +problem: no worker listens on queue "short"/m);
    expect(stdout).not.toContain("ok:");
  });
});

describe("btu test-ping and test-pickler", () => {
  test("tell what the site answers, as documented", async () => {
    await using all = await startSite("v15.2");
    const options = { configPath: all.configPath };
    const ping = await btuJson(["test-ping"], options);
    expect([ping.code, mismatches("btu test-ping", ping.value)]).toEqual([0, []]);
    const task = await btuJson(["test-pickler", "BT-000001"], options);
    expect([task.code, mismatches("btu test-pickler", task.value)]).toEqual([0, []]);
    expect(task.value).toMatchObject({
      task: "BT-000001",
      call: { function: "btu.btu_api.execute_job", summary: "BTU task BT-000001" },
    });
    const bare = await btuJson(["test-pickler"], options);
    expect(bare).toMatchObject({ code: 0, value: { task: null, value: "None", call: null } });
    const { stdout } = await runBtu(["test-ping"], options);
    expect(stdout).toMatch(/^pong from http:\S+ in \d+ ms; the token is that of \S+\n$/);
  });

  test("the pickle of an older app is shown, though its classes are unknown here", async () => {
    await using all = await startSite("v14");
    const { code, stdout } = await runBtu(["test-pickler", "BT-000001"], {
      configPath: all.configPath,
    });
    expect(code).toBe(0);
    expect(stdout).toContain("TaskRunner");
    expect(stdout).toContain("function_wrapper");
  });

  test("end with 1 and the site's own words when it fails, with 2 without a token", async () => {
    await using all = await startSite("v16");
    all.site.frappe.misbehave("rq.compat");
    for (const command of ["test-ping", "test-pickler"]) {
      const { code, stderr } = await runBtu([command], { configPath: all.configPath });
      expect(code).toBe(1);
      expect(stderr).toContain("rq.compat");
    }
    writeFileSync(all.configPath, all.site.config().replace(/^webserver_token.*$/m, ""));
    const { code, stderr } = await runBtu(["test-ping"], { configPath: all.configPath });
    expect(code).toBe(2);
    expect(stderr).toContain("webserver_token is not set");
  });
});
