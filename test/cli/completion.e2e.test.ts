/** Completion in the shells themselves. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { runBtu } from "../support/btu.ts";
import { mustRun, runChild } from "../support/child.ts";
import { startDaemon } from "../support/daemon.ts";
import type { Daemon } from "../support/daemon.ts";
import { executable, withoutOwnSettings } from "../support/executables.ts";
import { startRedis } from "../support/redis-server.ts";
import type { RedisServer } from "../support/redis-server.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";
import { typeAndTab } from "./shell-session.ts";

const SCHEDULES = ["TS-000001", "TS-000002", "nightly report", "site:backup", "it's $HOME"]
  .map(
    (id) =>
      `[[schedule]]\nid = "${id}"\ncron = "30 2 * * *"\nfunction = "reports.run"\nqueue = "long"\n`,
  )
  .join("\n");

let redis: RedisServer;
let dir: TempDir;
let daemon: Daemon;

beforeAll(async () => {
  redis = await startRedis();
  dir = tempDir();
  writeFileSync(dir.file("schedules.toml"), SCHEDULES);
  mkdirSync(dir.file("folder"));
  const config = `rq_url = "${redis.url}"\nschedules_file = "${dir.file("schedules.toml")}"\n`;
  daemon = await startDaemon({ config });
  await daemon.waitForLog(/agenda reconciled/, { from: 0 });
});

afterAll(async () => {
  await daemon[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  dir[Symbol.dispose]();
});

describe.each(["bash", "zsh"] as const)("%s", (shell) => {
  const tab = (typed: string) =>
    typeAndTab(shell, typed, { configPath: daemon.configPath, cwd: dir.path });

  test.each([
    ["btu stat", "btu status"],
    ["btu config sh", "btu config show"],
    ["btu help stat", "btu help status"],
    ["btu list --js", "btu list --json"],
    ["btu cron --tz Europe/Berl", "btu cron --tz Europe/Berlin"],
    ["btu cron --tz=Europe/Berl", "btu cron --tz=Europe/Berlin"],
    ["btu cron --dst-gap=run", "btu cron --dst-gap=run_after"],
    ["btu lint site", "btu lint site:backup"],
    ["btu lint site:b", "btu lint site:backup"],
    ["btu lint nigh", "btu lint nightly report"],
    ["btu lint it", "btu lint it's $HOME"],
    ["btu config check --config sched", "btu config check --config schedules.toml"],
    ["btu config check --config=sched", "btu config check --config=schedules.toml"],
    ["btu config check --config fol", "btu config check --config folder/"],
    ["btu completion f", "btu completion fish"],
  ])("%s<Tab> gives %s", async (typed, line) => {
    expect((await tab(typed)).line).toBe(line);
  });

  test("completes within a line", async () => {
    const LEFT = "\u001b[D";
    const { line } = await tab(`btu stat --quiet${LEFT.repeat(" --quiet".length)}`);
    expect(line).toBe("btu status --quiet");
  });

  test("lists the ids to choose from", async () => {
    const { line, shown } = await tab("btu lint T");
    expect(line).toBe("btu lint TS-00000");
    expect(shown).toContain("TS-000001");
    expect(shown).toContain("TS-000002");
  });
});

test("zsh finds the file _btu among its functions", async () => {
  using folder = tempDir();
  const options = { configPath: daemon.configPath, cwd: folder.path };
  const { line } = await typeAndTab("zsh, from a folder of its own", "btu lint nigh", options);
  expect(line).toBe("btu lint nightly report");
});

/** What fish offers for a line, each with its description after a tabulator. */
async function offers(line: string): Promise<string[]> {
  const script = "btu completion fish | source; complete -C $argv[1]";
  const output = await mustRun({
    command: ["fish", "--no-config", "-c", script, line],
    cwd: dir.path,
    env: withoutOwnSettings({
      BTU_SCHEDULER_CONFIG: daemon.configPath,
      HOME: dir.path,
      PATH: `${dirname(executable("btu"))}:${process.env["PATH"]}`,
    }),
  });
  return output.split("\n").filter((one) => one !== "");
}

describe("fish", () => {
  test.each([
    ["btu stat", ["status\tHealth, connections, what runs next, what ran lately, how late"]],
    ["btu list --js", ["--json\tPrint JSON for programs; docs/cli-json.md describes it"]],
    ["btu lint TS-", ["TS-000001\treports.run, 30 2 * * *", "TS-000002\treports.run, 30 2 * * *"]],
    ["btu lint nigh", ["nightly report\treports.run, 30 2 * * *"]],
    ["btu cron --tz Europe/Berl", ["Europe/Berlin"]],
    ["btu cron --dst-gap=run", ["--dst-gap=run_after"]],
  ])("offers for %p", async (line, offered) => {
    expect(await offers(line)).toEqual(offered);
  });

  test.each([
    ["btu config check --config sched", "schedules.toml"],
    ["btu config check --config=sched", "--config=schedules.toml"],
    ["btu config check --config fol", "folder/"],
  ])("offers a file for %p", async (line, file) => {
    expect((await offers(line)).map((one) => one.split("\t", 1).join(""))).toEqual([file]);
  });
});

describe("without a daemon", () => {
  test("ids are not completed, in silence and at once", async () => {
    const env = { BTU_SCHEDULER_CONFIG: "/nonexistent/btu.toml" };
    const ran = await runBtu(["__complete", "lint", ""], { env });
    expect(ran).toEqual({ code: 0, stdout: "words\n", stderr: "" });
  });
});

test.each(["bash", "zsh"] as const)("the script for %s is sound", async (shell) => {
  const script = `"$1" completion ${shell} > "$2/script" && ${shell} -n "$2/script"`;
  const command = ["sh", "-c", script, "sh", executable("btu"), dir.path];
  expect(await runChild({ command })).toEqual({ code: 0, stdout: "", stderr: "" });
});
