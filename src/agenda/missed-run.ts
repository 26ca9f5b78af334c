/** Occurrences in a row that share a fate: one entry of the ledger stands for all of them. */
import type { DstPolicy } from "../cron/dst-policy.ts";
import type { CronExpression } from "../cron/expression.ts";
import { countInstants, latestInstant } from "../cron/span.ts";
import type { Zone } from "../cron/zone.ts";
import type { MissedRun } from "./fire-request.ts";

/** What tells when a schedule is due. */
export interface DueRule {
  readonly expression: CronExpression;
  readonly zone: Zone;
  readonly dst: DstPolicy;
}

/** One occurrence, epoch seconds, by itself. */
export function alone(dueSeconds: number): MissedRun {
  return { dueSeconds, untilSeconds: dueSeconds, count: 1 };
}

/** An occurrence and those that follow it up to an instant, both epoch seconds. */
export function runUpTo(
  { expression, zone, dst }: DueRule,
  dueSeconds: number,
  uptoSeconds: number,
): MissedRun {
  const span = { afterSeconds: dueSeconds, uptoSeconds };
  const until = latestInstant(expression, zone, span, dst);
  if (until === null) return alone(dueSeconds);
  return { dueSeconds, untilSeconds: until, count: countInstants(expression, zone, span, dst) + 1 };
}
