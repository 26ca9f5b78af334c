/** A zone's time cut at its clock changes: within a stretch, instants and wall times run in step. */
import type { DstPolicy } from "./dst-policy.ts";
import type { CronExpression } from "./expression.ts";
import type { Zone } from "./zone.ts";

/** The instants from `start` up to but not including `end`, all with one offset. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  /** How far the clock jumped forward at `start`; negative when it went back, 0 at the beginning of the table. */
  readonly jump: number;
  /** The wall times from `wallFrom` up to but not including `wallTo` may fire here, by case 1 of `next.ts`. */
  readonly wallFrom: number;
  readonly wallTo: number;
}

/** The stretch of the zone's offset number `index`. */
export function stretchAt(
  expression: CronExpression,
  zone: Zone,
  index: number,
  { overlap }: DstPolicy,
): Stretch {
  const start = zone.transitions[index - 1] ?? -Infinity;
  const end = zone.transitions[index] ?? Infinity;
  const offset = zone.offsets[index] ?? 0;
  const jump = offset - (zone.offsets[index - 1] ?? offset);
  let wallFrom = start + offset;
  let wallTo = end + offset;
  if (!expression.interval && overlap === "first") {
    wallFrom = Math.max(wallFrom, zone.shownUntil[index] ?? -Infinity);
  }
  if (!expression.interval && overlap === "last") {
    wallTo = Math.min(wallTo, zone.shownAgainFrom[index] ?? Infinity);
  }
  return { start, end, offset, jump, wallFrom, wallTo };
}

/** Whether times skipped right before the stretch get a run at its start, case 2 of `next.ts`. */
export function makesUp(expression: CronExpression, stretch: Stretch, { gap }: DstPolicy): boolean {
  return stretch.jump > 0 && gap === "run_after" && !expression.everyHour;
}
