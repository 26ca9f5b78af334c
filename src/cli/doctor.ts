/** `btu doctor`. */
import { defineLeaf, JSON_ARG } from "./command.ts";
import { EXIT } from "./exit.ts";

/** The command. */
export const doctorCommand = defineLeaf(
  {
    name: "doctor",
    about: "Tell what is wrong, and how to mend it",
    needs: "nothing",
    details: [
      "Looks at all that the daemon needs, and changes nothing: configuration, permissions of files, time zone rules, Redis with its rights and settings, clocks, schedules, rights in the " +
        "site's database, web server and token, the socket as the app sees it, workers on the queues in use, and the daemon itself.",
      "It looks with the eyes of whoever calls it: call it as the daemon's user.",
    ],
    examples: [
      ["sudo -u btu btu doctor", "As the daemon's user"],
      ["btu doctor --quiet", "Only warnings and errors"],
      ["btu doctor --json | jq '.findings[] | select(.level == \"error\")'", "For programs"],
    ],
    exitCodes: [
      [EXIT.ok, "no errors; there may be warnings"],
      [EXIT.problem, "something does not work"],
    ],
  },
  JSON_ARG,
  // Brings the database drivers with it, which help does not need.
  async (flags, context) => (await import("./doctor-run.ts")).runDoctor(flags.on("json"), context),
);
