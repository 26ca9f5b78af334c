/**
 * Every key that a script touches is declared: Redis checks the rights of a user by what is declared before it runs anything,
 * and nothing is then half done.
 */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { Agenda } from "../../src/agenda/agenda.ts";
import { noteHandRun } from "../../src/agenda/by-hand.ts";
import { HandOvers } from "../../src/agenda/hand-overs.ts";
import { systemClock } from "../../src/base/clock.ts";
import { makeKeys } from "../../src/redis/keys.ts";
import { runBtu } from "../support/btu.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { eventually } from "../support/eventually.ts";
import { startRedis } from "../support/redis-server.ts";
import { watchScriptKeys } from "../support/script-keys.ts";
import { tempDir } from "../support/temp-dir.ts";

const SCHEDULES = `
[[schedule]]
id = "often"
cron = "* * * * * * *"
function = "builtins.print"

[[schedule]]
id = "alone"
cron = "* * * * * * *"
function = "builtins.print"
overlap = "skip"
`;

/** As many as src/ has: a new script must be brought to run here. */
const SCRIPTS = 13;

async function outcomeBecomes(client: Redis, prefix: string, wanted: string): Promise<void> {
  const has = async (): Promise<boolean> => {
    const entries = await client.xrange(`${prefix}ledger`, "-", "+");
    return entries.some(([, fields]) => fields.includes(wanted));
  };
  await eventually(has, { what: `"${wanted}" in the ledger` });
}

async function failedJob(client: Redis): Promise<string> {
  const fields = ["status", "failed", "origin", "default", "data", "x", "timeout", "180"];
  await client.hset("rq:job:failed-1", ...fields);
  await client.zadd("rq:failed:default", systemClock.nowMs(), "failed-1");
  return "failed-1";
}

async function workByHand(client: Redis, daemon: Daemon): Promise<void> {
  const failed = await failedJob(client);
  for (const words of ["pause often", "resume often", "run often --force", `requeue ${failed}`]) {
    const ran = await runBtu(words.split(" "), { configPath: daemon.configPath });
    expect({ words, code: ran.code }).toEqual({ words, code: 0 });
  }
  const responseKey = "btu:scheduler:rpc:1";
  const ping = { request_type: "ping", request_content: null, response_key: responseKey };
  await client.lpush("btu:scheduler:commands", JSON.stringify(ping));
  expect(await client.blpop(responseKey, 10)).not.toBeNull();
}

/** What a daemon of a site does that enqueues its jobs itself. */
async function handOver(client: Redis, prefix: string): Promise<void> {
  const keys = makeKeys(prefix);
  const agenda = new Agenda({ client, keys, clock: systemClock, ledgerMax: 100 });
  const handOvers = new HandOvers({ agenda, client, key: keys.handing });
  const one = { scheduleId: "site", token: "t" };
  await client.hset(keys.planned, one.scheduleId, "60 0 timing work zone");
  const due = { plannedSeconds: 60, definition: "timing work", dueSeconds: 60, over: "" };
  expect(await handOvers.claim({ ...one, ...due })).toBe("claimed");
  const run = { ...one, requestId: "r", isForced: false, queue: "default", reason: "by hand" };
  expect(await noteHandRun(agenda, "claim", run)).toBe("claimed");
  expect(await noteHandRun(agenda, "done", run)).toBe("noted");
}

test("no script touches a key that its call did not declare", async () => {
  await using redis = await startRedis();
  await using watch = await watchScriptKeys(redis);
  using dir = tempDir();
  writeFileSync(dir.file("s.toml"), SCHEDULES);
  const client = await redis.client();
  const start = (prefix: string): Promise<Daemon> =>
    startDaemon({
      dir,
      config: `rq_port = ${redis.port}\nredis_key_prefix = "${prefix}"\nschedules_file = "${dir.file("s.toml")}"`,
    });
  const first = await start("one:");
  await outcomeBecomes(client, "one:", "fired");
  await outcomeBecomes(client, "one:", "skipped_overlap");
  await workByHand(client, first);
  await handOver(client, "one:");
  await client.flushall();
  await outcomeBecomes(client, "one:", "lost");
  await outcomeBecomes(client, "one:", "fired");
  await first.stop();
  await using second = await start("two:");
  await outcomeBecomes(client, "two:", "fired");
  await second.stop();
  expect(await watch.undeclared()).toEqual([]);
  expect(watch.scripts.size).toBe(SCRIPTS);
});
