/** Help, from the same data that completion and manual pages are made of. */
import type { ArgDef, ArgsDef } from "citty";
import { COMMAND_GROUPS } from "./commands.ts";
import { GLOBAL_ARGS } from "./command.ts";
import type { CliCommand, CommandTable } from "./command.ts";
import { flagName } from "./flags.ts";
import { aboutOf, hintOf, isWord } from "./hints.ts";
import type { Style } from "./style.ts";
import { pad, widthOf, wrap } from "./text.ts";

/** What help is laid out for. */
export interface HelpOptions {
  readonly style: Style;
  readonly width: number;
}

/** Longer lines are tiring to read. */
const WIDTH_MAX = 100;
const INDENT = 2;
const GAP = 2;

/** Something, and what is told of it. */
export type Pair = readonly [left: string, right: string];

/** A wider text takes a line of its own. */
const LEFT_MAX = 28;

function leftWidth(entries: readonly Pair[]): number {
  return Math.max(0, ...entries.map(([text]) => widthOf(text)));
}

/** The left column is as wide as the widest text that may stand in it. */
function columnWidth(entries: readonly Pair[]): number {
  return leftWidth(entries.filter(([text]) => widthOf(text) <= LEFT_MAX));
}

/** Two columns, the right one wrapped. */
function pairs(
  entries: readonly Pair[],
  { style, width }: HelpOptions,
  left = columnWidth(entries),
): string[] {
  const start = INDENT + left + GAP;
  return entries.flatMap(([name, about]) => {
    const lines = wrap(about, Math.min(width, WIDTH_MAX), start);
    const head = `${" ".repeat(INDENT)}${style.cyan(pad(name, left))}${" ".repeat(GAP)}`;
    if (widthOf(name) > left) return [head.trimEnd(), ...lines];
    const [first = "", ...more] = lines;
    return [`${head}${first.slice(start)}`.trimEnd(), ...more];
  });
}

/** What to type, never broken, with what it does beside it, or below where that leaves more room. */
function exampleLines(entries: readonly Pair[], options: HelpOptions): string[] {
  const width = Math.min(options.width, WIDTH_MAX);
  if (leftWidth(entries) + INDENT + GAP <= width / 2) return pairs(entries, options);
  return entries.flatMap(([typed, does]) => [
    `${" ".repeat(INDENT)}${options.style.cyan(typed)}`,
    ...wrap(does, width, INDENT * 3),
  ]);
}

function section(title: string, lines: readonly string[], { style }: HelpOptions): string[] {
  return lines.length === 0 ? [] : ["", style.bold(title), ...lines];
}

function flagText(name: string, definition: ArgDef): string {
  const { alias = [] } = "alias" in definition ? definition : {};
  const short = [alias].flat().map((letter) => `-${letter}, `);
  return `${short.join("")}${flagName(name)} ${hintOf(name, definition)}`.trimEnd();
}

/** The flags as they are typed, each with what it does. */
export function flagPairs(args: ArgsDef): Pair[] {
  return Object.entries(args).flatMap(([name, definition]): Pair[] => {
    if (isWord(definition)) return [];
    const pair: Pair = [flagText(name, definition), aboutOf(name, definition)];
    if (!("negativeDescription" in definition)) return [pair];
    return [pair, [`--no-${name}`, definition.negativeDescription ?? ""]];
  });
}

/** The words that a command takes. */
export function wordPairs(args: ArgsDef): Pair[] {
  return Object.entries(args)
    .filter(([, definition]) => isWord(definition))
    .map(([name, definition]) => [hintOf(name, definition), aboutOf(name, definition)]);
}

/** How a command is called. */
export function usageOf({ meta, args, subCommands }: CliCommand): string {
  const words = Object.entries(args)
    .filter(([, definition]) => isWord(definition))
    .map(([name, definition]) => {
      const hint = hintOf(name, definition);
      return definition.required === false ? ` [${hint}]` : ` ${hint}`;
    });
  const command = Object.keys(subCommands).length > 0 ? " COMMAND" : "";
  return `btu${meta.name === "" ? "" : ` ${meta.name}`}${command}${words.join("")} [flags]`;
}

async function commandPairs(table: CommandTable): Promise<Pair[]> {
  const loaded = await Promise.all(
    Object.entries(table).map(async ([name, load]) => [name, await load()] as const),
  );
  return loaded.map(([name, { meta }]) => [name, meta.about]);
}

function paragraphs(texts: readonly string[], { width }: HelpOptions): string[] {
  return texts.flatMap((text) => ["", ...wrap(text, Math.min(width, WIDTH_MAX))]);
}

/** The lines of `btu --help`: all commands, in groups. */
async function rootHelp(root: CliCommand, options: HelpOptions): Promise<string[]> {
  const groups = await Promise.all(
    COMMAND_GROUPS.map(async ({ title, commands }) => ({
      title,
      entries: await commandPairs(commands),
    })),
  );
  const left = columnWidth(groups.flatMap(({ entries }) => entries));
  return [
    `${options.style.bold("Usage:")} ${usageOf(root)}`,
    ...paragraphs(root.meta.details ?? [], options),
    ...groups.flatMap(({ title, entries }) =>
      section(title, pairs(entries, options, left), options),
    ),
    ...section("Flags, anywhere in the line", pairs(flagPairs(GLOBAL_ARGS), options), options),
    ...section("Examples", exampleLines(root.meta.examples, options), options),
    ...section("Exit codes", pairs(exitCodePairs(root), options), options),
    "",
    "btu COMMAND --help tells more of a command.",
  ];
}

function exitCodePairs({ meta: { exitCodes = [] } }: CliCommand): Pair[] {
  return exitCodes.map(([code, meaning]) => [String(code), meaning]);
}

/** The lines of a command's help. */
export async function helpLines(command: CliCommand, options: HelpOptions): Promise<string[]> {
  const { meta, args, subCommands } = command;
  if (meta.name === "") return rootHelp(command, options);
  const table = (title: string, entries: readonly Pair[]): string[] =>
    section(title, pairs(entries, options), options);
  return [
    `${options.style.bold("Usage:")} ${usageOf(command)}`,
    "",
    ...wrap(`${meta.about}.`, Math.min(options.width, WIDTH_MAX)),
    ...paragraphs(meta.details ?? [], options),
    ...table("Commands", await commandPairs(subCommands)),
    ...table("Arguments", wordPairs(args)),
    ...table("Flags", flagPairs(args)),
    ...table("Flags of all commands", flagPairs(GLOBAL_ARGS)),
    ...section("Examples", exampleLines(meta.examples, options), options),
    ...table("Exit codes", exitCodePairs(command)),
  ];
}
