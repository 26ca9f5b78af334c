/** No output whatever holds a secret, whatever goes wrong. */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { startBtuSite } from "../support/btu-site.ts";
import { runChild } from "../support/child.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { executable, withoutOwnSettings } from "../support/executables.ts";
import { startRedis } from "../support/redis-server.ts";
import { waitForLedger } from "../support/rq-keys.ts";
import { tempDir } from "../support/temp-dir.ts";

/** Secrets of every kind, each unlike any other text; one needs encoding in a URL. */
const SQL = "planted-sql-7f3a";
const REDIS = "planted/redis@9c1b";
const KEY = "plantedkey55aa";
const SECRET = "plantedsecret66bb";
const PLANTED = [SQL, REDIS, encodeURIComponent(REDIS), SECRET, `${KEY}:${SECRET}`];

function mustHoldNoSecret(...texts: readonly string[]): void {
  for (const text of texts) {
    for (const secret of PLANTED) expect(text).not.toContain(secret);
  }
}

/** All that a daemon has said: its log, its answers, its log file. */
async function allOf(daemon: Daemon, logFile: string): Promise<string> {
  const answers = await Promise.all(["status", "list"].map((type) => daemon.request(type, null)));
  return [daemon.log(), ...answers, readFileSync(logFile, "utf8")].join("\n");
}

describe("secrets", () => {
  test("are in no output of a daemon whose every server turns it away", async () => {
    await using site = await startBtuSite("v14");
    await using redis = await startRedis({ acl: ["default on >other ~* +@all"] });
    using dir = tempDir();
    const config = [
      `sql_port = ${site.mariadb.port}\nsql_database = "${site.database}"`,
      `sql_user = "btu_admin"\nsql_password = "${SQL}"`,
      `rq_url = "redis://btu:${encodeURIComponent(REDIS)}@127.0.0.1:${redis.port}/0"`,
      `webserver_port = ${site.frappe.port}\nwebserver_token = "${KEY}:${SECRET}"`,
      `log_level = "trace"\nlog_file = "${dir.file("log")}"`,
    ].join("\n");
    await using daemon = await startDaemon({ config });
    await daemon.waitForLog(/Access denied/, { from: 0 });
    await daemon.waitForLog(/WRONGPASS.*Check rq_username/, { from: 0 });
    mustHoldNoSecret(await allOf(daemon, dir.file("log")));
    await daemon.stop();
    mustHoldNoSecret(daemon.log());
  });

  test("are in no output, ledger or job of a daemon whose web server repeats its token", async () => {
    await using site = await startBtuSite("v14");
    await site.enableOnly({ "TS-000001": "*/2 * * * * * *" });
    const body = JSON.stringify({
      exc_type: "ValidationError",
      exception: `frappe.exceptions.ValidationError: token ${KEY}:${SECRET} is bad, ${SECRET}`,
    });
    site.frappe.misbehave({ status: 417, headers: { "Content-Type": "application/json" }, body });
    using dir = tempDir();
    const config = site
      .config(`log_level = "trace"\nlog_file = "${dir.file("log")}"`)
      .replace(site.frappe.token, `${KEY}:${SECRET}`);
    await using daemon = await startDaemon({ config });
    const ledger = await waitForLedger(site.client, 1, daemon);
    expect(ledger).toMatchObject([{ outcome: "failed", reason: expect.stringContaining("417") }]);
    const keys = await site.client.keys("btu_scheduler:*");
    const dumps = await Promise.all(keys.map((key) => site.client.dumpBuffer(key)));
    const stored = dumps.map((dump) => dump.toString("latin1"));
    mustHoldNoSecret(await allOf(daemon, dir.file("log")), JSON.stringify(ledger), ...stored);
  });

  test("given in files of their own work, and are in no output", async () => {
    await using redis = await startRedis({ config: { requirepass: REDIS } });
    using dir = tempDir();
    writeFileSync(dir.file("secret"), `${REDIS}\n`);
    writeFileSync(
      dir.file("s.toml"),
      '[[schedule]]\nid = "tick"\ncron = "* * * * * * *"\nfunction = "reports.run"\n',
    );
    const config = [
      `rq_port = ${redis.port}\nrq_password_file = "${dir.file("secret")}"`,
      `schedules_file = "${dir.file("s.toml")}"`,
      `log_level = "trace"\nlog_file = "${dir.file("log")}"`,
    ].join("\n");
    await using daemon = await startDaemon({ config });
    await waitForLedger(await redis.client({ password: REDIS }), 1, daemon);
    mustHoldNoSecret(await allOf(daemon, dir.file("log")));
  });

  test("are not told by a configuration that is refused", async () => {
    using dir = tempDir();
    const config = [
      `sql_database = 5\nsql_password = "${SQL}"\nwebserver_token = "${KEY}:${SECRET}"`,
      `rq_url = "redis://btu:${encodeURIComponent(REDIS)}@127.0.0.1:99999/0"`,
      `rq_password = "${REDIS}"`,
    ].join("\n");
    for (const [text, args] of [
      [config, []],
      [`${config}\nrq_password = "${REDIS}"`, []],
      [`${config}\nrq_password = ${REDIS}`, ["--check-config"]],
    ] as const) {
      writeFileSync(dir.file("c.toml"), text);
      const command = [executable("btu-daemon"), "--config", dir.file("c.toml"), ...args];
      const { code, stdout, stderr } = await runChild({ command, env: withoutOwnSettings() });
      expect(code).toBe(2);
      mustHoldNoSecret(stdout, stderr);
    }
  });
});
