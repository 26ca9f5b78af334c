/** What README.md and docs/cli.md show on the screen is what comes. */
import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { meaningOf } from "../../src/config/names.ts";
import { runBtu } from "../support/btu.ts";
import { mustRun, startChild } from "../support/child.ts";
import { tempDir } from "../support/temp-dir.ts";

const ROOT = resolve(import.meta.dir, "../..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const DEMO_TIMEOUT_MS = 120_000;

/** The fenced blocks of a page in a language, without their fences. */
function blocksOf(text: string, language = ""): string[] {
  const blocks = text.matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return [...blocks].flatMap(([, found, block = ""]) => (found === language ? [block] : []));
}

/** How far away a time is differs from day to day. */
function withoutDistance(text: string): string {
  return text.replaceAll(/(in )?\d+[smhdy]( \d+[smhd])?( ago)?$/gm, "DISTANCE");
}

/** Times, ids and measures differ from run to run; words do not. */
function shape(line: string): string {
  return line
    .replaceAll(/\b[0-9a-f]{8}\b/g, "ID")
    .replaceAll(/[\d.:]+/g, "N")
    .replaceAll(/ +/g, " ")
    .trim();
}

function shellWords(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? "");
}

describe("the examples of btu cron", () => {
  const examples = ["README.md", "docs/cli.md"].flatMap((page) =>
    blocksOf(readFileSync(join(ROOT, page), "utf8"))
      .filter((block) => block.startsWith("$ btu cron "))
      .map((block) => [page, block] as const),
  );

  test.each(examples)("%s: are what the command prints", async (_, block) => {
    const [typed = "", ...shown] = block.split("\n");
    const [, ...args] = shellWords(typed.slice("$ ".length));
    const { stdout } = await runBtu(args);
    expect(withoutDistance(stdout)).toBe(withoutDistance(shown.join("\n")));
  });

  test("are there", () => {
    expect(examples.map(([page]) => page)).toEqual(["README.md", "docs/cli.md"]);
  });
});

describe("the configurations in README.md", () => {
  const [site = "", own = "", schedule = ""] = blocksOf(README, "toml");

  test("are what the program takes", async () => {
    using dir = tempDir();
    writeFileSync(dir.file("schedules.toml"), schedule);
    const config = own.replace("/etc/btu_scheduler/schedules.toml", dir.file("schedules.toml"));
    writeFileSync(dir.file("btu_scheduler.toml"), config);
    const { code, stdout, stderr } = await runBtu(["lint"], {
      configPath: dir.file("btu_scheduler.toml"),
    });
    expect(stdout).toContain("nightly-report");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("name keys that exist", () => {
    const written = Object.keys(Bun.TOML.parse(site));
    expect(written.filter((key) => meaningOf(key)?.kind === "key")).toEqual([
      "bench_path",
      "site",
      "webserver_token",
    ]);
  });
});

describe("npm run demo", () => {
  test(
    "shows what README.md shows, ends with Ctrl-C, and leaves nothing behind",
    async () => {
      await using demo = startChild({
        command: ["node", "scripts/demo.mjs", "--no-install"],
        cwd: ROOT,
      });
      await demo.waitForOutput(/done in/, { timeoutMs: DEMO_TIMEOUT_MS });
      await demo.waitForOutput(/dice is due[^]*done in/, { timeoutMs: DEMO_TIMEOUT_MS });
      const folder = /btu-demo-\w+/.exec(await mustRun({ command: ["ps", "-eo", "args"] }))?.[0];
      expect(folder).toBeString();
      expect(await demo.end("SIGINT")).toBe(0);
      const [sample = ""] = blocksOf(README).filter((block) => block.startsWith("scheduler "));
      const came = demo.stdout().split("\n").map(shape);
      for (const line of sample.trim().split("\n")) expect(came).toContain(shape(line));
      expect(await mustRun({ command: ["ps", "-eo", "args"] })).not.toContain(folder ?? "?");
    },
    DEMO_TIMEOUT_MS * 2,
  );
});
