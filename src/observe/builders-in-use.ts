/** Which builders make the jobs of the schedules that can run, with their reasons. */
import { isActive } from "../agenda/plan.ts";
import type { BuilderChoice, ChooseBuilder } from "../job/choose-builder.ts";
import type { Schedule } from "../schedule/schedule.ts";

/** A builder in use. */
export interface BuilderInUse extends BuilderChoice {
  /** How many schedules that can run have their jobs made by it. */
  readonly schedules: number;
}

/** Those of a site's tasks, the one with most schedules first; calls of a schedules file have no choice. */
export function buildersInUse(
  schedules: Iterable<Schedule>,
  choose: ChooseBuilder,
): BuilderInUse[] {
  const counts = new Map<BuilderChoice, number>();
  for (const schedule of schedules) {
    const { work } = schedule;
    if (work?.kind !== "btu_task" || !isActive(schedule)) continue;
    const chosen = choose(work);
    counts.set(chosen, (counts.get(chosen) ?? 0) + 1);
  }
  return [...counts]
    .map(([chosen, count]) => ({ ...chosen, schedules: count }))
    .toSorted((a, b) => b.schedules - a.schedules);
}
