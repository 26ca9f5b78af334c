/** `btu list`. */
import { ConfigurationError, describeError } from "../base/errors.ts";
import type { ListRow, ScheduleState } from "../observe/listing.ts";
import { asRows } from "./answers.ts";
import { defineLeaf, JSON_ARG } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import { listLines } from "./list-table.ts";

/** Rows, and whether some of them are missing. */
interface Listing {
  readonly rows: readonly ListRow[];
  readonly isWhole: boolean;
}

/** Who runs next comes first; those that do not run follow by the reason. */
const STATE_ORDER: readonly ScheduleState[] = ["active", "paused", "invalid", "never", "disabled"];

function compare(a: ListRow, b: ListRow): number {
  const byState = STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state);
  if (byState !== 0) return byState;
  const [x, y] = a.next === b.next ? [a.id, b.id] : [a.next ?? "", b.next ?? ""];
  return x < y ? -1 : Number(x > y);
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
    about: "All schedules: when they run next, or why they do not",
    details: [
      "Times are those of the schedule's own zone. Without a daemon the schedules are read from their sources, and what is planned " +
        "from Redis where that is reachable; the note on standard error says so.",
    ],
    examples: [
      ["btu list", "Who runs next comes first"],
      ["btu list --json | jq -r '.[] | select(.state == \"invalid\") | .id'", "What is invalid"],
    ],
    exitCodes: [
      [EXIT.ok, "all schedules were read, whatever their state"],
      [EXIT.problem, "a source of schedules could not be read"],
    ],
    needs: "the daemon, else the configuration",
  },
  JSON_ARG,
  async (flags, context) => {
    const { output, clock } = context;
    const { style, width } = output;
    const { rows, isWhole } = await readListing(context);
    const sorted = rows.toSorted(compare);
    if (flags.on("json")) output.json(sorted);
    // That nothing could be read was said; it does not mean that there is nothing.
    else if (isWhole || rows.length > 0) {
      output.lines(listLines(sorted, { style, width, nowMs: clock.nowMs() }));
    }
    return isWhole ? EXIT.ok : EXIT.problem;
  },
);
