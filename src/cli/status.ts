/** `btu status`. */
import { defineLeaf, JSON_ARG } from "./command.ts";
import { DAEMON_WAY_OUT, EXIT } from "./exit.ts";
import { askStatus } from "./read-status.ts";
import { statusLines } from "./status-screen.ts";
import { watchStatus } from "./status-watch.ts";

/** The command. */
export const statusCommand = defineLeaf(
  {
    name: "status",
    about: "Health, connections, what runs next, what ran lately, how late",
    needs: "the daemon",
    details: [
      "Degraded means that a connection is down, that nothing can be fired, or that an occurrence failed within the last hour. " +
        "An invalid schedule is a warning: all others run.",
    ],
    examples: [
      ["btu status", "One screen"],
      ["btu status --watch", "Keep an eye on it"],
      ["btu status --json | jq -r .health", "healthy, degraded or down"],
      ["btu status --quiet", "Only what is wrong; for scripts, beside the exit code"],
    ],
    exitCodes: [
      [EXIT.ok, "healthy"],
      [EXIT.problem, "degraded"],
      [EXIT.noDaemon, "no daemon runs"],
    ],
  },
  {
    watch: {
      type: "boolean",
      alias: "w",
      description: "Show it anew each second until Ctrl-C; with --json a line each second",
    },
    ...JSON_ARG,
  },
  async (flags, context) => {
    const { output } = context;
    if (flags.on("watch")) return watchStatus(flags.on("json"), context);
    const status = await askStatus(context);
    if (flags.on("json")) output.json(status);
    else if (status.health === "down")
      output.error(`${status.problems.join("; ")}\n${DAEMON_WAY_OUT}`);
    else if (output.isQuiet) output.lines(status.problems);
    else output.lines(statusLines(status, output));
    if (status.health === "down") return EXIT.noDaemon;
    return status.health === "healthy" ? EXIT.ok : EXIT.problem;
  },
);
