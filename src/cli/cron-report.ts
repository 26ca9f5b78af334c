/** What `btu cron` and `btu lint` tell of one expression, as data. */
import { touchedRuns, touchedText } from "../cron/clock-changes.ts";
import { describeExpression } from "../cron/describe.ts";
import type { DstPolicy } from "../cron/dst-policy.ts";
import { expressionWarnings } from "../cron/expression-warnings.ts";
import type { CronExpression } from "../cron/expression.ts";
import { utcText, zonedText } from "../cron/instant-text.ts";
import type { Zone } from "../cron/zone.ts";

/** A run, by the clocks of UTC and of the zone. */
export interface RunTimes {
  readonly utc: string;
  readonly local: string;
}

/** A clock change that moves, merges, drops or repeats runs. */
export interface ClockChange {
  /** Instant of the change. */
  readonly at: string;
  readonly effect: string;
  /** On the clock of the zone; the first ten. */
  readonly wall_times: readonly string[];
  readonly wall_times_count: number;
  /** When the wall times listed do run. */
  readonly runs: readonly string[];
  /** All of it in a sentence. */
  readonly text: string;
}

/** What an expression means in a zone. */
export interface CronMeaning {
  /** In one or two sentences. */
  readonly meaning: string;
  readonly warnings: readonly string[];
  /** Within the next 24 months. */
  readonly clock_changes: readonly ClockChange[];
}

/** An expression where and from when on it is looked at. */
export interface CronSubject {
  readonly expression: CronExpression;
  readonly zone: Zone;
  readonly fromSeconds: number;
  readonly dst: DstPolicy;
}

const LOOK_AHEAD_YEARS = 2;

function twoYearsAfter(seconds: number): number {
  const date = new Date(seconds * 1000);
  return date.setUTCFullYear(date.getUTCFullYear() + LOOK_AHEAD_YEARS) / 1000;
}

/** A run in both clocks. */
export function runTimes(atSeconds: number, zone: Zone): RunTimes {
  return { utc: utcText(atSeconds), local: zonedText(atSeconds, zone) };
}

/** Looks an expression over. */
export function meaningOf({ expression, zone, fromSeconds, dst }: CronSubject): CronMeaning {
  const span = { afterSeconds: fromSeconds, uptoSeconds: twoYearsAfter(fromSeconds) };
  return {
    meaning: describeExpression(expression),
    warnings: expressionWarnings(expression),
    clock_changes: touchedRuns(expression, zone, span, dst).map((touched) => ({
      at: utcText(touched.atSeconds),
      effect: touched.effect,
      wall_times: touched.wallTimes,
      wall_times_count: touched.wallTimesCount,
      runs: touched.runsSeconds.map(utcText),
      text: touchedText(touched),
    })),
  };
}
