/** The manual pages, as the formatter shows them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { renderManPages, writeManPages } from "../../scripts/make-man.ts";
import { flagsOf } from "../../src/cli/args.ts";
import { GLOBAL_ARGS } from "../../src/cli/command.ts";
import { KEYS } from "../../src/config/schema.ts";
import { DAEMON_FLAGS } from "../../src/daemon-usage.ts";
import { mustRun, runChild } from "../support/child.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";
import { ALL_COMMANDS } from "./all-commands.ts";

let dir: TempDir;

beforeAll(async () => {
  dir = tempDir();
  await writeManPages(dir.path);
});

afterAll(() => dir[Symbol.dispose]());

const PAGES = [...(await renderManPages()).keys()].map((path) => ({ path }));

/** The page as a reader sees it. */
async function shown(path: string): Promise<string> {
  const text = await mustRun({
    command: ["groff", "-man", "-Tutf8", "-P-cbou", "-rLL=200n", dir.file(path)],
  });
  return text.replaceAll(/[\u2010\u2212]/g, "-");
}

describe.each(PAGES)("$path", ({ path }) => {
  test("has no fault that the formatter knows of", async () => {
    const command = ["groff", "-man", "-Tutf8", "-ww", "-z", dir.file(path)];
    expect(await runChild({ command })).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test("has a name and what it is for in its first section", async () => {
    expect(await shown(path)).toMatch(/\nNAME\n +\S+ - \S+/);
  });
});

test("btu(1) tells of every command and all its flags", async () => {
  const page = await shown("man1/btu.1");
  const leaves = ALL_COMMANDS.filter(
    ({ command }) => Object.keys(command.subCommands).length === 0,
  );
  const missing = leaves.flatMap(({ name, command }) =>
    [`btu ${name}`, ...flagsOf({ ...GLOBAL_ARGS, ...command.args }).keys()].filter(
      (text) => !page.includes(text),
    ),
  );
  expect(missing).toEqual([]);
});

test("btu-daemon(8) tells of every flag", async () => {
  const page = await shown("man8/btu-daemon.8");
  expect(DAEMON_FLAGS.filter(([flag]) => !page.includes(flag))).toEqual([]);
});

test("btu_scheduler.toml(5) tells of every key", async () => {
  const page = await shown("man5/btu_scheduler.toml.5");
  expect([...KEYS.keys()].filter((key) => !page.includes(`${key} = `))).toEqual([]);
});
