/**
 * When is it due: the instants of an expression in a zone, as a pure function. Nothing is remembered between two calls, so a
 * restart can neither double nor lose a run.
 *
 * Let off(t) be the zone's offset at instant t and wall(t) = t + off(t). An instant t (whole seconds) fires in exactly two cases.
 *
 * 1. wall(t) matches the expression, and
 *    - the expression is an `interval`, or
 *    - overlap is "first", and no earlier instant shows the wall time wall(t), or
 *    - overlap is "both", or
 *    - overlap is "last", and no later instant shows the wall time wall(t).
 * 2. gap is "run_after", the clock jumps forward at t (off(t - 1) < off(t)), the expression is not `everyHour`, and a skipped
 *    wall time, that is one in [t + off(t - 1), t + off(t)), matches. All skipped times together are one run, and the same one
 *    when wall(t) matches too. With gap "skip" this case does not exist: what was skipped is not made up for.
 *
 * So `overlap` rules fixed times alone (an interval follows elapsed time through both showings), and `gap` rules every
 * expression that does not run in all 24 hours (one that does goes on with its next time by itself). The size of a jump does not
 * matter: half an hour at Lord Howe and the day that Samoa left out follow the same two cases.
 */
import { DEFAULT_DST_POLICY } from "./dst-policy.ts";
import type { DstPolicy } from "./dst-policy.ts";
import type { CronExpression } from "./expression.ts";
import { makesUp, stretchAt } from "./stretch.ts";
import { nextWall } from "./wall.ts";
import { offsetIndexAt } from "./zone.ts";
import type { Zone } from "./zone.ts";

/** Keeps its last answer, which also answers every question from within the empty stretch before it. */
class ForwardSearch {
  readonly #expression: CronExpression;
  #from = Infinity;
  #found = -Infinity;

  constructor(expression: CronExpression) {
    this.#expression = expression;
  }

  /** The first matching wall time at or after `wall`. */
  at(wall: number): number {
    if (wall < this.#from || wall > this.#found) {
      this.#from = wall;
      this.#found = nextWall(this.#expression, wall);
    }
    return this.#found;
  }
}

/**
 * The first instant after `afterSeconds` at which the expression is due, in epoch seconds; null when it never is again.
 *
 * Costs at most one search over the months up to 2099 and one step per clock change.
 */
export function nextInstant(
  expression: CronExpression,
  zone: Zone,
  afterSeconds: number,
  dst: DstPolicy = DEFAULT_DST_POLICY,
): number | null {
  const after = Math.floor(afterSeconds);
  const search = new ForwardSearch(expression);
  const first = offsetIndexAt(zone, after);
  for (let index = first; index < zone.offsets.length; index += 1) {
    const stretch = stretchAt(expression, zone, index, dst);
    if (index > first && makesUp(expression, stretch, dst)) {
      const shown = stretch.start + stretch.offset;
      if (search.at(shown - stretch.jump) < shown) return stretch.start;
    }
    const found = search.at(Math.max(stretch.wallFrom, after + 1 + stretch.offset));
    if (found < stretch.wallTo) return found - stretch.offset;
  }
  return null;
}
