/** The work of `btu lint`. */
import { nowSeconds } from "../base/clock.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import type { LintFlags } from "./lint-args.ts";
import { isProblem, lintSchedules } from "./lint-report.ts";
import type { LintRow } from "./lint-report.ts";
import { lintLines } from "./lint-screen.ts";
import { readSchedules } from "./own-reading.ts";
import { unknownId } from "./unknown-id.ts";

interface Linted {
  readonly rows: readonly LintRow[];
  readonly sourceProblems: readonly string[];
}

async function lint(context: CliContext): Promise<Linted> {
  const { book, problems } = await context.progress.during("reading the schedules", () =>
    readSchedules(context),
  );
  const schedules = [...[...book.entries()].map(({ schedule }) => schedule), ...book.rejected];
  return { rows: lintSchedules(schedules, nowSeconds(context.clock)), sourceProblems: problems };
}

/** @throws NotFoundError when no schedule has this id. */
function choose(rows: readonly LintRow[], id: string | null): readonly LintRow[] {
  if (id === null) return rows;
  const found = rows.filter((row) => row.id === id);
  if (found.length > 0) return found;
  throw unknownId(
    "schedule",
    id,
    rows.map((row) => row.id),
  );
}

/** Reads the schedules from their sources and looks them over. */
export async function runLint(flags: LintFlags, context: CliContext): Promise<ExitCode> {
  const { output } = context;
  const { rows: all, sourceProblems } = await lint(context);
  for (const problem of sourceProblems) output.error(problem);
  const rows = choose(all, flags.text("id"));
  const shown = output.isQuiet ? rows.filter(isProblem) : rows;
  if (flags.on("json")) output.json(shown);
  else output.lines(lintLines(shown, output));
  const isBad = sourceProblems.length > 0 || rows.some(isProblem);
  return isBad ? EXIT.problem : EXIT.ok;
}
