/** `btu config show`, `check` and `path`. */
import { existsSync } from "node:fs";
import { ConfigurationError } from "../base/errors.ts";
import { describeConfig } from "../config/describe.ts";
import type { DescribedKey } from "../config/describe.ts";
import { configPath, loadConfig } from "../config/load.ts";
import type { LoadedConfig } from "../config/load.ts";
import { ZoneError } from "../cron/zone.ts";
import { defineGroup, defineLeaf, JSON_ARG } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import type { Output } from "./output.ts";
import { openZones } from "./zones.ts";
import { tableLines } from "./table.ts";
import type { Column, TableOptions } from "./table.ts";

const BAD_CONFIGURATION = [EXIT.usage, "the configuration is wrong or cannot be read"] as const;

function columns({ style }: TableOptions): ReadonlyArray<Column<DescribedKey>> {
  return [
    { title: "KEY", cell: ({ key }) => key, paint: style.cyan },
    {
      title: "VALUE",
      cell: ({ text, when_unset: unset }) => text ?? `(${unset ?? "not set"})`,
      shrinkTo: 16,
      paint: (text, row) => (row.text === null ? style.dim(text) : text),
    },
    {
      title: "FROM",
      cell: ({ origin }) => origin,
      shrinkTo: 12,
      paint: (text, { origin }) => (origin === "default" ? style.dim(text) : text),
    },
  ];
}

function showLines(keys: readonly DescribedKey[], options: TableOptions): string[] {
  const sections = [...new Set(keys.map(({ section }) => section))];
  return sections.flatMap((section, index) => {
    const rows = keys.filter((key) => key.section === section);
    const title = options.style.bold(section);
    const [, ...lines] = tableLines(rows, columns(options), options);
    return [...(index === 0 ? [] : [""]), title, ...lines];
  });
}

const showCommand = defineLeaf(
  {
    name: "config show",
    about: "Every key with its value and where that came from; secrets as ***",
    needs: "the configuration",
    examples: [
      ["btu config show", "The whole configuration"],
      ["btu config show --json | jq '.[] | select(.origin != \"default\")'", "What was set"],
    ],
    exitCodes: [BAD_CONFIGURATION],
  },
  JSON_ARG,
  (flags, context) => {
    const { output } = context;
    const { config, origins } = context.config();
    const keys = describeConfig(config, origins);
    if (flags.on("json")) output.json(keys);
    else output.lines(showLines(keys, output));
    return Promise.resolve(EXIT.ok);
  },
);

/** Null for a time zone that the zone data know, else the hint to the one that is meant. */
function zoneJudge(context: CliContext): (zone: string) => string | null {
  const zones = openZones(context.config().config.zone_data, context.env);
  return (zone) => {
    try {
      zones.find(zone);
      return null;
    } catch (error) {
      if (error instanceof ZoneError) return error.hint;
      throw error;
    }
  };
}

function check(context: CliContext): LoadedConfig {
  const { env, configFile: file } = context;
  return loadConfig({ file, env, unknownZone: zoneJudge(context) });
}

function tellValid(path: string | null, warnings: readonly string[], output: Output): void {
  for (const warning of warnings) output.warn(warning);
  if (output.isQuiet) return;
  output.write(`${output.style.mark("ok")} valid: ${path ?? "from the environment"}\n`);
}

const checkCommand = defineLeaf(
  {
    name: "config check",
    about: "Look for faults in the configuration, and tell them all",
    needs: "the configuration",
    examples: [["btu config check --config new.toml", "Before it is put in its place"]],
    exitCodes: [[EXIT.ok, "no faults; there may be warnings"], BAD_CONFIGURATION],
  },
  JSON_ARG,
  (flags, context) => {
    const { output } = context;
    const isJson = flags.on("json");
    try {
      const { warnings, path } = check(context);
      if (isJson) output.json({ valid: true, path, faults: [], warnings });
      else tellValid(path, warnings, output);
      return Promise.resolve(EXIT.ok);
    } catch (error) {
      if (!(isJson && error instanceof ConfigurationError)) throw error;
      const { path } = configPath({ file: context.configFile, env: context.env });
      output.json({ valid: false, path, faults: error.faults, warnings: [] });
      return Promise.resolve(EXIT.usage);
    }
  },
);

const pathCommand = defineLeaf(
  {
    name: "config path",
    about: "Where the configuration file lies",
    needs: "nothing",
    examples: [["sudo editor $(btu config path)", "Edit it"]],
  },
  JSON_ARG,
  (flags, { output, env, configFile: file }) => {
    const { path, namedBy } = configPath({ file, env });
    const exists = existsSync(path);
    if (flags.on("json")) output.json({ path, named_by: namedBy, exists });
    else {
      output.write(`${path}\n`);
      if (!exists) output.note("there is no such file");
    }
    return Promise.resolve(EXIT.ok);
  },
);

/** The command. */
export const configCommand = defineGroup(
  {
    name: "config",
    about: "Show or check the configuration",
    examples: [
      ["btu config show", "Every key with its value and where that came from"],
      ["btu config check", "All faults at once"],
    ],
  },
  {
    show: () => Promise.resolve(showCommand),
    check: () => Promise.resolve(checkCommand),
    path: () => Promise.resolve(pathCommand),
    reload: async () => (await import("./config-reload.ts")).configReloadCommand,
  },
);
