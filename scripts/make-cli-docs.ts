/** Brings the tables of docs/cli.md in step with the commands: `bun scripts/make-cli-docs.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { GLOBAL_ARGS } from "../src/cli/command.ts";
import type { CliCommand } from "../src/cli/command.ts";
import { COMMAND_GROUPS } from "../src/cli/commands.ts";
import { ENVIRONMENT } from "../src/cli/environment.ts";
import { EXIT_MEANINGS } from "../src/cli/exit.ts";
import { flagPairs, usageOf } from "../src/cli/help.ts";
import { OLD_NAMES } from "../src/cli/old-names.ts";

/** The page. */
export const CLI_PAGE = resolve(import.meta.dir, "../docs/cli.md");

function code(text: string): string {
  return `\`${text.replaceAll("|", String.raw`\|`)}\``;
}

function cellText(text: string): string {
  return text.replaceAll("|", String.raw`\|`).replaceAll("*", String.raw`\*`);
}

/** A table whose columns stand below each other, as the formatter of this project lays them out. */
function table(rows: ReadonlyArray<readonly string[]>): string[] {
  const [head = []] = rows;
  const widths = head.map((_, column) =>
    Math.max(...rows.map((row) => Bun.stringWidth(row[column] ?? ""))),
  );
  const line = (cells: readonly string[], filler: string): string => {
    const padded = cells.map((text, column) => {
      const missing = (widths[column] ?? 0) - Bun.stringWidth(text);
      return `${text}${filler.repeat(missing)}`;
    });
    return `| ${padded.join(" | ")} |`;
  };
  const rule = line(
    head.map(() => ""),
    "-",
  );
  const [first, ...rest] = rows.map((row) => line(row, " "));
  return [first ?? "", rule, ...rest];
}

/** The commands that do something, groups opened. */
async function leaves(command: CliCommand): Promise<CliCommand[]> {
  const children = await Promise.all(Object.values(command.subCommands).map((load) => load()));
  if (children.length === 0) return [command];
  return (await Promise.all(children.map(leaves))).flat();
}

async function loadGroups() {
  return Promise.all(
    COMMAND_GROUPS.map(async ({ title, commands }) => {
      const loaded = await Promise.all(Object.values(commands).map((load) => load()));
      return { title, commands: (await Promise.all(loaded.map(leaves))).flat() };
    }),
  );
}

function callOf(command: CliCommand): string {
  return code(usageOf(command).replace(/ \[flags\]$/, ""));
}

async function commandTables(): Promise<string[]> {
  const groups = await loadGroups();
  return groups.flatMap(({ title, commands }, index) => [
    ...(index === 0 ? [] : [""]),
    `### ${title}`,
    "",
    ...table([
      ["command", "what it is for", "needs"],
      ...commands.map((command) => {
        const { about, needs = "" } = command.meta;
        return [callOf(command), cellText(about), needs];
      }),
    ]),
  ]);
}

async function exitCodeTable(): Promise<string[]> {
  const groups = await loadGroups();
  const rows = groups.flatMap(({ commands }) =>
    commands.flatMap(({ meta: { name, exitCodes = [] } }) =>
      exitCodes.map(([exitCode, meaning], index) => [
        index === 0 ? code(`btu ${name}`) : "",
        String(exitCode),
        cellText(meaning),
      ]),
    ),
  );
  return table([["command", "code", "meaning here"], ...rows]);
}

function oldNameTable(): string[] {
  const rows = OLD_NAMES.map((one) => [
    code(`btu ${one.old}`),
    "now" in one ? code(`btu ${one.now}`) : cellText(one.instead),
  ]);
  return table([["earlier name", "today"], ...rows]);
}

/** Each marked part of the page by its name. */
async function parts(): Promise<ReadonlyMap<string, readonly string[]>> {
  const flags = flagPairs(GLOBAL_ARGS).map(([flag, does]) => [code(flag), cellText(does)]);
  return new Map([
    ["commands", await commandTables()],
    ["flags", table([["flag", "effect"], ...flags])],
    ["variables", table([["variable", "effect"], ...ENVIRONMENT.map(([n, d]) => [code(n), d])])],
    [
      "exit codes",
      table([["code", "meaning"], ...EXIT_MEANINGS.map(([c, m]) => [String(c), cellText(m)])]),
    ],
    ["exit codes of commands", await exitCodeTable()],
    ["old names", oldNameTable()],
  ]);
}

/**
 * The page with its marked parts made anew; what stands between them stays.
 *
 * @throws Error when the page lacks a part.
 */
export async function renderCliPage(page: string): Promise<string> {
  let text = page;
  for (const [name, lines] of await parts()) {
    const [start, end] = [`<!-- ${name}: written by scripts/make-cli-docs.ts -->`, "<!-- end -->"];
    const from = text.indexOf(start);
    const to = text.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`docs/cli.md: "${start} … ${end}" is missing`);
    text = `${text.slice(0, from)}${[start, "", ...lines, "", ""].join("\n")}${text.slice(to)}`;
  }
  return text;
}

if (import.meta.main) {
  writeFileSync(CLI_PAGE, await renderCliPage(readFileSync(CLI_PAGE, "utf8")));
}
