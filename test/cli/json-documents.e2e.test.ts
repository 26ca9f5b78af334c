/** What the commands print for programs is what docs/cli-json.md says, key by key. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { btuJson } from "../support/btu.ts";
import type { BtuOptions } from "../support/btu.ts";
import { startDaemon } from "../support/daemon.ts";
import { mismatches } from "../support/json-documentation.ts";
import { startRedis } from "../support/redis-server.ts";
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
id = "bad"
cron = "*/90 25 * * *"
function = "a.b"
`;

async function startAll() {
  const redis = await startRedis();
  const dir = tempDir();
  writeFileSync(dir.file("schedules.toml"), SCHEDULES);
  const config = `rq_url = "${redis.url}"\nschedules_file = "schedules.toml"\n`;
  const daemon = await startDaemon({ config, dir });
  await daemon.waitForLog(/every-second .*late_ms/, { from: 0 });
  return {
    options: { configPath: daemon.configPath } satisfies BtuOptions,
    [Symbol.asyncDispose]: async () => {
      await daemon[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

describe("documentation and output agree", () => {
  test("for all commands beside a daemon", async () => {
    await using all = await startAll();
    const commands = [
      ["status"],
      ["list"],
      ["lint"],
      ["ping"],
      ["config", "show"],
      ["config", "check"],
      ["config", "path"],
      ["config", "reload"],
      ["reload", "nightly"],
      ["cancel", "nightly"],
      ["reconcile"],
      ["pause", "nightly"],
      ["resume", "nightly"],
      ["run", "nightly"],
      ["cron", "30 2 * * *", "--tz", "America/New_York"],
    ];
    for (const command of commands) {
      const { value } = await btuJson(command, all.options);
      const title = `btu ${command[0] === "config" ? command.join(" ") : command[0]}`;
      expect([title, mismatches(title, value)]).toEqual([title, []]);
    }
  });
});
