/** `btu show`. */
import { askSchedule, SCHEDULE_WORD } from "./ask-schedule.ts";
import { defineLeaf, JSON_ARG } from "./command.ts";
import { EXIT } from "./exit.ts";
import { showLines } from "./show-screen.ts";
import { TIME_ARGS, timeShower } from "./time-choice.ts";

/** The command. */
export const showCommand = defineLeaf(
  {
    name: "show",
    needs: "the daemon, else the configuration",
    about: "Everything about one schedule: definition, policies, next runs, last outcomes",
    details: [
      "The next runs are those of the cron text, whether or not the schedule is paused. Last outcomes are looked for among the " +
        "newest of the ledger; btu history looks through all of it.",
    ],
    examples: [
      ["btu show TS-000003", "One screen"],
      ["btu show TS-000003 --json | jq .runs", "The next five runs"],
    ],
    exitCodes: [
      [EXIT.ok, "it was found, whatever its state"],
      [EXIT.notFound, "no schedule has this id"],
    ],
  },
  { ...SCHEDULE_WORD, ...TIME_ARGS, ...JSON_ARG },
  async (flags, context) => {
    const { output, clock } = context;
    const { style, width } = output;
    const showTime = timeShower(flags, context, { isShort: false });
    const document = await askSchedule(flags.text("id") ?? "", context);
    if (flags.on("json")) output.json(document);
    else output.lines(showLines(document, { style, width, nowMs: clock.nowMs(), showTime }));
    return EXIT.ok;
  },
);
