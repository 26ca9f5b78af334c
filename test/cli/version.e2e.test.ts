/** `btu version`, which is what people put into a report of a fault. */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { btuJson, runBtu } from "../support/btu.ts";
import { startDaemon } from "../support/daemon.ts";
import { startRedis } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";

const PAGE = readFileSync(resolve(import.meta.dir, "../../docs/cli-json.md"), "utf8");

/** The keys of a document, those within objects with a dot. */
function keysOf(value: object, path = ""): string[] {
  return Object.entries(value).flatMap(([key, part]: [string, unknown]) =>
    typeof part === "object" && part !== null ? keysOf(part, `${path}${key}.`) : [`${path}${key}`],
  );
}

function documentedKeys(): string[] {
  const [, section = ""] = /^## btu version\n(.*?)^## /ms.exec(PAGE) ?? [];
  return Array.from(section.matchAll(/^\| `([^`]+)`/gm), ([, key = ""]) => key);
}

async function startAll() {
  const redis = await startRedis();
  const dir = tempDir();
  writeFileSync(dir.file("schedules.toml"), "");
  const daemon = await startDaemon({
    config: `rq_url = "${redis.url}"\nschedules_file = "schedules.toml"\n`,
    dir,
  });
  return {
    configPath: daemon.configPath,
    [Symbol.asyncDispose]: async () => {
      await daemon[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

describe("btu version", () => {
  test("tells the daemon's version beside its own, with the keys that are documented", async () => {
    await using all = await startAll();
    const { code, value } = await btuJson(["version"], all);
    const document = value as { version: string; daemon: string; bun: string };
    expect(code).toBe(0);
    expect(keysOf(document)).toEqual(documentedKeys());
    expect(document.version).toStartWith(packageJson.version);
    expect([document.daemon, document.bun]).toEqual([document.version, Bun.version]);
  });

  test("tells its own without a daemon and without a configuration", async () => {
    const env = {
      BTU_SCHEDULER_CONFIG: "/nonexistent/btu.toml",
      BTU_SCHEDULER_SOCKET_PATH: "/nonexistent/btu.sock",
    };
    const { code, stdout } = await runBtu(["version"], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^btu +\d+\.\d+\.\d+.*\ndaemon +none can be asked\nBun +\S+\nzone data +/,
    );
  });
});
