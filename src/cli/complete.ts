/** What may stand at the end of a command line: `btu __complete WORD...`, which the completions of the shells call. */
import type { ArgDef, ArgsDef } from "citty";
import { EARLY_ARGS, flagsOf } from "./args.ts";
import type { Flag } from "./args.ts";
import { GLOBAL_ARGS } from "./command.ts";
import type { CliCommand } from "./command.ts";
import { choicesOf, hintOf, isWord } from "./hints.ts";

/** One word that may stand there, and what it means. */
export interface Candidate {
  readonly value: string;
  readonly about: string;
}

/** Things whose names are known only at run time, by the hint that stands for them in help. */
export type Kind = "SCHEDULE" | "TASK" | "QUEUE" | "JOB" | "ZONE";

/** What the shell is told: words to choose from, or that a file belongs there. */
export type Completion =
  | { readonly kind: "files" }
  | { readonly kind: "words"; readonly words: readonly Candidate[] };

/** Looks up the names of things; `configFile` is what `--config` names in the line. */
export type LookUp = (kind: Kind, configFile: string | undefined) => Promise<readonly Candidate[]>;

const KINDS: ReadonlyMap<string, Kind> = new Map([
  ["SCHEDULE", "SCHEDULE"],
  // An id of nothing in particular is that of a schedule.
  ["ID", "SCHEDULE"],
  ["TASK", "TASK"],
  ["QUEUE", "QUEUE"],
  ["JOB", "JOB"],
  ["ZONE", "ZONE"],
]);
const FILE_HINT = "FILE";
const NOTHING: Completion = { kind: "words", words: [] };

/** Where the walk through a line has come to; whatever is wrong in it is passed over. */
class Walk {
  command: CliCommand;
  flags: ReadonlyMap<string, Flag> = flagsOf(EARLY_ARGS);
  /** Names of the flags that were given. */
  readonly given = new Map<string, string | null>();
  /** A flag whose value comes next. */
  pending: Flag | null = null;
  words = 0;
  isAfterDashes = false;

  constructor(root: CliCommand) {
    this.command = root;
  }

  get isGroup(): boolean {
    return Object.keys(this.command.subCommands).length > 0;
  }

  async take(word: string): Promise<void> {
    if (this.pending !== null) {
      this.given.set(this.pending.name, word);
      this.pending = null;
    } else if (word === "--") this.isAfterDashes = true;
    else if (!this.isAfterDashes && word.startsWith("-") && word !== "-") this.#takeFlag(word);
    else if (this.isGroup) await this.#enter(word);
    else this.words += 1;
  }

  #takeFlag(word: string): void {
    const [typed = "", value] = word.split("=", 2);
    const flag = this.flags.get(typed);
    if (flag === undefined) return;
    this.given.set(flag.name, value ?? null);
    if (flag.definition.type !== "boolean" && value === undefined) this.pending = flag;
  }

  async #enter(word: string): Promise<void> {
    const { subCommands } = this.command;
    const load = Object.hasOwn(subCommands, word) ? subCommands[word] : undefined;
    if (load === undefined) return;
    this.command = await load();
    this.flags = flagsOf(this.isGroup ? EARLY_ARGS : { ...this.command.args, ...GLOBAL_ARGS });
  }
}

const HELP: Candidate = { value: "help", about: "Tell all of a command" };

async function commandNames({ meta, subCommands }: CliCommand): Promise<Candidate[]> {
  const names = await Promise.all(
    Object.entries(subCommands).map(async ([value, load]) => ({
      value,
      about: (await load()).meta.about,
    })),
  );
  return meta.name === "" ? [...names, HELP] : names;
}

/** Flags that were not given yet. */
function flagNames({ flags, given }: Walk): Candidate[] {
  return [...flags]
    .filter(([typed, { name }]) => typed.startsWith("--") && !given.has(name))
    .map(([value, { definition, isOn }]) => ({ value, about: aboutFlag(definition, isOn) }));
}

function aboutFlag(definition: ArgDef, isOn: boolean): string {
  if (isOn || !("negativeDescription" in definition)) return definition.description ?? "";
  return definition.negativeDescription ?? "";
}

function nthWord(args: ArgsDef, index: number): [name: string, definition: ArgDef] | null {
  return Object.entries(args).filter(([, definition]) => isWord(definition))[index] ?? null;
}

/** Answers for one line. */
class Completer {
  readonly #walk: Walk;
  readonly #current: string;
  readonly #lookUp: LookUp;

  constructor(walk: Walk, current: string, lookUp: LookUp) {
    this.#walk = walk;
    this.#current = current;
    this.#lookUp = lookUp;
  }

  answer(): Promise<Completion> {
    const { pending, isAfterDashes, isGroup, command, words } = this.#walk;
    if (pending !== null) return this.#values(pending.name, pending.definition);
    if (!isAfterDashes && this.#current.startsWith("-")) return this.#flags();
    if (isGroup) return commandNames(command).then((names) => this.#choose(names));
    const word = nthWord(command.args, words);
    return word === null ? Promise.resolve(NOTHING) : this.#values(...word);
  }

  #choose(candidates: readonly Candidate[], head = ""): Completion {
    const whole = candidates.map(({ value, about }) => ({ value: `${head}${value}`, about }));
    return {
      kind: "words",
      words: whole.filter(({ value }) => value.startsWith(this.#current)),
    };
  }

  async #flags(): Promise<Completion> {
    const equals = this.#current.indexOf("=");
    if (equals < 0) return this.#choose(flagNames(this.#walk));
    const flag = this.#walk.flags.get(this.#current.slice(0, equals));
    if (flag === undefined || flag.definition.type === "boolean") return NOTHING;
    return this.#values(flag.name, flag.definition, this.#current.slice(0, equals + 1));
  }

  async #values(name: string, definition: ArgDef, head = ""): Promise<Completion> {
    const choices = choicesOf(definition);
    if (choices !== null) {
      return this.#choose(
        choices.map((value) => ({ value, about: "" })),
        head,
      );
    }
    const hint = hintOf(name, definition);
    if (hint === FILE_HINT) return { kind: "files" };
    const kind = KINDS.get(hint);
    if (kind === undefined) return NOTHING;
    const configFile = this.#walk.given.get("config") ?? undefined;
    return this.#choose(await this.#lookUp(kind, configFile), head);
  }
}

/** What may stand in the place of the last of `words`, which follow the program's name. */
export async function complete(
  root: CliCommand,
  words: readonly string[],
  lookUp: LookUp,
): Promise<Completion> {
  const walk = new Walk(root);
  for (const word of words.slice(0, -1)) await walk.take(word);
  return new Completer(walk, words.at(-1) ?? "", lookUp).answer();
}
