/** What was due in a span of time: the newest instant and how many there are. For the definition of "due" see `next.ts`. */
import { DEFAULT_DST_POLICY } from "./dst-policy.ts";
import type { DstPolicy } from "./dst-policy.ts";
import type { CronExpression } from "./expression.ts";
import { makesUp, stretchAt } from "./stretch.ts";
import type { Stretch } from "./stretch.ts";
import { countWalls, previousWall } from "./wall.ts";
import { offsetIndexAt } from "./zone.ts";
import type { Zone } from "./zone.ts";

/** The instants after `afterSeconds` up to and including `uptoSeconds`. */
export interface Span {
  readonly afterSeconds: number;
  readonly uptoSeconds: number;
}

/** The part of a stretch's wall times that lies in the span and may fire: from `low` to `high`, both included. */
function wallsWithin({ wallFrom, wallTo, offset }: Stretch, span: Span) {
  return {
    low: Math.max(wallFrom, Math.floor(span.afterSeconds) + 1 + offset),
    high: Math.min(wallTo - 1, Math.floor(span.uptoSeconds) + offset),
  };
}

/** Whether skipped times give the stretch's first instant a run. */
function startFires(expression: CronExpression, stretch: Stretch, dst: DstPolicy): boolean {
  const shown = stretch.start + stretch.offset;
  return (
    makesUp(expression, stretch, dst) && countWalls(expression, shown - stretch.jump, shown) > 0
  );
}

/** The last instant in the span at which the expression is due, in epoch seconds; null when there is none. */
export function latestInstant(
  expression: CronExpression,
  zone: Zone,
  span: Span,
  dst: DstPolicy = DEFAULT_DST_POLICY,
): number | null {
  const first = offsetIndexAt(zone, span.afterSeconds);
  for (let index = offsetIndexAt(zone, span.uptoSeconds); index >= first; index -= 1) {
    const stretch = stretchAt(expression, zone, index, dst);
    const { low, high } = wallsWithin(stretch, span);
    const found = previousWall(expression, high, low);
    if (found >= low) return found - stretch.offset;
    const startsWithin = stretch.start > span.afterSeconds;
    if (startsWithin && startFires(expression, stretch, dst)) return stretch.start;
  }
  return null;
}

/** How many instants of the span the expression is due at; whole days are counted, not walked through. */
export function countInstants(
  expression: CronExpression,
  zone: Zone,
  span: Span,
  dst: DstPolicy = DEFAULT_DST_POLICY,
): number {
  let count = 0;
  const last = offsetIndexAt(zone, span.uptoSeconds);
  for (let index = offsetIndexAt(zone, span.afterSeconds); index <= last; index += 1) {
    const stretch = stretchAt(expression, zone, index, dst);
    const { low, high } = wallsWithin(stretch, span);
    count += countWalls(expression, low, high + 1);
    if (stretch.start > span.afterSeconds && startFires(expression, stretch, dst)) {
      const shown = stretch.start + stretch.offset;
      const counted = low <= shown && shown <= high && countWalls(expression, shown, shown + 1) > 0;
      if (!counted) count += 1;
    }
  }
  return count;
}
