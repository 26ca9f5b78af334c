/** `btu reload` and `btu cancel`: the daemon is to read one schedule again. */
import type { ScheduleEffect } from "../observe/effect.ts";
import { CHANGE_ARGS, SCHEDULE_ARG, SCHEDULE_EXITS, wayOf } from "./change-args.ts";
import { defineLeaf } from "./command.ts";
import type { CliCommand, CommandMeta } from "./command.ts";
import type { CliContext } from "./context.ts";
import { asEffect, effectText, nextText, tellEffect } from "./effect.ts";
import { EXIT } from "./exit.ts";
import { unknownId } from "./unknown-id.ts";

/** A row that is deleted is what a cancel is for; one that is to be loaded must be there. */
interface Word {
  readonly type: "create_task_schedule" | "cancel_task_schedule";
  readonly mustExist: boolean;
  readonly text: (effect: ScheduleEffect, nowMs: number) => string;
}

function defineReread(meta: CommandMeta, { type, mustExist, text }: Word): CliCommand {
  const args = { ...SCHEDULE_ARG, ...CHANGE_ARGS };
  return defineLeaf(meta, args, async (flags, context: CliContext) => {
    const id = flags.text("id") ?? "";
    const answer = await context.ask(type, { content: id, via: wayOf(flags) });
    const effect = asEffect(answer);
    if (flags.on("json")) context.output.json(effect);
    else if (effect.found || !mustExist) {
      tellEffect(effect, text(effect, context.clock.nowMs()), context);
    }
    if (effect.found || !mustExist) return effect.stale === null ? EXIT.ok : EXIT.problem;
    if (flags.on("json")) return EXIT.notFound;
    throw unknownId("schedule", id);
  });
}

/** What to type where a schedule goes on although somebody cancelled it. */
function cancelText(effect: ScheduleEffect, nowMs: number): string {
  if (effect.state !== "active") return effectText(effect, nowMs);
  return `still enabled, ${nextText(effect, nowMs)}; to stop it: btu pause ${effect.schedule}`;
}

const STALE = "the source could not be read, so nothing changed";

/** `btu reload`. */
export const reloadCommand = defineReread(
  {
    name: "reload",
    about: "Have the daemon read one schedule again, and see what it makes of it",
    needs: "the daemon",
    details: [
      "The daemon sees changes by itself within seconds; this is for those who do not want to wait. The row decides, not this " +
        "command: what is disabled or deleted at its source leaves the agenda.",
    ],
    examples: [
      ["btu reload TS-000003", "Read it, and tell when it runs next"],
      ["btu reload TS-000003 --via redis", "From another machine"],
    ],
    exitCodes: [[EXIT.ok, "it was read"], [EXIT.problem, STALE], ...SCHEDULE_EXITS],
  },
  { type: "create_task_schedule", mustExist: true, text: effectText },
);

/** `btu cancel`. */
export const cancelCommand = defineReread(
  {
    name: "cancel",
    about: "Have the daemon look whether a schedule is still enabled, and drop it if not",
    needs: "the daemon",
    details: [
      "What is enabled at its source stays on the agenda: disable it there, or use btu pause. This is what the app's own " +
        "cancel command does.",
    ],
    examples: [["btu cancel TS-000003", "Read it; it is dropped if it is disabled or deleted"]],
    exitCodes: [
      [EXIT.ok, "it was read; the answer tells whether it still runs"],
      [EXIT.problem, STALE],
      ...SCHEDULE_EXITS.slice(0, 1),
    ],
  },
  { type: "cancel_task_schedule", mustExist: false, text: cancelText },
);
