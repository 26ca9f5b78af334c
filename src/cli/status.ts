/** `btu status`. */
import { describeError } from "../base/errors.ts";
import { NoDaemonError } from "../control/client.ts";
import type { StatusDocument } from "../observe/status.ts";
import { asStatus } from "./answers.ts";
import { defineLeaf, JSON_ARG } from "./command.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import { statusLines } from "./status-screen.ts";

/** The JSON document where no daemon runs: it has no other parts. */
interface DownDocument {
  readonly health: "down";
  readonly problems: readonly string[];
}

async function statusOf(context: CliContext): Promise<StatusDocument | DownDocument> {
  try {
    return asStatus(await context.ask("status"));
  } catch (error) {
    if (!(error instanceof NoDaemonError)) throw error;
    return { health: "down", problems: [describeError(error)] };
  }
}

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
      ["btu status --json | jq -r .health", "healthy, degraded or down"],
      ["btu status --quiet", "Only what is wrong; for scripts, beside the exit code"],
    ],
    exitCodes: [
      [EXIT.ok, "healthy"],
      [EXIT.problem, "degraded"],
      [EXIT.noDaemon, "no daemon runs"],
    ],
  },
  JSON_ARG,
  async (flags, context) => {
    const { output } = context;
    const status = await statusOf(context);
    if (flags.on("json")) output.json(status);
    else if (status.health === "down") output.error(status.problems.join("; "));
    else if (output.isQuiet) output.lines(status.problems);
    else output.lines(statusLines(status, output));
    if (status.health === "down") return EXIT.noDaemon;
    return status.health === "healthy" ? EXIT.ok : EXIT.problem;
  },
);
