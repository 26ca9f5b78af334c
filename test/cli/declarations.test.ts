/** What holds for every command, whoever wrote it. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { flagsOf, readCommandLine } from "../../src/cli/args.ts";
import { GLOBAL_ARGS } from "../../src/cli/command.ts";
import { rootCommand } from "../../src/cli/commands.ts";
import { ALL_COMMANDS } from "./all-commands.ts";

const JSON_PAGE = readFileSync(resolve(import.meta.dir, "../../docs/cli-json.md"), "utf8");

/** The words of the first command in a line for a shell; quotes are taken off. */
function wordsOf(line: string): string[] {
  const [command = ""] = /^(?:'[^']*'|"[^"]*"|[^|<>&;])*/.exec(line) ?? [];
  const words = command.trim().matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g);
  return Array.from(words, ([word]) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2"));
}

const EXAMPLES = [rootCommand, ...ALL_COMMANDS.map(({ command }) => command)].flatMap(({ meta }) =>
  meta.examples.map(([typed]) => typed),
);
const CALLS = EXAMPLES.filter((typed) => typed.startsWith("btu "));

describe.each(ALL_COMMANDS)("btu $name", ({ name, command }) => {
  const { meta, args, subCommands } = command;
  const isGroup = Object.keys(subCommands).length > 0;

  test("knows its name and says in a line what it is for", () => {
    expect(meta.name).toBe(name);
    expect(meta.about).toMatch(/^[A-Z].{5,78}[^.]$/);
  });

  test("has examples, each with what it does", () => {
    expect(meta.examples.length).toBeGreaterThan(0);
    expect(meta.examples.filter(([typed, does]) => typed === "" || does === "")).toEqual([]);
  });

  test("tells of each flag and word what it is for", () => {
    const silent = Object.entries(args).filter(([, { description = "" }]) => description === "");
    expect(silent.map(([flag]) => flag)).toEqual([]);
  });

  test("leaves the flags of all commands alone", () => {
    const taken = flagsOf(GLOBAL_ARGS);
    expect([...flagsOf(args).keys()].filter((flag) => taken.has(flag))).toEqual([]);
  });

  test("has its JSON documented, where it prints any", () => {
    const isDocumented = JSON_PAGE.includes(`\n## btu ${name}\n`);
    expect(isDocumented).toBe(!isGroup && "json" in args);
  });
});

test.each(CALLS)("the example %p is understood", async (typed) => {
  const [, ...argv] = wordsOf(typed);
  await readCommandLine(rootCommand, argv);
});

test("most examples are calls of btu", () => {
  expect(CALLS.length).toBeGreaterThan(EXAMPLES.length / 2);
});
