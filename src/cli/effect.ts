/** What an answer says of a schedule, in words. */
import { unreachable } from "../base/errors.ts";
import type { ScheduleEffect } from "../observe/effect.ts";
import { hasShape, OTHER_VERSION } from "./answers.ts";
import type { CliContext } from "./context.ts";
import { distanceText, secondsOf, spokenTime } from "../base/times.ts";
import { oneLine } from "./text.ts";

function isEffect(value: unknown): value is ScheduleEffect {
  return hasShape(value, { schedule: "text" });
}

/** @throws Error when the daemon is of another version. */
export function asEffect(value: unknown): ScheduleEffect {
  if (!isEffect(value)) throw new Error(OTHER_VERSION);
  return value;
}

/** `next run Sun 2026-03-08 03:00:00 -04:00, in 3h 2min`; `no run to come` where there is none. */
export function nextText(
  { next, next_local: local }: Pick<ScheduleEffect, "next" | "next_local">,
  nowMs: number,
): string {
  if (next === null) return "no run to come";
  const distance = distanceText(secondsOf(next), nowMs / 1000);
  return `next run ${spokenTime(local ?? next)}, ${distance}`;
}

/** Why a schedule is paused. */
function pausedText(pausedBy: ScheduleEffect["paused_by"]): string {
  return pausedBy === "all" ? "paused, as all schedules are" : "paused";
}

/** How a schedule stands, in one sentence. */
export function effectText(effect: ScheduleEffect, nowMs: number): string {
  const { state, problem, paused_by: pausedBy } = effect;
  switch (state) {
    case "disabled":
      return "disabled at its source, so it does not run";
    case "invalid":
      return `invalid, so it does not run: ${problem ?? "no reason given"}`;
    case "never":
      return problem ?? "no run to come";
    case "paused":
      return `${pausedText(pausedBy)}; its ${nextText(effect, nowMs)}, is skipped until it is resumed`;
    case "active":
      return nextText(effect, nowMs);
    case null:
      return "not at its source (any more), so it does not run";
    default:
      return unreachable(state);
  }
}

/** Tells an effect, and what stands against it being the newest state. */
export function tellEffect(effect: ScheduleEffect, text: string, { output }: CliContext): void {
  if (effect.stale !== null) output.warn(`this may not be the newest state: ${effect.stale}`);
  output.lines([oneLine(`${effect.schedule}: ${text}`)]);
}
