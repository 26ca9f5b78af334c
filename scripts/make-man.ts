/** Writes the manual pages from what help and configuration are made of: `bun scripts/make-man.ts [FOLDER]`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { GLOBAL_ARGS } from "../src/cli/command.ts";
import type { CliCommand } from "../src/cli/command.ts";
import { COMMAND_GROUPS, rootCommand } from "../src/cli/commands.ts";
import { ENVIRONMENT } from "../src/cli/environment.ts";
import { EXIT_MEANINGS } from "../src/cli/exit.ts";
import { flagPairs, usageOf, wordPairs } from "../src/cli/help.ts";
import type { Pair } from "../src/cli/help.ts";
import { RETIRED_KEYS } from "../src/config/legacy.ts";
import type { AnyKey, Section } from "../src/config/schema.ts";
import { SECTIONS } from "../src/config/schema.ts";
import {
  DAEMON_ABOUT,
  DAEMON_DETAILS,
  DAEMON_EXIT_CODES,
  DAEMON_FLAGS,
  DAEMON_SIGNALS,
} from "../src/daemon-usage.ts";
import {
  bold,
  escaped,
  example,
  heading,
  item,
  pageStart,
  paragraphs,
  prose,
  slanted,
  subheading,
  within,
} from "./lib/roff.ts";

const CONFIG_FILE = "/etc/btu_scheduler/btu_scheduler.toml";

function items(entries: readonly Pair[]): string[] {
  return entries.flatMap(([what, meaning]) => item(bold(what), [prose(meaning)]));
}

function seeAlso(pages: ReadonlyArray<readonly [name: string, section: number]>): string[] {
  const links = pages.map(([name, section]) => `${bold(name)}(${section})`);
  return [...heading("See also"), links.join(", ")];
}

function exitCodes(codes: CliCommand["meta"]["exitCodes"]): string[] {
  if (codes === undefined) return [];
  const texts = codes.map(([code, meaning]) => `${code}: ${meaning}`);
  return [".PP", prose(`Exit codes: ${texts.join("; ")}.`)];
}

function examplesOf({ meta: { examples } }: CliCommand): string[] {
  return examples.flatMap(([typed, does]) => [...example([typed]), ...within([prose(does)])]);
}

async function commandPart(command: CliCommand): Promise<string[]> {
  const { meta, args, subCommands } = command;
  const children = await Promise.all(Object.values(subCommands).map((load) => load()));
  if (children.length > 0) return (await Promise.all(children.map(commandPart))).flat();
  const usage = usageOf(command).replace(/ \[flags\]$/, "");
  const [words, flags] = [items(wordPairs(args)), items(flagPairs(args))];
  return [
    ...item(bold(usage), [prose(`${meta.about}.`)]),
    ...within([
      ...paragraphs(meta.details ?? []),
      ...words,
      ...flags,
      ...exitCodes(meta.exitCodes),
      ...examplesOf(command),
    ]),
  ];
}

async function commandParts(): Promise<string[]> {
  const parts = await Promise.all(
    COMMAND_GROUPS.map(async ({ title, commands }) => {
      const loaded = await Promise.all(Object.values(commands).map((load) => load()));
      const texts = await Promise.all(loaded.map(commandPart));
      return texts.length === 0 ? [] : [...subheading(title), ...texts.flat()];
    }),
  );
  return parts.flat();
}

/** The text of btu.1. */
export async function renderCommandPage(): Promise<string[]> {
  const { about, details = [], examples } = rootCommand.meta;
  return [
    ...pageStart("btu", 1, packageJson.version),
    ...heading("Name"),
    `btu ${String.raw`\-`} ${prose(about.toLowerCase().replace("btu", "BTU"))}`,
    ...heading("Synopsis"),
    `${bold("btu")} ${slanted("COMMAND")} [${slanted("flags")}]`,
    ...heading("Description"),
    ...paragraphs(details),
    ...heading("Commands"),
    ...(await commandParts()),
    ...heading("Flags of all commands"),
    ...paragraphs(["They may stand anywhere in the line. After -- come words only."]),
    ...items(flagPairs(GLOBAL_ARGS)),
    ...heading("Exit status"),
    ...items(EXIT_MEANINGS.map(([code, meaning]) => [String(code), meaning])),
    ...heading("Environment"),
    ...items(ENVIRONMENT),
    ...heading("Files"),
    ...items([[CONFIG_FILE, "the configuration, unless another one is named"]]),
    ...heading("Examples"),
    ...examples.flatMap(([typed, does]) => [...example([typed]), ...within([prose(does)])]),
    ...seeAlso([
      ["btu-daemon", 8],
      ["btu_scheduler.toml", 5],
    ]),
  ];
}

