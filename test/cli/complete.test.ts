import { describe, expect, test } from "bun:test";
import { array, assert, asyncProperty, constantFrom, oneof, string } from "fast-check";
import { rootCommand } from "../../src/cli/commands.ts";
import { defineGroup, defineLeaf, JSON_ARG } from "../../src/cli/command.ts";
import { complete } from "../../src/cli/complete.ts";
import type { Kind } from "../../src/cli/complete.ts";
import { completionLines } from "../../src/cli/complete-run.ts";

const meta = (name: string) => ({ name, about: `about ${name}`, examples: [] });
const done = () => Promise.resolve(0 as const);

const run = defineLeaf(
  meta("run"),
  {
    schedule: { type: "positional" },
    queue: { type: "string", alias: "u", valueHint: "QUEUE" },
    output: { type: "string", valueHint: "FILE" },
    count: { type: "string", alias: "n", valueHint: "N" },
    order: { type: "enum", options: ["up", "down"] },
    dryRun: { type: "boolean", description: "Only tell" },
    ...JSON_ARG,
  },
  done,
);
const paint = defineLeaf(
  meta("wall paint"),
  { colour: { type: "positional", valueHint: "red|green" }, id: { type: "positional" } },
  done,
);
const root = defineGroup(meta(""), {
  run: () => Promise.resolve(run),
  wall: () => Promise.resolve(defineGroup(meta("wall"), { paint: () => Promise.resolve(paint) })),
});

function lookUp(kind: Kind, configFile = "-") {
  return Promise.resolve([{ value: `${kind}@${configFile}`, about: "" }]);
}

/** What the last word of a line may be; names that are looked up tell their kind and the configuration. */
async function values(line: string): Promise<string | string[]> {
  const found = await complete(root, line.split(" "), lookUp);
  return found.kind === "files" ? "files" : found.words.map(({ value }) => value);
}

describe("completion", () => {
  test.each([
    ["", ["run", "wall", "help"]],
    ["r", ["run"]],
    ["help ", ["run", "wall", "help"]],
    ["wall ", ["paint"]],
    ["wall paint ", ["red", "green"]],
    ["wall paint g", ["green"]],
    ["wall paint red ", ["SCHEDULE@-"]],
    ["wall paint red S-1 ", []],
    ["nosuch ", ["run", "wall", "help"]],
    ["--q", ["--quiet"]],
    ["--quiet --config x w", ["wall"]],
    ["run ", ["SCHEDULE@-"]],
    ["run S", ["SCHEDULE@-"]],
    ["run X", []],
    ["run one ", []],
    ["run -- ", ["SCHEDULE@-"]],
    ["run --queue ", ["QUEUE@-"]],
    ["run -u ", ["QUEUE@-"]],
    ["run --queue=", ["--queue=QUEUE@-"]],
    ["run --queue default ", ["SCHEDULE@-"]],
    ["run --queue=default ", ["SCHEDULE@-"]],
    ["run --count ", []],
    ["run --order ", ["up", "down"]],
    ["run --order=d", ["--order=down"]],
    ["run --dry", ["--dry-run"]],
    ["run --dry-run --dry", []],
    ["run --dry-run ", ["SCHEDULE@-"]],
    ["run --dry-run=", []],
    ["run --nosuch=", []],
    ["run --no", ["--no-color"]],
    ["run -- --dr", []],
    ["run --config my.toml ", ["SCHEDULE@my.toml"]],
    ["run --config=my.toml ", ["SCHEDULE@my.toml"]],
    ["run --output ", "files"],
    ["--config=", "files"],
  ])("%p may end with %j", async (line, found) => {
    expect(await values(line)).toEqual(found);
  });

  test("tells of each flag what it does", async () => {
    const found = await complete(root, ["run", "--dry"], () => Promise.resolve([]));
    expect(found).toEqual({ kind: "words", words: [{ value: "--dry-run", about: "Only tell" }] });
  });

  test("leaves out what cannot stand on a line, and cleans descriptions", () => {
    const words = [
      { value: "good", about: "two\nlines" },
      { value: "bad\nid", about: "" },
      { value: "bad\tid", about: "" },
      { value: "", about: "" },
    ];
    const lines = completionLines({ kind: "words", words });
    expect(lines.map((line) => line.split("\t", 1).join(""))).toEqual(["words", "good"]);
    expect(lines.join("")).not.toContain("\n");
  });

  test("answers whatever was typed, and only with what goes on from it", async () => {
    const token = oneof(
      constantFrom("", "-", "--", "--config", "--json=", "-q", "cron", "config", "show", "help"),
      string(),
    );
    await assert(
      asyncProperty(array(token, { maxLength: 6 }), async (words) => {
        const found = await complete(rootCommand, words, lookUp);
        const offered = found.kind === "words" ? found.words : [];
        const last = words.at(-1) ?? "";
        expect(offered.filter(({ value }) => !value.startsWith(last))).toEqual([]);
      }),
    );
  });
});
