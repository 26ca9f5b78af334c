/** `btu audit`. */
import { defineLeaf, JSON_ARG } from "./command.ts";
import { EXIT } from "./exit.ts";
import { AUDIT_ARGS } from "./audit-args.ts";

/** The command. */
export const auditCommand = defineLeaf(
  {
    name: "audit",
    needs: "the configuration",
    about: "Whether each occurrence was placed once or skipped with its reason",
    details: [
      "Compares the ledger with what the cron texts demanded, definition by definition, as the history of definitions has them. " +
        "It reads Redis itself, whether or not a daemon runs: who is audited does not keep the books. No more can be covered than " +
        "the ledger still holds; the span is printed. The last minute is left out, since its occurrences may be on their way.",
    ],
    examples: [
      ["btu audit", "The last seven days"],
      ["btu audit --since 24h TS-000003", "One schedule"],
      ["btu audit --quiet || mail -s 'scheduler' admin", "In a script: a line only when not clean"],
    ],
    exitCodes: [
      [EXIT.ok, "clean: nothing is missing, nothing doubled"],
      [EXIT.problem, "something is missing or doubled, or Redis could not be read"],
      [EXIT.usage, "wrong command line or configuration"],
      [EXIT.notFound, "no schedule has this id, and none ever had as far as the history goes back"],
    ],
  },
  { ...AUDIT_ARGS, ...JSON_ARG },
  // Brings the cron language and Redis with it, which help does not need.
  async (flags, context) => (await import("./audit-run.ts")).runAudit(flags, context),
);