/** The text of btu-daemon.8. */
export function renderDaemonPage(): string[] {
  return [
    ...pageStart("btu-daemon", 8, packageJson.version),
    ...heading("Name"),
    String.raw`btu-daemon \- puts RQ jobs on their queues at the second they are due`,
    ...heading("Synopsis"),
    `${bold("btu-daemon")} [${slanted("flags")}]`,
    ...heading("Description"),
    ...paragraphs([DAEMON_ABOUT, DAEMON_DETAILS]),
    ...heading("Options"),
    ...items(DAEMON_FLAGS),
    ...heading("Signals"),
    ...items(DAEMON_SIGNALS),
    ...heading("Exit status"),
    ...items(DAEMON_EXIT_CODES),
    ...heading("Environment"),
    ...items([
      ["BTU_SCHEDULER_CONFIG", "configuration to use, unless --config names another"],
      [
        "BTU_SCHEDULER_…",
        "any key of the configuration, such as BTU_SCHEDULER_RQ_HOST for rq_host",
      ],
      ["TZDIR", "folder of the system's time zone files"],
    ]),
    ...heading("Files"),
    ...items([[CONFIG_FILE, "the configuration, unless another one is named"]]),
    ...seeAlso([
      ["btu", 1],
      ["btu_scheduler.toml", 5],
      ["systemctl", 1],
      ["journalctl", 1],
    ]),
  ];
}

function defaultText({ default: value, whenUnset, kind }: AnyKey): string {
  return value === null
    ? `Not set: ${whenUnset ?? "it has no effect"}.`
    : `Default: ${kind.format(value)}.`;
}

function keyPart([name, spec]: readonly [string, AnyKey]): string[] {
  const aliases = spec.aliases ?? [];
  const secret =
    spec.secret === true ? ` It is never shown; ${name}_file names a file with it.` : "";
  const also = aliases.length === 0 ? "" : ` Also called ${aliases.join(", ")}.`;
  return item(`${bold(name)} = ${slanted(spec.kind.expected)}`, [
    prose(`${spec.about}${also}${secret}`),
    ".br",
    prose(defaultText(spec)),
  ]);
}

function sectionPart({ title, about, keys }: Section): string[] {
  return [...subheading(title), ...paragraphs([about]), ...[...keys].flatMap(keyPart)];
}

const CONFIG_INTRODUCTION = [
  "The daemon and btu read one TOML file: the one that --config names, else the one that BTU_SCHEDULER_CONFIG names, else " +
    `${CONFIG_FILE}. Without a file the environment alone is enough.`,
  "A variable of the environment counts before the file, the file before the default. The variable of a key is BTU_SCHEDULER_ " +
    "and the key in upper case: BTU_SCHEDULER_RQ_HOST. An empty variable counts as absent.",
  "With bench_path and site, what the site's own files tell counts after all that and before the defaults.",
  "Relative paths start at the folder of the file, those in the environment at the folder of the process. Letter case of keys " +
    "does not count. An empty text means that a key without a default is not set.",
  "Faults are told all at once, each with its line; with any the daemon does not start. To look for them: btu config check. To " +
    "see each value and where it came from: btu config show.",
];

const POLICY_EXAMPLE = [
  "[[policy]]",
  'match = "TS-00004*"',
  'overlap = "skip"',
  'misfire = "skip"',
];

/** The text of btu_scheduler.toml.5. */
export function renderConfigPage(): string[] {
  return [
    ...pageStart("btu_scheduler.toml", 5, packageJson.version),
    ...heading("Name"),
    String.raw`btu_scheduler.toml \- configuration of BTU Scheduler`,
    ...heading("Description"),
    ...paragraphs(CONFIG_INTRODUCTION),
    ...heading("Keys"),
    ...SECTIONS.flatMap(sectionPart),
    ...heading("Rules for some schedules"),
    ...paragraphs([
      "They are tables at the end of the file. The first whose pattern matches a schedule's id counts; * stands for any text, ? for one character.",
    ]),
    ...example(POLICY_EXAMPLE),
    ...heading("Keys of earlier daemons"),
    ...paragraphs(["These are accepted and have no effect; each is told once as a warning."]),
    ...items([...RETIRED_KEYS]),
    ...heading("Files"),
    escaped(CONFIG_FILE),
    ...seeAlso([
      ["btu", 1],
      ["btu-daemon", 8],
    ]),
  ];
}

/** Every page by its path below a folder `man`. */
export async function renderManPages(): Promise<ReadonlyMap<string, string>> {
  const pages = [
    ["man1/btu.1", await renderCommandPage()],
    ["man8/btu-daemon.8", renderDaemonPage()],
    ["man5/btu_scheduler.toml.5", renderConfigPage()],
  ] as const;
  return new Map(pages.map(([path, lines]) => [path, `${lines.join("\n")}\n`]));
}

/** Writes all pages below a folder. */
export async function writeManPages(folder: string): Promise<void> {
  for (const [path, text] of await renderManPages()) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

if (import.meta.main) {
  await writeManPages(process.argv[2] ?? resolve(import.meta.dir, "../dist/man"));
}
