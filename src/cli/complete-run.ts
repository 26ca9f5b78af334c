/** The work of `btu __complete`: asks the daemon for names, and prints what the shells read. */
import { withDeadline } from "../base/abort.ts";
import { BuiltinZones } from "../cron/zone-builtin.ts";
import { asRows, asStatus } from "./answers.ts";
import { rootCommand } from "./commands.ts";
import { complete } from "./complete.ts";
import type { Candidate, Completion, Kind, LookUp } from "./complete.ts";
import { CliContext } from "./context.ts";
import { Output } from "./output.ts";
import type { CallOptions } from "./call.ts";
import { oneLine } from "./text.ts";

/** Whoever pressed a key waits; a daemon with many thousand schedules needs a part of it. */
const ANSWER_TIMEOUT_MS = 700;

/** Each value once, with what was said of it first. */
function distinct(candidates: readonly Candidate[]): Candidate[] {
  const byValue = new Map<string, Candidate>();
  for (const one of candidates) if (!byValue.has(one.value)) byValue.set(one.value, one);
  return [...byValue.values()];
}

/** @throws DeadlineError when somebody would wait too long. */
function ask(type: string, context: CliContext): Promise<unknown> {
  const { clock } = context;
  const options = { clock, timeoutMs: ANSWER_TIMEOUT_MS, action: "ask the daemon for names" };
  return withDeadline(options, () => context.ask(type));
}

async function namesOf(kind: Kind, context: CliContext): Promise<Candidate[]> {
  if (kind === "ZONE") {
    return [...new BuiltinZones().names()].map((value) => ({ value, about: "" }));
  }
  if (kind === "JOB") {
    const { last_firings: firings } = asStatus(await ask("status", context));
    return firings.flatMap(({ job, schedule, due }) =>
      job === null ? [] : [{ value: job, about: `${schedule} due ${due}` }],
    );
  }
  const rows = asRows(await ask("list", context));
  return rows.map(({ id, task, cron, queue, description }) => {
    if (kind === "QUEUE") return { value: queue, about: "" };
    if (kind === "TASK") return { value: task, about: description };
    return { value: id, about: `${task}, ${cron}` };
  });
}

/** Silent whatever goes wrong: a message would end up in the midst of what somebody is typing. */
function makeLookUp({ screen, clock, input }: CallOptions): LookUp {
  return async (kind, configFile) => {
    try {
      const output = new Output({ ...screen, write: () => true }, { quiet: true });
      const context = new CliContext({ env: screen.env, clock, output, configFile, input });
      return distinct(await namesOf(kind, context));
    } catch {
      return [];
    }
  };
}

/** The first line tells what follows; then one line for each word: the word, a tabulator, what it means. */
export function completionLines(completion: Completion): string[] {
  if (completion.kind === "files") return ["files"];
  const lines = completion.words
    // A word that is not on one line could not be typed either.
    .filter(({ value }) => value !== "" && oneLine(value) === value && !value.includes("\t"))
    .map(({ value, about }) => `${value}\t${oneLine(about)}`);
  return ["words", ...lines];
}

/** Prints what may stand in the place of the last word. */
export async function runComplete(words: readonly string[], call: CallOptions): Promise<void> {
  const completion = await complete(rootCommand, words, makeLookUp(call));
  new Output(call.screen).lines(completionLines(completion));
}
