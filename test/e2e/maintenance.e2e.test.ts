/** A bench's own files are all the daemon is given, and say when it must not fire. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { btuJson } from "../support/btu.ts";
import { startBtuSite } from "../support/btu-site.ts";
import type { BtuSite } from "../support/btu-site.ts";
import { startDaemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { ledgerOf, waitForLedger } from "../support/rq-keys.ts";
import { tempDir } from "../support/temp-dir.ts";

/** A bench with the site; its settings can be rewritten. */
function makeBench(site: BtuSite) {
  const dir = tempDir();
  const common = dir.file("bench/sites/common_site_config.json");
  const own = dir.file("bench/sites/erp.example.com/site_config.json");
  mkdirSync(dirname(own), { recursive: true });
  writeFileSync(common, JSON.stringify({ redis_queue: site.redis.url, bench_id: "bench-1" }));
  const { mariadb, database } = site;
  const settings = {
    db_name: database,
    db_user: mariadb.user,
    db_password: mariadb.password,
    db_host: "127.0.0.1",
    db_port: mariadb.port,
  };
  return {
    path: dir.file("bench"),
    write: (more: object) => writeFileSync(own, JSON.stringify({ ...settings, ...more })),
    [Symbol.dispose]: () => dir[Symbol.dispose](),
  };
}

describe("a site in maintenance", () => {
  test("has nothing fired until it is ready again, and btu status says why", async () => {
    await using site = await startBtuSite("v16");
    await site.enableOnly({ "TS-1": "* * * * * * *" });
    using bench = makeBench(site);
    bench.write({ maintenance_mode: 1 });
    const config = `bench_path = "${bench.path}"\nsite = "erp.example.com"\nfrappe_user = "Administrator"`;
    await using daemon = await startDaemon({ config });
    await daemon.waitForLog(/nothing is fired for now: the site is in maintenance/, { from: 0 });
    await daemon.waitForLog(/agenda reconciled/, { from: 0 });
    const held = await btuJson(["status"], daemon);
    expect(held.value).toMatchObject({
      health: "degraded",
      problems: [expect.stringContaining("nothing is fired: the site is in maintenance")],
    });
    expect(await ledgerOf(site.client)).toEqual([]);
    bench.write({});
    const [first] = await waitForLedger(site.client, 1, daemon);
    expect(first).toMatchObject({ schedule: "TS-1", queue: expect.stringMatching(/^bench-1:/) });
    await daemon.waitForLog(/fires again: the site is ready/, { from: 0 });
    const healthy = async (): Promise<boolean> => {
      const { value } = await btuJson(["status"], daemon);
      return JSON.stringify(value).includes('"health":"healthy"');
    };
    await eventually(healthy, { what: "the status is healthy" });
  });
});
