/** Our clock beside that of Redis: what an operator is told, and who leads when they differ. */
import { afterAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { btuJson } from "../support/btu.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";

const SECOND_MS = 1_000;

const redis = await startRedis();
const dir = tempDir();
afterAll(async () => {
  await redis[Symbol.asyncDispose]();
  dir[Symbol.dispose]();
});

writeFileSync(
  dir.file("s.toml"),
  '[[schedule]]\nid = "yearly"\ncron = "@yearly"\nfunction = "builtins.print"\n',
);

/** A daemon whose clock is ahead of that of Redis. */
function startAhead(byMs: number, prefix: string): Promise<Daemon> {
  return startDaemon({
    config: `rq_port = ${redis.port}\nredis_key_prefix = "${prefix}"\nschedules_file = "${dir.file("s.toml")}"\nsource_id = "${prefix}"`,
    wallMs: Date.now() + byMs,
  });
}

/** What `btu status` warns of. */
async function warnings({ configPath }: Daemon): Promise<string> {
  const { value } = await btuJson(["status"], { configPath });
  return JSON.stringify(value, ["warnings"]);
}

function warns(daemon: Daemon, pattern: RegExp): Promise<true> {
  const what = `btu status warns of ${pattern}`;
  return eventually(async () => pattern.test(await warnings(daemon)), { what });
}

test("btu status warns of a clock that differs by more than 2 s, from the start and after each jump", async () => {
  await using daemon = await startAhead(0, "jump:");
  await daemon.waitForLog(/this daemon leads/, { from: 0 });
  expect(await warnings(daemon)).not.toContain("clock");
  daemon.setWall(Date.now() + 10 * SECOND_MS);
  await warns(daemon, /this machine's clock is (9|10)\.\d s ahead of that of Redis: check NTP/);
  daemon.setWall(Date.now() - 20 * SECOND_MS);
  await warns(daemon, /this machine's clock is (19|20|21)\.\d s behind that of Redis: check NTP/);
  await using late = await startAhead(5 * SECOND_MS, "start:");
  await warns(late, /this machine's clock is (4|5)\.\d s ahead of that of Redis/);
});

test("a clock set by more than a minute gives the lease to another daemon that lives, and once set right it may lead again", async () => {
  await using first = await startAhead(0, "lease:");
  await first.waitForLog(/this daemon leads/, { from: 0 });
  await using second = await startAhead(0, "lease:");
  const client = await redis.client();
  const areFit = async (): Promise<boolean> => (await client.zcard("lease:daemons")) === 2;
  await eventually(areFit, { what: "both are fit to lead" });
  const from = first.log().length;
  first.setWall(Date.now() + 3_600 * SECOND_MS);
  await first.waitForLog(/the clock went forward by_s=3600/, { from });
  await second.waitForLog(/this daemon leads/, { from: 0 });
  await first.waitForLog(/this daemon stands by/, { from });
  first.setWall(Date.now());
  await first.waitForLog(/the clock went back/, { from });
  const again = first.log().length;
  await second.stop();
  await first.waitForLog(/this daemon leads/, { from: again });
});
