/** From the command line to the exit code. */
import { describeError, UsageError } from "../base/errors.ts";
import { versionLine } from "../base/version.ts";
import { NoDaemonError } from "../control/client.ts";
import { colorChoice, CommandLineError, MissingCommandError, readCommandLine } from "./args.ts";
import type { CommandLine } from "./args.ts";
import type { CallOptions } from "./call.ts";
import { rootCommand } from "./commands.ts";
import { DAEMON_WAY_OUT, EXIT, exitCodeOf } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { ClosedPipeError, Output } from "./output.ts";

/** Where to look further. */
function wayOut(error: unknown, name: string): string {
  if (error instanceof NoDaemonError) return `\n${DAEMON_WAY_OUT}`;
  if (!(error instanceof UsageError)) return "";
  return `\nTry: btu ${name === "" ? "" : `${name} `}--help`;
}

async function runLine(line: CommandLine, call: CallOptions, output: Output): Promise<ExitCode> {
  const { command, rawArgs, globals } = line;
  if (globals.version) {
    const { builtinVersion } = await import("../cron/zone-builtin.ts");
    output.write(`${versionLine("btu", builtinVersion())}\n`);
    return EXIT.ok;
  }
  if (globals.help) {
    const { helpLines } = await import("./help.ts");
    output.lines(await helpLines(command, output));
    return EXIT.ok;
  }
  // Brings the configuration's schema with it, which neither help nor the version needs.
  const { CliContext } = await import("./context.ts");
  const { screen } = call;
  const context = new CliContext({
    ...call,
    env: screen.env,
    output,
    configFile: globals.config,
  });
  return command.run(rawArgs, context);
}

/** Somebody who names no command wants to know which there are; a script that does so has a fault. */
async function explain({ group }: MissingCommandError, output: Output): Promise<ExitCode> {
  const { helpLines } = await import("./help.ts");
  output.explain(await helpLines(group, { style: output.errorStyle, width: output.width }));
  return EXIT.usage;
}

/** What the shells' completions call; no command, because what it takes is not a whole command line. */
const COMPLETE_WORD = "__complete";

async function completeLine(call: CallOptions): Promise<ExitCode> {
  const { runComplete } = await import("./complete-run.ts");
  await runComplete(call.argv.slice(1), call);
  return EXIT.ok;
}

/** Runs one command line; everything that can go wrong becomes a text and an exit code. */
export async function runCli(call: CallOptions): Promise<ExitCode> {
  let output = new Output(call.screen, { color: colorChoice(call.argv) });
  let name = "";
  try {
    if (call.argv[0] === COMPLETE_WORD) return await completeLine(call);
    const line = await readCommandLine(rootCommand, call.argv);
    name = line.command.meta.name;
    output = new Output(call.screen, line.globals);
    for (const note of line.notes) output.note(note);
    return await runLine(line, call, output);
  } catch (error) {
    if (error instanceof ClosedPipeError) return EXIT.ok;
    if (error instanceof MissingCommandError) return explain(error, output);
    if (error instanceof CommandLineError) name = error.commandName;
    const text =
      error instanceof Error && exitCodeOf(error) === EXIT.usage
        ? error.message
        : describeError(error);
    output.error(`${text}${wayOut(error, name)}`);
    return exitCodeOf(error);
  }
}
