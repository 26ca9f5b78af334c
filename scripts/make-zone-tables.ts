/**
 * Makes `src/cron/zone-tables.txt` from compiled time-zone files: `bun scripts/make-zone-tables.ts DIRECTORY`.
 *
 * DIRECTORY is a tree of TZif files with the release's `tzdata.zi`, such as /usr/share/zoneinfo of an up-to-date tzdata
 * package or `tzdata/zoneinfo` in the PyPI package `tzdata`. The names are those of `tzdata.zi`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { readTzif, trimmed, writtenOut } from "../src/cron/tzif.ts";
import type { ZoneRules } from "../src/cron/tzif.ts";
import { readZoneLine, writeZoneLine } from "../src/cron/zone-line.ts";
import { isZoneName, readTzdataZi } from "../src/cron/zone-names.ts";
import { zoneTable } from "../src/cron/zone.ts";

const OUTPUT = join(import.meta.dir, "../src/cron/zone-tables.txt");

function checkedLine(names: readonly string[], rules: ZoneRules): string {
  const line = writeZoneLine(names, rules);
  const [before, after] = [rules, readZoneLine(line)].map((each) => zoneTable(writtenOut(each)));
  if (before?.fingerprint !== after?.fingerprint) throw new Error(`"${line}" reads differently`);
  return line;
}

function makeTables(directory: string): string {
  const data = readTzdataZi(readFileSync(join(directory, "tzdata.zi"), "utf8"));
  const namesByRules = new Map<string, { names: string[]; rules: ZoneRules }>();
  for (const name of [...data.zones, ...data.links.keys()].filter(isZoneName).toSorted()) {
    const rules = trimmed(readTzif(readFileSync(join(directory, name))));
    const key = writeZoneLine([], rules);
    const group = namesByRules.get(key) ?? { names: [], rules };
    group.names.push(name);
    namesByRules.set(key, group);
  }
  const lines = namesByRules.values().map(({ names, rules }) => checkedLine(names, rules));
  return `${[data.version, ...lines].join("\n")}\n`;
}

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error("give the directory of the time zone files");
const text = makeTables(directory);
writeFileSync(OUTPUT, text);
process.stdout.write(`${OUTPUT}: ${text.slice(0, text.indexOf("\n"))}, ${text.length} bytes\n`);
