/** `btu list`. */
import { ConfigurationError, describeError } from "../base/errors.ts";
import type { ListRow } from "../observe/listing.ts";
import { asRows } from "./answers.ts";
import { defineLeaf } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import { chooseRows, LIST_ARGS, sortRows } from "./list-args.ts";
import { listLines } from "./list-table.ts";
import { timeShower } from "./time-choice.ts";

/** Rows, and whether some of them are missing. */
interface Listing {
  readonly rows: readonly ListRow[];
  readonly isWhole: boolean;
}

/** What the sources and Redis tell without a daemon. */
async function readOurselves(context: CliContext): Promise<Listing> {
  const { output, clock } = context;
  // These parts bring the database drivers with them, which nobody needs while a daemon runs.
  const { readPlans, readSchedules } = await import("./own-reading.ts");
  const { listRows } = await import("../observe/status-source.ts");
  const { book, problems } = await readSchedules(context);
  const agendaProblem = await readPlans(context, book);
  if (agendaProblem !== null) {
    output.note(`next runs are computed from the cron texts: ${agendaProblem}`);
  }
  for (const problem of problems) output.error(problem);
  return { rows: listRows({ book, clock }), isWhole: problems.length === 0 };
}

async function readListing(context: CliContext): Promise<Listing> {
  try {
    return { rows: asRows(await context.ask("list")), isWhole: true };
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    context.output.note(`${describeError(error)}; reading the schedules without it`);
    return readOurselves(context);
  }
}

/** The command. */
export const listCommand = defineLeaf(
  {
    name: "list",
    about: "All schedules: when they run next and ran last, or why they do not run",
    details: [
      "Times are those of the schedule's own zone unless you choose otherwise. LAST tells when the last occurrence was due that was " +
        "placed or given up; btu history tells which of the two. Without a daemon the schedules are read from their sources, and what " +
        "is planned from Redis where that is reachable; the note on standard error says so.",
    ],
    examples: [
      ["btu list", "Who runs next comes first"],
      ["btu list --queue long --state active,paused", "What runs or would run on one queue"],
      ["btu list --match '*report*' --sort last", "What was reported lately"],
      ["btu list --json | jq -r '.[] | select(.state == \"invalid\") | .id'", "What is invalid"],
    ],
    exitCodes: [
      [EXIT.ok, "all schedules were read, whatever their state"],
      [EXIT.problem, "a source of schedules could not be read"],
    ],
    needs: "the daemon, else the configuration",
  },
  LIST_ARGS,
  async (flags, context) => {
    const { output, clock } = context;
    const { style, width } = output;
    const showTime = timeShower(flags, context);
    // A mistyped state is told before anything is read.
    chooseRows([], flags);
    const { rows: all, isWhole } = await readListing(context);
    const rows = sortRows(chooseRows(all, flags), flags);
    if (flags.on("json")) output.json(rows);
    // That nothing could be read was said; it does not mean that there is nothing.
    else if (isWhole || all.length > 0) {
      output.lines(
        listLines(rows, { style, width, nowMs: clock.nowMs(), showTime, total: all.length }),
      );
    }
    return isWhole ? EXIT.ok : EXIT.problem;
  },
);
