/** `btu reconcile`. */
import { hasShape, OTHER_VERSION } from "./answers.ts";
import { CHANGE_ARGS, COMMON_EXITS, wayOf } from "./change-args.ts";
import { defineLeaf } from "./command.ts";
import { EXIT } from "./exit.ts";
import { counted } from "./text.ts";
import { millisecondsText } from "../base/times.ts";

interface Reconciled {
  readonly schedules: number;
  readonly took_ms: number;
  readonly stale: string | null;
}

function isReconciled(value: unknown): value is Reconciled {
  return hasShape(value, { schedules: "number", took_ms: "number" });
}

/** A whole read may take long; the daemon gives up before. */
const TIMEOUT_MS = 65_000;

/** The command. */
export const reconcileCommand = defineLeaf(
  {
    name: "reconcile",
    about: "Have the daemon read all schedules again now",
    needs: "the daemon",
    details: [
      "It does so by itself at its start and every full_refresh_internal_secs. The answer comes when the agenda agrees with " +
        "the sources.",
    ],
    examples: [
      ["btu reconcile", "After many changes at once, in the database itself, say"],
      ["btu reconcile --via redis", "From another machine"],
    ],
    exitCodes: [
      [EXIT.ok, "all schedules were read"],
      [EXIT.problem, "a source could not be read; what it held last stays"],
      ...COMMON_EXITS,
    ],
  },
  CHANGE_ARGS,
  async (flags, context) => {
    const { output } = context;
    const asked = { via: wayOf(flags), timeoutMs: TIMEOUT_MS };
    const done = await context.ask("reconcile", asked);
    if (!isReconciled(done)) throw new Error(OTHER_VERSION);
    if (flags.on("json")) output.json(done);
    else if (done.stale !== null) output.error(done.stale);
    else if (!output.isQuiet) {
      const count = counted(done.schedules, "schedule");
      output.lines([
        `${count} read, the agenda is in step; took ${millisecondsText(done.took_ms)}`,
      ]);
    }
    return done.stale === null ? EXIT.ok : EXIT.problem;
  },
);
