/** `btu lint`. */
import { defineLeaf } from "./command.ts";
import { EXIT } from "./exit.ts";
import { LINT_ARGS } from "./lint-args.ts";

/** The command. */
export const lintCommand = defineLeaf(
  {
    name: "lint",
    about: "Check all schedules: invalid ones, traps, runs that clock changes touch",
    needs: "the configuration",
    details: [
      "Reads the schedules from their sources, whether a daemon runs or not. A problem is a schedule that is enabled and cannot run: " +
        "invalid, or without a date to come. A trap in a valid expression is a warning, as is what is wrong with a disabled schedule.",
    ],
    examples: [
      ["btu lint", "Problems first, then warnings, then the others"],
      ["btu lint TS-000003", "One schedule"],
      ["btu lint --quiet", "Problems only"],
    ],
    exitCodes: [
      [EXIT.ok, "no problems; there may be warnings"],
      [EXIT.problem, "a schedule has a problem, or a source could not be read"],
      [EXIT.usage, "wrong command line or configuration"],
      [EXIT.notFound, "no schedule has this id"],
    ],
  },
  LINT_ARGS,
  // Brings the database drivers with it, which help does not need.
  async (flags, context) => (await import("./lint-run.ts")).runLint(flags, context),
);
