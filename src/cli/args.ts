/**
 * The command line, checked. citty takes unknown flags and surplus words in silence, so every word is checked here first and
 * handed to it in a form that leaves nothing to guess.
 */
import type { ArgDef, ArgsDef } from "citty";
import { UsageError } from "../base/errors.ts";
import { suggestion } from "../base/suggest.ts";
import { GLOBAL_ARGS, JSON_ARG } from "./command.ts";
import type { CliCommand } from "./command.ts";
import { flagName } from "./flags.ts";
import { choicesOf, hintOf, isWord } from "./hints.ts";
import { OLD_FLAG_NOTE, OLD_FLAGS, renew } from "./old-names.ts";

/** What the flags that may stand anywhere say. */
export interface GlobalFlags {
  readonly config: string | undefined;
  readonly quiet: boolean;
  readonly color: boolean | undefined;
  readonly help: boolean;
  readonly version: boolean;
}

/** A command line that was understood. */
export interface CommandLine {
  readonly command: CliCommand;
  /** Flags as `--name` or `--name=value`, then `--`, then the words. */
  readonly rawArgs: readonly string[];
  readonly globals: GlobalFlags;
  /** What to tell of names that are out of use. */
  readonly notes: readonly string[];
}

/** The command line is wrong; `commandName` tells whose help to look at, empty for `btu` itself. */
export class CommandLineError extends UsageError {
  readonly commandName: string;

  constructor(commandName: string, message: string) {
    super(message);
    this.commandName = commandName;
  }
}

/** A group was named and none of its commands: its help says which there are. */
export class MissingCommandError extends CommandLineError {
  readonly group: CliCommand;

  constructor(group: CliCommand) {
    super(group.meta.name, "a command is missing");
    this.group = group;
  }
}

/** Words that name a thing, by their hints: none has an empty name. */
const NAMES: ReadonlySet<string> = new Set(["SCHEDULE", "TASK", "JOB", "QUEUE"]);

/** A flag of a command. */
export interface Flag {
  readonly name: string;
  readonly definition: ArgDef;
  /** False for `--no-name`. */
  readonly isOn: boolean;
}

/** Where no command is known yet, so that flags which nearly all commands take may stand before it. */
export const EARLY_ARGS: ArgsDef = { ...GLOBAL_ARGS, ...JSON_ARG };

/** Stands for all flags that are accepted and do nothing. */
const OLD_FLAG: Flag = { name: "out of use", definition: { type: "boolean" }, isOn: true };

/** The flags of some arguments by the form they are typed in. */
export function flagsOf(args: ArgsDef): Map<string, Flag> {
  const flags = new Map<string, Flag>();
  for (const [name, definition] of Object.entries(args)) {
    if (isWord(definition)) continue;
    flags.set(flagName(name), { name, definition, isOn: true });
    if ("negativeDescription" in definition) {
      flags.set(`--no-${name}`, { name, definition, isOn: false });
    }
    const { alias = [] } = "alias" in definition ? definition : {};
    for (const letter of [alias].flat()) flags.set(`-${letter}`, { name, definition, isOn: true });
  }
  return flags;
}

/** Reads one command line from left to right. */
class Reader {
  #command: CliCommand;
  readonly #argv: readonly string[];
  #at = 0;
  #flags: ReadonlyMap<string, Flag> = flagsOf(EARLY_ARGS);
  readonly #values = new Map<string, string | boolean>();
  readonly #words: string[] = [];
  readonly #notes = new Set<string>();

  constructor(root: CliCommand, argv: readonly string[]) {
    this.#command = root;
    this.#argv = argv;
  }

  async read(): Promise<CommandLine> {
    while (this.#at < this.#argv.length) {
      const token = this.#take() ?? "";
      if (token === "--") this.#words.push(...this.#argv.slice(this.#at));
      if (token === "--") break;
      if (token.startsWith("--")) this.#readLong(token);
      else if (token.startsWith("-") && token !== "-") this.#readShort(token);
      else if (this.#isGroup) await this.#enter(token);
      else this.#words.push(token);
    }
    return this.#result();
  }

  /** The command that is named, whatever is wrong with the rest. */
  async seek(): Promise<CliCommand> {
    for (let token = this.#take(); token !== undefined && this.#isGroup; token = this.#take()) {
      if (token === "--config") this.#take();
      else if (!token.startsWith("-")) await this.#enter(token);
    }
    return this.#command;
  }

  get #isGroup(): boolean {
    return Object.keys(this.#command.subCommands).length > 0;
  }

  #take(): string | undefined {
    const token = this.#argv[this.#at];
    this.#at += 1;
    return token;
  }

  #fail(message: string): never {
    throw new CommandLineError(this.#command.meta.name, message);
  }

  async #enter(word: string): Promise<void> {
    const { subCommands } = this.#command;
    const load = Object.hasOwn(subCommands, word) ? subCommands[word] : undefined;
    if (load === undefined) {
      this.#fail(`unknown command "${word}"${suggestion(word, Object.keys(subCommands))}`);
    }
    this.#command = await load();
    const args = this.#isGroup ? EARLY_ARGS : { ...GLOBAL_ARGS, ...this.#command.args };
    this.#flags = flagsOf(args);
    if (this.#values.has("json") && !("json" in args)) this.#fail('unknown flag "--json"');
  }

