/** What is lost to an edit that came while nobody fired: the planned occurrence, and those that would have followed by now. */
import type { DefineTools } from "../schedule/schedule.ts";
import { compileDefinition, parseDefinition } from "./definition.ts";
import type { MissedRun } from "./fire-request.ts";
import { alone, runUpTo } from "./missed-run.ts";
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
  const former = parseDefinition(definition);
  const compiled = former === null ? null : compileDefinition(former, tools);
  if (former === null || compiled === null) return alone(dueSeconds);
  return runUpTo({ ...compiled, dst: former.dst }, dueSeconds, nowSeconds);
}
