/** The sample configuration of the first daemon's README, its keys and form as they stand there. */
import { describe, expect, test } from "bun:test";
import { startBtuSite } from "../support/btu-site.ts";
import { startDaemon } from "../support/daemon.ts";
import { ledgerOf, queuedOn, waitForLedger } from "../support/rq-keys.ts";
import { tempDir } from "../support/temp-dir.ts";

describe("the first daemon's configuration", () => {
  test("works as it is, with one word about the key that is not needed", async () => {
    await using site = await startBtuSite("v14", {
      pickledTask: () => Uint8Array.of(0x80, 4, 0x4e, 0x2e),
    });
    await site.enableOnly({ "TS-000001": "* * * * * * *" });
    using dir = tempDir();
    const config = `name = "BTU Scheduler"
full_refresh_internal_secs = 90
scheduler_polling_interval=60

# MySQL
mysql_user = "${site.mariadb.user}"
mysql_password = "${site.mariadb.password}"
mysql_host = "localhost"
mysql_port = ${site.mariadb.port}
mysql_database = "${site.database}"

# RQ
rq_host = "localhost"
rq_port = ${site.redis.port}

# Unix Domain Socket
socket_path = "${dir.file("btu_scheduler.sock")}"

# Web Server
webserver_ip = "127.0.0.1"
webserver_port = ${site.frappe.port}
webserver_token = "token ${site.frappe.token}"
`;
    await using daemon = await startDaemon({ config });
    await waitForLedger(site.client, 2, daemon);
    await daemon.stop();
    const jobs = (await ledgerOf(site.client)).map(({ job = "" }) => job);
    expect(await queuedOn(site.client, "default")).toEqual(jobs);
    const warnings = daemon
      .log()
      .split("\n")
      .filter((line) => line.includes(" WARN "))
      // The test's Redis keeps nothing over a restart, which is none of the configuration's business.
      .filter((line) => !line.includes("subject=persistence"));
    expect(warnings).toEqual([
      expect.stringMatching(/scheduler_polling_interval.*wakes at the due second itself/),
      expect.stringContaining("no worker listens on a queue that schedules use queue=default"),
    ]);
  });
});
