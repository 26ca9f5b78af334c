/** Asks a question about schedules: the daemon, or where none can be asked, the places it would look at. */
import { ConfigurationError, describeError } from "../base/errors.ts";
import { closest } from "../base/suggest.ts";
import { seeContent } from "../control/see-command.ts";
import type { SeeCommand } from "../control/see-command.ts";
import type { CliContext } from "./context.ts";
import { asRows } from "./answers.ts";
import { unknownId } from "./unknown-id.ts";
import { NotFoundError } from "./exit.ts";

/** Shorter parts are parts of too many ids. */
const PART_LENGTH_MIN = 3;
const IDS_NAMED_MAX = 3;

/**
 * The answer as it came; to be checked by `answers.ts`.
 *
 * @throws ConfigurationError when nobody can be asked and the configuration does not tell where to look.
 */
export async function askSee(command: SeeCommand, context: CliContext): Promise<unknown> {
  try {
    return await context.ask(command.kind, { content: seeContent(command) });
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    context.output.note(`${describeError(error)}; reading without it`);
    // These parts bring the database drivers with them, which nobody needs while a daemon runs.
    const { answerOurselves } = await import("./own-answers.ts");
    return answerOurselves(command, context);
  }
}

async function knownIds(context: CliContext): Promise<string[]> {
  try {
    return asRows(await context.ask("list")).map(({ id }) => id);
  } catch {
    const { readSchedules } = await import("./own-reading.ts");
    const { book } = await readSchedules(context);
    return [...book.entries()].map(({ schedule }) => schedule.id);
  }
}

/** Ids that hold what was typed: it may be the beginning of one, or the word that somebody remembers. */
function idsAround(typed: string, ids: readonly string[]): readonly string[] {
  if (typed.length < PART_LENGTH_MIN) return [];
  const part = typed.toLowerCase();
  return ids
    .filter((id) => id.toLowerCase().includes(part))
    .toSorted((a, b) => a.length - b.length)
    .slice(0, IDS_NAMED_MAX);
}

/** The error for an id that no schedule has, with those that were probably meant. */
export async function unknownSchedule(id: string, context: CliContext): Promise<NotFoundError> {
  const ids = await knownIds(context);
  const around = closest(id, ids) === null ? idsAround(id, ids) : [];
  if (around.length === 0) return unknownId("schedule", id, ids);
  const named = around.map((one) => `"${one}"`).join(" or ");
  return new NotFoundError(`no schedule is called "${id}" (did you mean ${named}?)`);
}

/** Whether there is a schedule of this id. */
export async function isSchedule(id: string, context: CliContext): Promise<boolean> {
  return (await askSee({ kind: "explain", scheduleId: id }, context)) !== null;
}
