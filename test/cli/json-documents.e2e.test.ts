/** What the commands print for programs is what docs/cli-json.md says, key by key. */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Redis } from "ioredis";
import { rqKeys } from "../../src/redis/keys.ts";
import { btuJson } from "../support/btu.ts";
import type { BtuOptions } from "../support/btu.ts";
import { startDaemon } from "../support/daemon.ts";
import { KEYS } from "../support/engine.ts";
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

/** What differs from the documentation in any of the documents, and what none of them has. */
function mismatches(title: string, values: readonly unknown[]): string[] {
  const wanted = documented(title);
  const seen = values.flatMap((value) => found(value));
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
  const config = `rq_url = "${redis.url}"\nschedules_file = "schedules.toml"\n`;
  const daemon = await startDaemon({ config, dir });
  await daemon.waitForLog(/every-second .*late_ms/, { from: 0 });
  await daemon.waitForLog(/failed schedule=broken-queue/, { from: 0 });
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
      expect([title, mismatches(title, values)]).toEqual([title, []]);
    }
  });
});
