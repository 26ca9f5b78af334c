/** `btu test-ping`. */
import { defineLeaf, JSON_ARG } from "./command.ts";
import { EXIT } from "./exit.ts";
import { siteEndpoints } from "./site-endpoints.ts";

/** The command. */
export const testPingCommand = defineLeaf(
  {
    name: "test-ping",
    about: "Ask the site's BTU app for a pong, and whose the token is",
    needs: "the configuration, the web server",
    details: [
      "Calls the app's endpoint test_ping through the site's web server, with the configured token. No daemon is needed.",
    ],
    examples: [["btu test-ping", "pong from the site, with the round trip"]],
    exitCodes: [
      [EXIT.ok, "it answered"],
      [EXIT.problem, "it did not, and the message says why"],
      [EXIT.usage, "no token is configured"],
    ],
  },
  JSON_ARG,
  async (flags, context) => {
    const { output, clock, progress } = context;
    const endpoints = siteEndpoints(context);
    const url = endpoints.baseUrl;
    const startedMs = clock.monotonicMs();
    await progress.during(`asking ${url}`, () => endpoints.ping());
    const roundTripMs = Math.round(clock.monotonicMs() - startedMs);
    const user = await endpoints.loggedUser();
    if (flags.on("json")) output.json({ url, user, round_trip_ms: roundTripMs });
    else if (!output.isQuiet) {
      output.write(`pong from ${url} in ${roundTripMs} ms; the token is that of ${user}\n`);
    }
    return EXIT.ok;
  },
);
