/** `btu why`. */
import type { ScheduleDocument } from "../observe/explain.ts";
import { askSchedule, SCHEDULE_WORD } from "./ask-schedule.ts";
import { defineLeaf, JSON_ARG } from "./command.ts";
import { EXIT } from "./exit.ts";
import type { Output } from "./output.ts";
import { oneLine, wrap } from "./text.ts";

function whyLines({ why }: ScheduleDocument, { width }: Output): string[] {
  return [why.last, why.next].flatMap((text) => wrap(oneLine(text), width));
}

function whyDocument({ id, state, next, outcomes, why }: ScheduleDocument) {
  const [last] = outcomes;
  return {
    id,
    state,
    last_outcome: last?.outcome ?? null,
    last_due: last?.due ?? null,
    last_text: why.last,
    next,
    next_text: why.next,
  };
}

/** The command. */
export const whyCommand = defineLeaf(
  {
    name: "why",
    needs: "the daemon, else the configuration",
    about: "Why a schedule ran or did not run last, and when it will next",
    details: [
      "Two answers of a sentence or two: what became of its last occurrence and of the job, and when it runs next or what keeps it " +
        "from running. Times are on the clock of the schedule's zone.",
    ],
    examples: [["btu why TS-000003", "Why did it not run this night?"]],
    exitCodes: [
      [EXIT.ok, "it was explained, whatever its state"],
      [EXIT.notFound, "no schedule has this id"],
    ],
  },
  { ...SCHEDULE_WORD, ...JSON_ARG },
  async (flags, context) => {
    const { output } = context;
    const schedule = await askSchedule(flags.text("id") ?? "", context);
    if (flags.on("json")) output.json(whyDocument(schedule));
    else output.lines(whyLines(schedule, output));
    return EXIT.ok;
  },
);
