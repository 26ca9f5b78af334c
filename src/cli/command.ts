/** What a command is: data for help, completion and manual pages, and the function that does the work. */
import { defineCommand, runCommand } from "citty";
import type { ArgsDef } from "citty";
import type { CliContext } from "./context.ts";
import type { ExitCode } from "./exit.ts";
import { EXIT } from "./exit.ts";
import { Flags } from "./flags.ts";

/** What is told of a command. */
export interface CommandMeta {
  /** As it is typed after `btu`: `status`, `config show`. */
  readonly name: string;
  /** One line, without a period. */
  readonly about: string;
  /** Paragraphs. */
  readonly details?: readonly string[];
  /** What to type, and what that does. */
  readonly examples: ReadonlyArray<readonly [typed: string, does: string]>;
  /** The exit codes that mean something of their own here. */
  readonly exitCodes?: ReadonlyArray<readonly [code: ExitCode, meaning: string]>;
  /** What to say to more words than the command takes. */
  readonly tooMany?: string;
  /** What must be there for it to work; docs/cli.md tells it. */
  readonly needs?: Needs;
}

/** The daemon is asked over its socket; the configuration tells where schedules and Redis are. */
type Needs =
  | "the daemon"
  | "the daemon, else the configuration"
  | "the configuration"
  | "the configuration, Redis"
  | "the configuration, the web server"
  | "nothing";

/** Commands by the word they are called by; each is loaded when it is needed. */
export type CommandTable = Readonly<Record<string, () => Promise<CliCommand>>>;

/** One command, or a group of them. */
export interface CliCommand {
  readonly meta: CommandMeta;
  /** Its own flags and words, as citty takes them; a name in camel case is a flag in kebab case. */
  readonly args: ArgsDef;
  readonly subCommands: CommandTable;
  /** Takes arguments that were checked by `args.ts`. */
  run(rawArgs: readonly string[], context: CliContext): Promise<ExitCode>;
}

/** The flag of every command that prints data. */
export const JSON_ARG = {
  json: { type: "boolean", description: "Print JSON for programs; docs/cli-json.md describes it" },
} as const satisfies ArgsDef;

/** The flags that may stand anywhere in the line. */
export const GLOBAL_ARGS = {
  config: {
    type: "string",
    valueHint: "FILE",
    description: "Configuration to use, in place of BTU_SCHEDULER_CONFIG and the default path",
  },
  quiet: {
    type: "boolean",
    alias: "q",
    description: "Only problems and what was asked for: no notes, nothing that says all is well",
  },
  color: {
    type: "boolean",
    description: "Colours even where output is no terminal",
    negativeDescription: "No colours, as with the variable NO_COLOR",
  },
  help: { type: "boolean", alias: "h", description: "Print help and end" },
  version: { type: "boolean", alias: "V", description: "Print the version and end" },
} as const satisfies ArgsDef;

/** Defines a command that does something. */
export function defineLeaf<const T extends ArgsDef>(
  meta: CommandMeta,
  args: T,
  work: (flags: Flags<keyof T & string>, context: CliContext) => Promise<ExitCode>,
): CliCommand {
  return {
    meta,
    args,
    subCommands: {},
    run: async (rawArgs, context) => {
      let code: ExitCode = EXIT.ok;
      const command = defineCommand({
        meta: { name: meta.name, description: meta.about },
        args,
        run: async ({ args: parsed }) => {
          context.progress.begin("working");
          code = await work(new Flags(parsed), context);
        },
      });
      try {
        await runCommand(command, { rawArgs: [...rawArgs] });
        return code;
      } finally {
        context.progress.stop();
      }
    },
  };
}

/** Defines a command that only holds others. */
export function defineGroup(meta: CommandMeta, subCommands: CommandTable): CliCommand {
  return { meta, args: {}, subCommands, run: () => Promise.resolve(EXIT.usage) };
}
