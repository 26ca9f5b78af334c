/** Writes btu_scheduler.toml.example and docs/configuration.md from the schema: `bun scripts/make-config-docs.ts`. */
import { resolve } from "node:path";
import type { AnyKey, Section } from "../src/config/schema.ts";
import { RETIRED_KEYS } from "../src/config/legacy.ts";
import { KEYS, SECTIONS } from "../src/config/schema.ts";

const ROOT = resolve(import.meta.dir, "..");
const WIDTH = 98;

/** Comment lines of at most WIDTH characters. */
function comment(text: string): string[] {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

function heading(title: string): string {
  return `# ${`--- ${title} `.padEnd(WIDTH - 2, "-")}`;
}

/** What stands in the example file: the default, else the example. */
function settingOf(name: string, { kind, default: value, example }: AnyKey): string {
  return `${name} = ${kind.format(value ?? example)}`;
}

function notes({ kind, default: value, whenUnset }: AnyKey): string {
  const words = kind.words === undefined ? "" : ` Values: ${kind.expected}.`;
  return value === null && whenUnset !== undefined ? `${words} Not set: ${whenUnset}.` : words;
}

function starterPart({ title, keys }: Section): string[] {
  const starters = [...keys].filter(([, spec]) => spec.starter === true);
  if (starters.length === 0) return [];
  const lines = starters.flatMap(([name, spec]) => [...comment(spec.about), settingOf(name, spec)]);
  return ["", `# ${title}`, "#", ...lines];
}

function fullPart({ title, about, keys }: Section): string[] {
  const rest = [...keys].filter(([, spec]) => spec.starter !== true);
  if (rest.length === 0) return [];
  const lines = rest.flatMap(([name, spec]) => [
    "",
    ...comment(`${spec.about}${notes(spec)}`),
    `# ${settingOf(name, spec)}`,
  ]);
  return ["", "", heading(title), ...comment(about), ...lines];
}

const EXAMPLE_HEAD = [
  "# BTU Scheduler: the configuration, /etc/btu_scheduler/btu_scheduler.toml",
  "#",
  ...comment(
    "The first part is all that most sites need. Below it stands every other key with its default, " +
      "or with an example where it has none: remove the # before a line to set it.",
  ),
  "#",
  ...comment(
    "Each key can also be given in the environment, as BTU_SCHEDULER_RQ_HOST for rq_host, and each secret in a " +
      "file of its own, named by the key with _file at its end: sql_password_file. Judge this file with: " +
      "btu config check",
  ),
  "",
  "",
  heading("What most sites need"),
];

/** The text of btu_scheduler.toml.example. */
export function renderExample(): string {
  const lines = [...EXAMPLE_HEAD, ...SECTIONS.flatMap(starterPart), ...SECTIONS.flatMap(fullPart)];
  return `${lines.join("\n")}\n`;
}

/** Plain words such as "name" stay as they are; nobody would take the others for prose. */
const KEY_WORDS = new RegExp(
  `\\b(${[...KEYS.keys()].filter((key) => key.includes("_")).join("|")})\\b`,
  "g",
);

function prose(text: string): string {
  return text.replaceAll(/[|*[\]]/g, String.raw`\$&`).replaceAll(KEY_WORDS, "`$1`");
}

function row(name: string, spec: AnyKey): string {
  const value =
    spec.default === null
      ? prose(`not set: ${spec.whenUnset ?? ""}`)
      : `\`${spec.kind.format(spec.default)}\``;
  const secret = spec.secret === true ? ` Secret: also as \`${name}_file\`.` : "";
  const aliases = (spec.aliases ?? []).map((alias) => `\`${alias}\``).join(", ");
  const also = aliases === "" ? "" : ` Also called ${aliases}.`;
  const live = spec.live === true ? " Taken over on a reload." : "";
  const meaning = `${prose(spec.about)}${also}${secret}${live}`;
  return `| \`${name}\` | ${prose(spec.kind.expected)} | ${value} | ${meaning} |`;
}

function sectionPage({ title, about, keys }: Section): string[] {
  return [
    `## ${title}`,
    "",
    prose(about),
    "",
    "| Key | Value | Default | Meaning |",
    "|---|---|---|---|",
    ...[...keys].map(([name, spec]) => row(name, spec)),
    "",
  ];
}

const DOCS_HEAD = `# Configuration

<!-- Written by scripts/make-config-docs.ts from the schema in src/config; edit that. -->

The daemon and \`btu\` read one TOML file: the one that \`--config FILE\` names, else the one that
\`BTU_SCHEDULER_CONFIG\` names, else \`/etc/btu_scheduler/btu_scheduler.toml\`. Without a file the environment alone is
enough. \`btu_scheduler.toml.example\` shows every key.

- **Order**: a variable of the environment counts before the file, the file before the default. The variable of a key
  is \`BTU_SCHEDULER_\` and the key in upper case: \`BTU_SCHEDULER_RQ_HOST\`. An empty variable counts as absent.
- **The bench's files**: with \`bench_path\` and \`site\`, what \`sites/SITE/site_config.json\` and
  \`sites/common_site_config.json\` tell counts after all that and before the defaults. Read are \`db_type\`, \`db_name\`,
  \`db_user\`, \`db_password\`, \`db_host\`, \`db_port\`, \`db_socket\`, \`db_schema\`, \`db_ssl_ca\`, \`db_ssl_cert\`, \`db_ssl_key\`,
  \`redis_queue\`, \`use_rq_auth\`, \`rq_username\`, \`rq_password\`, \`bench_id\` and \`webserver_port\`. \`db_password\` is left alone
  when \`sql_user\` names another user. \`btu config show\` tells where each value came from.
- **Rules for some schedules** are tables, which TOML wants at the end of the file. The first whose pattern matches a
  schedule's id counts; \`*\` stands for any text, \`?\` for one character, and letter case counts:

  \`\`\`toml
  [[policy]]
  match = "TS-00004*"
  overlap = "skip"
  misfire = "skip"
  \`\`\`
- **Secrets** can stand in files of their own: \`sql_password_file = "/run/secrets/sql"\`, or
  \`BTU_SCHEDULER_SQL_PASSWORD_FILE\`. The end of the line is cut off. No output ever shows a secret.
- **Empty text** (\`""\`) means "not set" for keys that have no default.
- **Relative paths** start at the folder of the file; those in the environment at the folder of the process.
- **Letter case** of keys in the file does not count.
- **A running daemon** reads it again on \`btu config reload\` and on SIGHUP. Keys marked "taken over on a reload" then
  count at once; the others need a restart, and are named. A configuration with faults changes nothing.
- **Faults** are told all at once, each with its line: an unknown key, a value of the wrong kind, keys that contradict
  each other. \`btu config check\` looks for them; the daemon does not start with any (exit code 2).

`;

function retiredPart(): string[] {
  return [
    "## Keys of earlier daemons",
    "",
    'All keys of the earlier BTU daemons are accepted. Those in the tables above as "also called" mean the same. These have',
    "no effect any more; each is told once as a warning:",
    "",
    "| Key | Why |",
    "|---|---|",
    ...[...RETIRED_KEYS].map(([name, reason]) => `| \`${name}\` | ${prose(reason)} |`),
  ];
}

/** The text of docs/configuration.md. */
export function renderDocs(): string {
  const body = [...SECTIONS.flatMap(sectionPage), ...retiredPart()];
  return `${DOCS_HEAD}${body.join("\n")}\n`;
}

if (import.meta.main) {
  await Bun.write(resolve(ROOT, "btu_scheduler.toml.example"), renderExample());
  await Bun.write(resolve(ROOT, "docs/configuration.md"), renderDocs());
}
