/** Every command that is declared, for tests of what holds for all. */
import type { CliCommand } from "../../src/cli/command.ts";
import { rootCommand } from "../../src/cli/commands.ts";

/** A command, and the words that it is called by. */
export interface Declared {
  readonly name: string;
  readonly command: CliCommand;
}

async function below(command: CliCommand, words: readonly string[]): Promise<Declared[]> {
  const found: Declared[] = [];
  for (const [word, load] of Object.entries(command.subCommands)) {
    const child = await load();
    const path = [...words, word];
    found.push({ name: path.join(" "), command: child }, ...(await below(child, path)));
  }
  return found;
}

/** All commands, groups too, without `btu` itself. */
export const ALL_COMMANDS: readonly Declared[] = await below(rootCommand, []);
