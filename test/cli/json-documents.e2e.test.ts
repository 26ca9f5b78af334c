/** What the commands print for programs is what docs/cli-json.md says, key by key. */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { btuJson } from "../support/btu.ts";
import type { BtuOptions } from "../support/btu.ts";
import { startDaemon } from "../support/daemon.ts";
import { startRedis } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";

const DOCUMENTATION = readFileSync(resolve(import.meta.dir, "../../docs/cli-json.md"), "utf8");

/** Key to type, as the section's table has them. */
function documented(title: string): Map<string, string> {
  const section = DOCUMENTATION.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? "";
  const rows = section.matchAll(
    /^\| `([^`]+)` +\| (text or null|number or null|text|number|yes or no|list|any) +\|/gm,
  );
  return new Map(Array.from(rows, ([, key = "", type = ""]) => [key, type]));
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return (
    { string: "text", number: "number", boolean: "yes or no" }[typeof value as string] ?? "object"
  );
}

/** Every key of a document with the types its values have; a list of texts is one value. */
function found(value: unknown, path = ""): Array<readonly [key: string, type: string]> {
  if (Array.isArray(value) && value.some((part) => typeof part === "object")) {
    return value.flatMap((part) => found(part, `${path}[]`));
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const start = path === "" ? "" : `${path}.`;
    return Object.entries(value).flatMap(([key, part]) => found(part, `${start}${key}`));
  }
  return [[path, typeOf(value)]];
}

function mismatches(title: string, value: unknown): string[] {
  const wanted = documented(title);
  const seen = found(value);
  const keys = new Set(seen.map(([key]) => key));
  // An object or a list that is not there this time has its parts documented.
  const isParent = (key: string): boolean =>
    [...wanted.keys()].some((one) => one.startsWith(`${key}.`) || one.startsWith(`${key}[`));
  const wrong = seen.filter(([key, type]) => {
    const types = wanted.get(key);
    if (types === undefined) return !isParent(key);
    return types !== "any" && !types.split(" or ").includes(type) && types !== type;
  });
  const missing = [...wanted.keys()].filter((key) => !keys.has(key));
  return [
    ...wrong.map(([key, type]) => `${key} is ${type}`),
    ...missing.map((key) => `${key} is missing`),
  ];
}

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
      ["cron", "30 2 * * *", "--tz", "America/New_York"],
    ];
    for (const command of commands) {
      const { value } = await btuJson(command, all.options);
      const title = `btu ${command[0] === "config" ? command.join(" ") : command[0]}`;
      expect([title, mismatches(title, value)]).toEqual([title, []]);
    }
  });
});
