/** What the hash of definitions tells of a schedule: when it is due, and since when. */
import { CronError } from "../cron/cron-error.ts";
import { parseDstPolicy } from "../cron/dst-policy.ts";
import type { DstPolicy } from "../cron/dst-policy.ts";
import type { CronExpression } from "../cron/expression.ts";
import { ZoneError } from "../cron/zone.ts";
import type { Zone } from "../cron/zone.ts";
import type { DefineTools } from "../schedule/schedule.ts";

/** When a schedule is due, from an instant on. */
export interface Definition {
  readonly cron: string;
  readonly timeZone: string;
  readonly dst: DstPolicy;
  /** Occurrences after this instant count, epoch seconds. */
  readonly sinceSeconds: number;
}

/** Reads what `definitionText` wrote; null when it is no such text. */
export function parseDefinition(text: string): Definition | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return null;
    const { since, cron, zone, gap, overlap }: Record<string, unknown> = { ...value };
    if (typeof since !== "number" || typeof cron !== "string" || typeof zone !== "string")
      return null;
    return { cron, timeZone: zone, dst: parseDstPolicy(gap, overlap), sinceSeconds: since };
  } catch {
    return null;
  }
}

/** Its expression and zone as we read them; null when we cannot. */
export function compileDefinition(
  { cron, timeZone }: Pick<Definition, "cron" | "timeZone">,
  { expressions, zones }: DefineTools,
): { readonly expression: CronExpression; readonly zone: Zone } | null {
  try {
    return { expression: expressions.get(cron), zone: zones.find(timeZone) };
  } catch (error) {
    if (error instanceof CronError || error instanceof ZoneError) return null;
    throw error;
  }
}
