/** `btu history`. */
import { UsageError } from "../base/errors.ts";
import { suggestion } from "../base/suggest.ts";
import { SEE_LIMIT_MAX } from "../control/see-command.ts";
import { OUTCOME_MEANINGS, OUTCOMES } from "../observe/outcomes.ts";
import type { FiringStatus } from "../observe/status.ts";
import { asFirings } from "./answers.ts";
import { askSee, isSchedule, unknownSchedule } from "./ask-see.ts";
import { defineLeaf, JSON_ARG } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import { firingColumns } from "./firing-columns.ts";
import { parseSince } from "./since.ts";
import { tableLines } from "./table.ts";
import { TIME_ARGS, timeShower } from "./time-choice.ts";
import type { ShowTime } from "./time-choice.ts";

const COUNT_DEFAULT = 20;
const MS_PER_SECOND = 1_000;

/** @throws UsageError naming a word that is no outcome. */
function outcomesOf(text: string | null): readonly string[] | null {
  if (text === null) return null;
  const words = text.split(",").map((word) => word.trim());
  const unknown = words.find((word) => !OUTCOMES.includes(word));
  if (unknown === undefined) return words;
  const choices = OUTCOMES.join(", ");
  throw new UsageError(
    `--outcome "${unknown}": expected some of ${choices}${suggestion(unknown, OUTCOMES)}`,
  );
}

function dueText({ due, until }: FiringStatus, showTime: ShowTime): string {
  return until === null ? showTime(due, null) : `${showTime(due, null)} …`;
}

function historyLines(
  firings: readonly FiringStatus[],
  { output }: CliContext,
  showTime: ShowTime,
): string[] {
  if (firings.length === 0) return ["nothing of this kind is in the ledger"];
  const due = { title: "DUE", cell: (firing: FiringStatus) => dueText(firing, showTime) };
  return tableLines(firings, [due, ...firingColumns(output.style)], output);
}

/** The command. */
export const historyCommand = defineLeaf(
  {
    name: "history",
    needs: "the daemon, else the configuration",
    about: "What became of occurrences: placed when and how late, or not placed and why",
    details: [
      "The newest entries of the ledger, the newest first. Times are on the clock of this machine.",
      `Outcomes: ${Object.entries(OUTCOME_MEANINGS)
        .map(([word, meaning]) => `${word} (${meaning})`)
        .join("; ")}.`,
    ],
    examples: [
      ["btu history", "The last twenty"],
      ["btu history TS-000003 -n 100", "Of one schedule"],
      ["btu history --since 24h --outcome failed,lost,skipped_misfire", "What went wrong lately"],
    ],
    exitCodes: [
      [EXIT.ok, "the ledger was read, whatever it tells"],
      [EXIT.problem, "Redis could not be read"],
      [EXIT.notFound, "no schedule has this id, and none ever had as far as the ledger goes back"],
    ],
  },
  {
    id: {
      type: "positional",
      required: false,
      valueHint: "SCHEDULE",
      description: "Id of a schedule, which may be deleted meanwhile; without it all of them",
    },
    count: {
      type: "string",
      alias: "n",
      valueHint: "N",
      description: `How many at most; default ${COUNT_DEFAULT}`,
    },
    since: {
      type: "string",
      valueHint: "TIME",
      description: "Only what happened since: 24h, 7d or 2026-03-08T02:00Z",
    },
    outcome: {
      type: "string",
      valueHint: "OUTCOME",
      description: "Only these outcomes, such as failed,lost",
    },
    ...TIME_ARGS,
    ...JSON_ARG,
  },
  async (flags, context) => {
    const { output } = context;
    const scheduleId = flags.text("id");
    const since = flags.text("since");
    const showTime = timeShower(flags, context, { isLocalUsual: true });
    const firings = asFirings(
      await askSee(
        {
          kind: "history",
          scheduleId,
          limit: flags.integer("count", { min: 1, max: SEE_LIMIT_MAX }) ?? COUNT_DEFAULT,
          sinceMs: since === null ? 0 : parseSince("--since", since, context) * MS_PER_SECOND,
          outcomes: outcomesOf(flags.text("outcome")),
        },
        context,
      ),
    );
    const isNobodys =
      scheduleId !== null && firings.length === 0 && !(await isSchedule(scheduleId, context));
    if (isNobodys) throw await unknownSchedule(scheduleId, context);
    if (flags.on("json")) output.json(firings);
    else output.lines(historyLines(firings, context, showTime));
    return EXIT.ok;
  },
);
