import { describe, expect, test } from "bun:test";
import { readCommandLine } from "../../src/cli/args.ts";
import { defineGroup, defineLeaf, JSON_ARG } from "../../src/cli/command.ts";
import type { CliCommand } from "../../src/cli/command.ts";
import { COMMAND_GROUPS, rootCommand } from "../../src/cli/commands.ts";

const meta = (name: string) => ({ name, about: "", examples: [] });
const done = () => Promise.resolve(0 as const);

const paint = defineLeaf(
  { ...meta("paint"), tooMany: "one colour is enough" },
  {
    colour: { type: "positional", required: true },
    layers: { type: "string", alias: "n" },
    withGloss: { type: "boolean", alias: "g" },
    brush: { type: "enum", options: ["wide", "narrow"] },
    ...JSON_ARG,
  },
  done,
);
const wash = defineLeaf(meta("wall wash"), {}, done);
const wall = defineGroup(meta("wall"), { wash: () => Promise.resolve(wash) });
const root: CliCommand = defineGroup(meta(""), {
  paint: () => Promise.resolve(paint),
  wall: () => Promise.resolve(wall),
});

/** What the command would be given: its name, its arguments. */
async function read(line: string): Promise<string> {
  const { command, rawArgs } = await readCommandLine(root, line.split(" "));
  return [command.meta.name, ...rawArgs].join(" ");
}

async function fault(line: string): Promise<string> {
  return readCommandLine(root, line.split(" ")).then(
    () => "no fault",
    (error: unknown) => String(error),
  );
}

describe("a command line that is right", () => {
  test.each([
    ["paint red", "paint -- red"],
    ["paint red --layers 3", "paint --layers=3 -- red"],
    ["paint --layers=3 red", "paint --layers=3 -- red"],
    ["paint -n 3 red", "paint --layers=3 -- red"],
    ["paint -n3 red", "paint --layers=3 -- red"],
    ["paint -gn3 red", "paint --withGloss --layers=3 -- red"],
    ["paint --with-gloss red", "paint --withGloss -- red"],
    ["paint --layers=a=b red", "paint --layers=a=b -- red"],
    ["paint --layers=-3 red", "paint --layers=-3 -- red"],
    ["paint --layers 1 --layers 2 red", "paint --layers=2 -- red"],
    ["paint --brush wide red", "paint --brush=wide -- red"],
    ["paint -- --layers", "paint -- --layers"],
    ["paint -", "paint -- -"],
    ["--json paint red", "paint --json -- red"],
    ["wall wash", "wall wash --"],
  ])("%s is read as %s", async (line, found) => {
    expect(await read(line)).toBe(found);
  });

  test.each([
    "--config a.toml wall wash",
    "wall --config a.toml wash",
    "wall wash --config a.toml",
    "wall wash --config=a.toml",
    "--config b.toml wall wash --config a.toml",
  ])("--config counts wherever it stands: %s", async (line) => {
    const { globals } = await readCommandLine(root, line.split(" "));
    expect(globals.config).toBe("a.toml");
  });

  test.each([
    ["wall wash", undefined],
    ["wall wash --color", true],
    ["--no-color wall wash", false],
    ["--no-color wall wash --color", true],
  ])("%s chooses colours as %p", async (line, color) => {
    expect((await readCommandLine(root, line.split(" "))).globals.color).toBe(color);
  });

  test("-q is --quiet", async () => {
    expect((await readCommandLine(root, ["wall", "wash", "-q"])).globals.quiet).toBe(true);
  });
});

describe("a command line that is wrong", () => {
  test.each([
    ["piant red", 'unknown command "piant" (did you mean "paint"?)'],
    ["wall pinat", 'unknown command "pinat"'],
    ["toString", 'unknown command "toString"'],
    ["paint red --layer 3", 'unknown flag "--layer" (did you mean "--layers"?)'],
    ["paint red --layer=3", 'unknown flag "--layer" (did you mean "--layers"?)'],
    ["paint red -x", 'unknown flag "-x"'],
    ["paint red -xn3", 'unknown flag "-xn3"'],
    ["paint red -gx", 'unknown flag "-x"'],
    ["paint red --no-json", 'unknown flag "--no-json"'],
    ["--layers 3 paint red", 'unknown flag "--layers"; flags of a command stand after its name'],
    ["paint red --json=yes", '"--json" takes no value'],
    ["paint red --layers", '"--layers" needs a value after it'],
    ["paint red --layers=", '"--layers" needs a value that is not empty'],
    ["paint red --layers --json", "write --layers=--json if that is the value"],
    ["paint red --brush wid", 'expected wide, narrow (did you mean "wide"?)'],
    ["paint red blue", 'unexpected "blue"; one colour is enough'],
    ["paint red -- blue", 'unexpected "blue"'],
    ["paint", "COLOUR is missing"],
    ["wall wash it", 'unexpected "it"'],
    ["wall", "a command is missing"],
    ["--json wall wash", 'unknown flag "--json"'],
  ])("%s: %s", async (line, message) => {
    expect(await fault(line)).toContain(message);
  });
});

describe("help", () => {
  test.each([
    ["--help", ""],
    ["help", ""],
    ["wall -h", "wall"],
    ["help wall wash", "wall wash"],
    ["wall wash --bogus --help", "wall wash"],
    ["--config a.toml paint --help", "paint"],
    ["paint --layers --help", "paint"],
  ])("%s is about %p", async (line, name) => {
    const { command, globals } = await readCommandLine(root, line.split(" "));
    expect([globals.help, command.meta.name]).toEqual([true, name]);
  });

  test("is not given after --, where words stand", async () => {
    const { globals } = await readCommandLine(root, ["paint", "--", "--help"]);
    expect(globals.help).toBe(false);
  });

  test("of an unknown command is a fault", async () => {
    expect(await fault("help piant")).toContain('did you mean "paint"');
  });
});

test("every command is loaded under the name it calls itself by", async () => {
  const tables = [rootCommand.subCommands, ...COMMAND_GROUPS.map(({ commands }) => commands)];
  for (const [word, load] of tables.flatMap((table) => Object.entries(table))) {
    expect((await load()).meta.name).toBe(word);
  }
});
