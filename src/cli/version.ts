/** `btu version`. */
import { describeError } from "../base/errors.ts";
import { commitText, versionText } from "../base/version.ts";
import { NoDaemonError } from "../control/client.ts";
import { builtinVersion } from "../cron/zone-builtin.ts";
import { asStatus } from "./answers.ts";
import { defineLeaf, JSON_ARG } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import { pad } from "./text.ts";
import { openZones } from "./zones.ts";

/** The JSON document. */
interface VersionDocument {
  readonly version: string;
  readonly commit: string | null;
  readonly bun: string;
  readonly zone_data: { readonly builtin: string; readonly used: string };
  /** The version of the running daemon; null when none can be asked. */
  readonly daemon: string | null;
}

const LABEL_WIDTH = 11;

async function daemonVersion(context: CliContext): Promise<string | null> {
  try {
    return asStatus(await context.ask("status")).daemon.version;
  } catch (error) {
    if (!(error instanceof NoDaemonError)) context.output.note(describeError(error));
    return null;
  }
}

/** The configuration's choice, if it can be read: who asks for a version may well not be allowed to. */
function zoneChoice(context: CliContext) {
  try {
    return context.config().config.zone_data;
  } catch {
    return "auto";
  }
}

function usedZones(context: CliContext): string {
  const { origin, version } = openZones(zoneChoice(context), context.env);
  return `${origin} ${version}`;
}

function zoneText({ builtin, used }: VersionDocument["zone_data"]): string {
  return used === `builtin ${builtin}` ? `${builtin}, built in` : `${used}; ${builtin} is built in`;
}

function lines({ version, bun, zone_data: zones, daemon }: VersionDocument): string[] {
  const table = [
    ["btu", version],
    ["daemon", daemon ?? "none can be asked"],
    ["Bun", bun],
    ["zone data", zoneText(zones)],
  ] as const;
  return table.map(([label, text]) => `${pad(label, LABEL_WIDTH)}${text}`);
}

/** The command. */
export const versionCommand = defineLeaf(
  {
    name: "version",
    about: "Versions of this program, the running daemon, Bun and the time zone data",
    needs: "nothing",
    details: [
      "btu and btu-daemon are one file. After an upgrade the daemon has to be restarted: until then it runs the version before.",
    ],
    examples: [
      ["btu version", "What to tell in a report of a fault"],
      ["btu version --json | jq -r .daemon", "The version that runs"],
      ["btu --version", "One line, without asking the daemon"],
    ],
  },
  JSON_ARG,
  async (flags, context) => {
    const { output } = context;
    const document: VersionDocument = {
      version: versionText,
      commit: commitText,
      bun: Bun.version,
      zone_data: { builtin: builtinVersion(), used: usedZones(context) },
      daemon: await daemonVersion(context),
    };
    if (flags.on("json")) output.json(document);
    else output.lines(lines(document));
    const { version, daemon } = document;
    if (daemon !== null && daemon !== version) {
      output.warn("the daemon runs another version than btu: restart it");
    }
    return EXIT.ok;
  },
);
