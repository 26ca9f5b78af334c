/** `btu tasks`. */
import { defineLeaf, JSON_ARG } from "./command.ts";
import { EXIT } from "./exit.ts";

/** The command. */
export const tasksCommand = defineLeaf(
  {
    name: "tasks",
    about: "The site's BTU Tasks: what each runs, on which queue",
    needs: "the configuration",
    details: [
      "Read from the site's database, or from its web server where only that can be reached, whether a daemon runs or not. " +
        "SCHEDULES counts the schedules of a task, and how many of them are switched on.",
    ],
    examples: [
      ["btu tasks", "All tasks by their ids"],
      ["btu tasks --json | jq -r '.[] | select(.schedules == 0) | .id'", "What no schedule runs"],
    ],
    exitCodes: [
      [EXIT.ok, "the tasks were read"],
      [EXIT.problem, "they could not be read, or no site is configured"],
    ],
  },
  JSON_ARG,
  // Brings the database drivers with it, which help does not need.
  async (flags, context) => (await import("./tasks-run.ts")).runTasks(flags, context),
);
