/** What the commands print for programs is what docs/cli-json.md says, key by key. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import type { Redis } from "ioredis";
import { rqKeys } from "../../src/redis/keys.ts";
import { btuJson } from "../support/btu.ts";
import type { BtuOptions } from "../support/btu.ts";
import { startDaemon } from "../support/daemon.ts";
import { KEYS } from "../support/engine.ts";
import { mismatches } from "../support/json-documentation.ts";
import { startRedis } from "../support/redis-server.ts";
import { startStandinFrappe } from "../support/standin-frappe.ts";
import { tempDir } from "../support/temp-dir.ts";

const SCHEDULES = `
[[schedule]]
id = "every-second"
cron = "* * * * * * *"
function = "a.b"

[[schedule]]
id = "nightly"
cron = "30 2 * * *"
time_zone = "America/New_York"
function = "a.b"

[[schedule]]
id = "broken-queue"
cron = "* * * * * * *"
queue = "broken"
function = "a.b"

[[schedule]]
id = "paused"
cron = "0 * * * *"
function = "a.b"

[[schedule]]
id = "bad"
cron = "*/90 25 * * *"
function = "a.b"
`;

const OF_A_SITE = {
  name: "TS-000001",
  task: "BT-000001",
  enabled: 1,
  cron_string: "0 2 * * *",
  cron_timezone: "UTC",
  queue_name: "long",
} as const;

/** Ten minutes of a schedule that is deleted since: one occurrence was placed twice, the others are missing. */
async function writeFaultyPast(client: Redis): Promise<void> {
  const since = Math.floor(Date.now() / 60_000) * 60 - 3_600;
  const definition = JSON.stringify({
    since,
    cron: "* * * * *",
    zone: "UTC",
    gap: "run_after",
    overlap: "first",
  });
  const change = (at: number, word: string, text: string): Promise<unknown> => {
    const fields = ["schedule", "gone", "at_ms", at * 1000, "change", word, "definition", text];
    return client.xadd(KEYS.changes, `${at * 1000}-0`, ...fields);
  };
  await change(since, "planned", definition);
  await change(since + 600, "deleted", "");
  for (const [number, outcome] of ["fired", "fired", "failed"].entries()) {
    const fields = ["schedule", "gone", "due", since + 120, "fired_ms", (since + 120) * 1000];
    const id = `${(since + 120) * 1000}-${number}`;
    await client.xadd(KEYS.ledger, id, ...fields, "outcome", outcome, "job", `j${number}`);
  }
}

async function startAll() {
  const redis = await startRedis();
  const client = await redis.client();
  await writeFaultyPast(client);
  await client.set(rqKeys.queue("broken"), "no list");
  await client.hset(KEYS.paused, "paused", JSON.stringify({ since_ms: Date.now(), note: "why" }));
  const dir = tempDir();
  writeFileSync(dir.file("schedules.toml"), SCHEDULES);
  const frappe = await startStandinFrappe({ generation: "v16", schedules: [OF_A_SITE] });
  const config = `rq_url = "${redis.url}"\nschedules_file = "schedules.toml"\nconnectivity_mode = "webserver"\nwebserver_port = ${frappe.port}\nwebserver_token = "${frappe.token}"\n`;
  const daemon = await startDaemon({ config, dir });
  await daemon.waitForLog(/every-second .*late_ms/, { from: 0 });
  await daemon.waitForLog(/failed schedule=broken-queue/, { from: 0 });
  return {
    options: { configPath: daemon.configPath } satisfies BtuOptions,
    [Symbol.asyncDispose]: async () => {
      await daemon[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
      await frappe[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

describe("documentation and output agree", () => {
  test("for all commands beside a daemon", async () => {
    await using all = await startAll();
    const commands: Readonly<Record<string, ReadonlyArray<readonly string[]>>> = {
      status: [[]],
      list: [[]],
      next: [[]],
      show: [["every-second"], ["paused"], ["bad"]],
      history: [[], ["broken-queue"]],
      why: [["every-second"], ["bad"]],
      audit: [[]],
      lint: [[]],
      ping: [[]],
      "config show": [[]],
      "config check": [[]],
      "config path": [[]],
      cron: [["30 2 * * *", "--tz", "America/New_York"]],
    };
    for (const [command, calls] of Object.entries(commands)) {
      const values: unknown[] = [];
      for (const words of calls) {
        const { value } = await btuJson([...command.split(" "), ...words], all.options);
        values.push(value);
      }
      const title = `btu ${command}`;
      expect([title, mismatches(title, ...values)]).toEqual([title, []]);
    }
  });
});
