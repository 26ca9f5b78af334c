/** `btu ping`. */
import { defineLeaf, JSON_ARG } from "./command.ts";
import { EXIT } from "./exit.ts";

/** Round trips are told to a hundredth of a millisecond. */
const HUNDREDTHS = 100;

/** The command. */
export const pingCommand = defineLeaf(
  {
    name: "ping",
    about: "Ask whether the daemon answers, and how fast",
    needs: "the daemon",
    examples: [
      ["btu ping", "pong from the daemon, with the round trip"],
      ["btu ping --quiet && echo it runs", "In a script"],
    ],
    exitCodes: [
      [EXIT.ok, "it answered"],
      [EXIT.problem, "it did not answer in time, or you may not ask it"],
      [EXIT.noDaemon, "no daemon runs"],
    ],
  },
  JSON_ARG,
  async (flags, context) => {
    const { output, clock } = context;
    const socket = context.socketPath();
    const startedMs = clock.monotonicMs();
    await context.ask("ping");
    const roundTripMs = Math.round((clock.monotonicMs() - startedMs) * HUNDREDTHS) / HUNDREDTHS;
    if (flags.on("json")) output.json({ socket, round_trip_ms: roundTripMs });
    else if (!output.isQuiet) output.write(`pong from ${socket} in ${roundTripMs} ms\n`);
    return EXIT.ok;
  },
);