  #find(typed: string): Flag {
    const flag = this.#flags.get(typed);
    if (flag !== undefined) return flag;
    if (OLD_FLAGS.includes(typed)) {
      this.#notes.add(OLD_FLAG_NOTE);
      return OLD_FLAG;
    }
    const known = [...this.#flags.keys()].filter((name) => name.startsWith("--"));
    const advice = suggestion(typed, known);
    const where = this.#isGroup && advice === "" ? "; flags of a command stand after its name" : "";
    return this.#fail(`unknown flag "${typed}"${advice}${where}`);
  }

  #readLong(token: string): void {
    const equals = token.indexOf("=");
    const typed = equals < 0 ? token : token.slice(0, equals);
    this.#set(this.#find(typed), typed, equals < 0 ? null : token.slice(equals + 1));
  }

  /** `-q`, `-n5`, `-n 5`, `-qn5`. */
  #readShort(token: string): void {
    for (let index = 1; index < token.length; index += 1) {
      const typed = `-${token.charAt(index)}`;
      const flag = this.#find(index === 1 && !this.#flags.has(typed) ? token : typed);
      const isSwitch = flag.definition.type === "boolean";
      const rest = token.slice(index + 1);
      this.#set(flag, typed, isSwitch || rest === "" ? null : rest);
      if (!isSwitch) return;
    }
  }

  #set({ name, definition, isOn }: Flag, typed: string, inline: string | null): void {
    if (definition.type === "boolean") {
      if (inline !== null) this.#fail(`"${typed}" takes no value`);
      this.#values.set(name, isOn);
      return;
    }
    const value = inline ?? this.#valueAfter(typed);
    if (value === "") this.#fail(`"${typed}" needs a value that is not empty`);
    this.#checkChoice(typed, value, definition);
    this.#values.set(name, value);
  }

  #checkChoice(typed: string, value: string, definition: ArgDef): void {
    const choices = choicesOf(definition);
    if (choices === null || choices.includes(value)) return;
    this.#fail(`${typed} "${value}": expected ${choices.join(", ")}${suggestion(value, choices)}`);
  }

  #valueAfter(typed: string): string {
    const value = this.#take();
    if (value === undefined) return this.#fail(`"${typed}" needs a value after it`);
    if (!value.startsWith("-") || value === "-") return value;
    return this.#fail(
      `"${typed}" needs a value after it; write ${typed}=${value} if that is the value`,
    );
  }

  #checkWords(): void {
    const wanted = Object.entries(this.#command.args).filter(([, one]) => isWord(one));
    const surplus = this.#words[wanted.length];
    if (surplus !== undefined) {
      const { tooMany } = this.#command.meta;
      this.#fail(`unexpected "${surplus}"${tooMany === undefined ? "" : `; ${tooMany}`}`);
    }
    for (const [index, [name, definition]] of wanted.entries()) {
      const word = this.#words[index];
      const isEmpty = word === "" && NAMES.has(hintOf(name, definition));
      // A variable of a script that is not set, mostly.
      if (isEmpty) this.#fail(`${hintOf(name, definition)} is empty`);
      if (word !== undefined) this.#checkChoice(name, word, definition);
      else if (definition.required !== false) this.#fail(`${hintOf(name, definition)} is missing`);
    }
  }

  #result(): CommandLine {
    const globals = this.#globals();
    if (!globals.version && this.#isGroup) throw new MissingCommandError(this.#command);
    if (!globals.version) this.#checkWords();
    const flags = [...this.#values]
      .filter(([name]) => !(name in GLOBAL_ARGS) && name !== OLD_FLAG.name)
      .map(([name, value]) => (value === true ? `--${name}` : `--${name}=${value}`));
    const rawArgs = [...flags, "--", ...this.#words];
    return { command: this.#command, rawArgs, globals, notes: [...this.#notes] };
  }

  #globals(): GlobalFlags {
    const config = this.#values.get("config");
    const color = this.#values.get("color");
    return {
      config: typeof config === "string" ? config : undefined,
      color: typeof color === "boolean" ? color : undefined,
      quiet: this.#values.has("quiet"),
      help: false,
      version: this.#values.has("version"),
    };
  }
}

/** Whether somebody asks for help, however wrong the rest of the line is. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  const flags = end < 0 ? argv : argv.slice(0, end);
  return flags.includes("--help") || flags.includes("-h");
}

/** What is said about colours, also in a line that is wrong otherwise. */
export function colorChoice(argv: readonly string[]): boolean | undefined {
  if (argv.includes("--no-color")) return false;
  return argv.includes("--color") ? true : undefined;
}

/**
 * Reads a command line; `btu help status` is `btu status --help`.
 *
 * @throws CommandLineError naming the word at fault and, where one is near, what was probably meant.
 */
export async function readCommandLine(
  root: CliCommand,
  argv: readonly string[],
): Promise<CommandLine> {
  const { argv: renewed, note } = renew(argv);
  const [first, ...rest] = renewed;
  const words = first === "help" ? [...rest, "--help"] : renewed;
  const reader = new Reader(root, words);
  const notes = note === null ? [] : [note];
  if (!asksForHelp(words)) {
    const line = await reader.read();
    return { ...line, notes: [...notes, ...line.notes] };
  }
  const globals = {
    config: undefined,
    color: colorChoice(words),
    quiet: false,
    help: true,
    version: false,
  };
  return { command: await reader.seek(), rawArgs: [], globals, notes };
}
