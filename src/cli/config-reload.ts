/** `btu config reload`. */
import { hasShape, OTHER_VERSION } from "./answers.ts";
import { CHANGE_ARGS, COMMON_EXITS, wayOf } from "./change-args.ts";
import { defineLeaf } from "./command.ts";
import { EXIT } from "./exit.ts";

interface Reloaded {
  readonly applied: readonly string[];
  readonly needs_restart: readonly string[];
  readonly warnings: readonly string[];
}

function isReloaded(value: unknown): value is Reloaded {
  return hasShape(value, { applied: "list", needs_restart: "list", warnings: "list" });
}

function reloadedText({ applied, needs_restart: waiting }: Reloaded): string {
  if (applied.length + waiting.length === 0) return "nothing of the configuration has changed";
  const taken = applied.length === 0 ? [] : [`taken over: ${applied.join(", ")}`];
  const rest = waiting.length === 0 ? [] : [`only after a restart: ${waiting.join(", ")}`];
  return [...taken, ...rest].join("; ");
}

/** The command. */
export const configReloadCommand = defineLeaf(
  {
    name: "config reload",
    about: "Have the daemon read its configuration again, and tell what it takes over",
    needs: "the daemon",
    details: [
      "The same as SIGHUP or systemctl reload, with an answer. A configuration with faults changes nothing.",
    ],
    examples: [["btu config check && btu config reload", "After an edit"]],
    exitCodes: [
      [EXIT.ok, "taken over; what needs a restart is named"],
      [EXIT.problem, "the daemon finds faults in it, and the old one stays"],
      [EXIT.usage, "btu finds faults in it, so the daemon is not asked, and the old one stays"],
      ...COMMON_EXITS,
    ],
  },
  CHANGE_ARGS,
  async (flags, context) => {
    const { output } = context;
    const done = await context.ask("reload_configuration", { via: wayOf(flags) });
    if (!isReloaded(done)) throw new Error(OTHER_VERSION);
    if (flags.on("json")) output.json(done);
    else {
      for (const warning of done.warnings) output.warn(warning);
      if (!output.isQuiet) output.lines([reloadedText(done)]);
    }
    return EXIT.ok;
  },
);
