/** `btu next`. */
import { SEE_LIMIT_MAX } from "../control/see-command.ts";
import { asTimeline } from "./answers.ts";
import { askSee } from "./ask-see.ts";
import { defineLeaf, JSON_ARG } from "./command.ts";
import { EXIT } from "./exit.ts";
import { nextLines } from "./next-screen.ts";
import { TIME_ARGS, timeShower } from "./time-choice.ts";

const COUNT_DEFAULT = 20;
const UNITS = ["minute", "hour"] as const;

/** The command. */
export const nextCommand = defineLeaf(
  {
    name: "next",
    needs: "the daemon, else the configuration",
    about: "What runs next, all schedules on one timeline, and where runs pile up",
    details: [
      "A schedule stands there as often as it runs. Below, a bar tells how many runs fall into each minute, or each hour where they " +
        "lie further apart; the last one counts all of its runs, shown or not. Paused schedules are left out. Times are on the clock " +
        "of this machine.",
    ],
    examples: [
      ["btu next", "The next twenty runs"],
      ["btu next -n 500 --by hour", "Where do they pile up?"],
    ],
  },
  {
    count: {
      type: "string",
      alias: "n",
      valueHint: "N",
      description: `How many runs; default ${COUNT_DEFAULT}`,
    },
    by: {
      type: "enum",
      options: [...UNITS],
      description: "What the bars stand for; default minute when all lie within an hour, else hour",
    },
    ...TIME_ARGS,
    ...JSON_ARG,
  },
  async (flags, context) => {
    const { output, clock } = context;
    const { style, width } = output;
    const limit = flags.integer("count", { min: 1, max: SEE_LIMIT_MAX }) ?? COUNT_DEFAULT;
    const showTime = timeShower(flags, context, { isLocalUsual: true });
    const unit = flags.choice("by", UNITS);
    const document = asTimeline(await askSee({ kind: "timeline", limit, unit }, context));
    const options = { style, width, nowMs: clock.nowMs(), showTime, hasBlocks: output.isTerminal };
    if (flags.on("json")) output.json(document);
    else output.lines(nextLines(document, options));
    return EXIT.ok;
  },
);
