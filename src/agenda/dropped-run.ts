/** What is lost to an edit that came while nobody fired: the planned occurrence, and those that would have followed by now. */
import { countInstants, latestInstant } from "../cron/span.ts";
import type { DefineTools } from "../schedule/schedule.ts";
import { compileDefinition, parseDefinition } from "./definition.ts";
import type { MissedRun } from "./fire-request.ts";
import { parsePlan } from "./plan-record.ts";

/** A plan as it was read, and the definition (JSON) that it was made by. */
export interface FormerPlan {
  readonly read: string;
  readonly definition: string;
}

/** The occurrences from the planned one up to now, as the former definition knows them; null when there is none. */
export function droppedRun(
  { read, definition }: FormerPlan,
  { tools, nowSeconds }: { readonly tools: DefineTools; readonly nowSeconds: number },
): MissedRun | null {
  const plan = parsePlan(read);
  if (plan === null || plan.dueSeconds > nowSeconds) return null;
  const { dueSeconds } = plan;
  const alone = { dueSeconds, untilSeconds: dueSeconds, count: 1 };
  const former = parseDefinition(definition);
  const compiled = former === null ? null : compileDefinition(former, tools);
  if (former === null || compiled === null) return alone;
  const { expression, zone } = compiled;
  const span = { afterSeconds: dueSeconds, uptoSeconds: nowSeconds };
  const until = latestInstant(expression, zone, span, former.dst);
  if (until === null) return alone;
  const count = countInstants(expression, zone, span, former.dst) + 1;
  return { dueSeconds, untilSeconds: until, count };
}
