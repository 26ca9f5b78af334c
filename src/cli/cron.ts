/** `btu cron`. */
import { defineLeaf } from "./command.ts";
import { CRON_ARGS } from "./cron-args.ts";
import { EXIT } from "./exit.ts";

/** The command. */
export const cronCommand = defineLeaf(
  {
    name: "cron",
    about: "What a cron expression means and when it runs, clock changes included",
    needs: "nothing",
    details: [
      "Tells the meaning, the next runs in the zone and in UTC, every run of the next 24 months that a clock change moves, merges, " +
        "drops or repeats, and warns of traps. Needs neither a daemon nor a configuration.",
    ],
    examples: [
      ["btu cron '30 2 * * *' --tz America/New_York", "A time that the clock skips once a year"],
      ["btu cron '0 9 * * 1-5' --from 2026-12-24 --count 10", "Ten runs from a date on"],
      [
        "btu cron --stdin < questions.jsonl",
        'Lines such as {"id":1,"expr":"@daily","tz":"UTC","n":3}',
      ],
    ],
    exitCodes: [
      [EXIT.ok, "it runs; with --stdin, whatever the answers are"],
      [EXIT.problem, "the expression is invalid or never runs"],
      [EXIT.usage, "a flag is wrong, such as an unknown time zone"],
    ],
    tooMany: "put the expression in quotes: btu cron '0 2 * * *'",
  },
  CRON_ARGS,
  // Brings all that is known of cron and zones with it, which help does not need.
  async (flags, context) => (await import("./cron-run.ts")).runCron(flags, context),
);
