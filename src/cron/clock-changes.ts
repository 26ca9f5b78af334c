/** Which runs of a schedule a clock change moves, merges, drops or repeats. */
import { wallText } from "./calendar.ts";
import { DEFAULT_DST_POLICY } from "./dst-policy.ts";
import type { DstPolicy } from "./dst-policy.ts";
import type { CronExpression } from "./expression.ts";
import { nextInstant } from "./next.ts";
import { listText } from "./phrases.ts";
import { latestInstant } from "./span.ts";
import type { Span } from "./span.ts";
import { countWalls, nextWall } from "./wall.ts";
import { offsetIndexAt } from "./zone.ts";
import type { Zone } from "./zone.ts";

/**
 * What becomes of the wall times that a change skips or shows twice.
 *
 * - `moved`: the clock skips it, it runs right after the gap.
 * - `merged`: as moved, together with others that are skipped, or with the run that is due right after the gap anyway.
 * - `dropped`: the clock skips it, it does not run.
 * - `once`: the clock shows it twice, it runs at one of the two.
 * - `twice`: the clock shows it twice, it runs at both.
 */
export type ClockChangeEffect = "moved" | "merged" | "dropped" | "once" | "twice";

/** One clock change and the wall times of a schedule that it touches. */
export interface TouchedRuns {
  /** Instant of the change, epoch seconds. */
  readonly atSeconds: number;
  /** Seconds east of UTC before and from the change on. */
  readonly offsetBefore: number;
  readonly offsetAfter: number;
  readonly effect: ClockChangeEffect;
  /** Wall times touched, such as `2026-03-08T02:30:00`, earliest first; at most `WALL_TIMES_MAX`. */
  readonly wallTimes: readonly string[];
  /** How many there are in all. */
  readonly wallTimesCount: number;
  /** Instants at which the wall times listed do run, epoch seconds, ascending. */
  readonly runsSeconds: readonly number[];
}

/** A schedule that runs every second has 3,600 of them. */
const WALL_TIMES_MAX = 10;

interface Change {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

function listWalls(expression: CronExpression, fromWall: number, toWall: number): number[] {
  const walls: number[] = [];
  let wall = nextWall(expression, fromWall);
  while (wall < toWall && walls.length < WALL_TIMES_MAX) {
    walls.push(wall);
    wall = nextWall(expression, wall + 1);
  }
  return walls;
}

/**
 * Whether the pause around the change is as long as without it. An hourly schedule goes on like that after an hour skipped or
 * repeated, so nothing of it is lost or doubled; after half an hour it does not.
 */
function keepsRhythm(expression: CronExpression, zone: Zone, { at, before }: Change): boolean {
  const last = latestInstant(expression, zone, { afterSeconds: -Infinity, uptoSeconds: at - 1 });
  const next = nextInstant(expression, zone, at - 1);
  if (last === null || next === null) return false;
  const usual = nextWall(expression, at + before) - (last + before);
  return next - last === usual;
}

function skipped(expression: CronExpression, change: Change, { gap }: DstPolicy) {
  const { at, before, after } = change;
  const walls = listWalls(expression, at + before, at + after);
  if (expression.everyHour || gap === "skip")
    return { effect: "dropped", walls, runs: [] } as const;
  const together = walls.length > 1 || nextWall(expression, at + after) === at + after;
  return { effect: together ? "merged" : "moved", walls, runs: [at] } as const;
}

function repeated(expression: CronExpression, change: Change, { overlap }: DstPolicy) {
  const { at, before, after } = change;
  const walls = listWalls(expression, at + after, at + before);
  const first = walls.map((wall) => wall - before);
  const second = walls.map((wall) => wall - after);
  if (expression.interval || overlap === "both") {
    return { effect: "twice", walls, runs: [...first, ...second] } as const;
  }
  return { effect: "once", walls, runs: overlap === "first" ? first : second } as const;
}

function touchedBy(
  expression: CronExpression,
  zone: Zone,
  change: Change,
  dst: DstPolicy,
): TouchedRuns | null {
  const { at, before, after } = change;
  const [fromWall, toWall] = [at + Math.min(before, after), at + Math.max(before, after)];
  const wallTimesCount = countWalls(expression, fromWall, toWall);
  if (wallTimesCount === 0) return null;
  if (expression.everyHour && keepsRhythm(expression, zone, change)) return null;
  const judge = after > before ? skipped : repeated;
  const { effect, walls, runs } = judge(expression, change, dst);
  return {
    atSeconds: at,
    offsetBefore: before,
    offsetAfter: after,
    effect,
    wallTimes: walls.map(wallText),
    wallTimesCount,
    runsSeconds: runs,
  };
}

/** The clock changes in the span that touch runs of this schedule, earliest first. */
export function touchedRuns(
  expression: CronExpression,
  zone: Zone,
  span: Span,
  dst: DstPolicy = DEFAULT_DST_POLICY,
): TouchedRuns[] {
  const first = offsetIndexAt(zone, span.afterSeconds);
  const changes = zone.transitions.subarray(first, offsetIndexAt(zone, span.uptoSeconds));
  return Array.from(changes, (at, index) => ({
    at,
    before: zone.offsets[first + index] ?? 0,
    after: zone.offsets[first + index + 1] ?? 0,
  }))
    .map((change) => touchedBy(expression, zone, change, dst))
    .filter((touched) => touched !== null);
}

/** More wall times than this are only counted in a line of text. */
const TEXT_TIMES_MAX = 4;

/** `02:30`, with the seconds when there are some. */
function timeText(wall: string): string {
  return wall.slice(11).replace(/:00$/, "");
}

function timesText({ wallTimes, wallTimesCount }: TouchedRuns): string {
  const times = wallTimes.slice(0, TEXT_TIMES_MAX).map(timeText);
  const more = wallTimesCount - times.length;
  return listText(more > 0 ? [...times, `${more} more`] : times);
}

/** One line: `2026-03-08: 02:30 is skipped by the clock; runs at 03:00 instead`. */
export function touchedText(touched: TouchedRuns): string {
  const [first = ""] = touched.wallTimes;
  const day = first.slice(0, 10);
  const after = wallText(touched.atSeconds + touched.offsetAfter);
  const then = after.startsWith(day) ? timeText(after) : after.slice(0, 16).replace("T", " ");
  const one = touched.wallTimesCount === 1;
  const happened = touched.offsetAfter > touched.offsetBefore ? "skipped" : "shown twice";
  const outcomes: Record<ClockChangeEffect, string> = {
    moved: `runs at ${then} instead`,
    merged: `one run at ${then} stands for all`,
    dropped: one ? "does not run" : "do not run",
    once: `${one ? "runs" : "run"} at the ${showingOf(touched)} showing only`,
    twice: `${one ? "runs" : "run"} both times`,
  };
  const times = `${timesText(touched)} ${one ? "is" : "are"} ${happened} by the clock`;
  return `${day}: ${times}; ${outcomes[touched.effect]}`;
}

function showingOf({ runsSeconds: [run = 0], atSeconds }: TouchedRuns): string {
  return run < atSeconds ? "first" : "last";
}
