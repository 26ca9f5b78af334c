/** The question behind `btu cron`: when is an expression due? */
import { CronError } from "../cron/cron-error.ts";
import type { DstPolicy } from "../cron/dst-policy.ts";
import type { ExpressionCache } from "../cron/expression-cache.ts";
import type { CronExpression } from "../cron/expression.ts";
import { utcText } from "../cron/instant-text.ts";
import { nextInstant } from "../cron/next.ts";
import type { ZoneData } from "../cron/zone-data.ts";
import { ZoneError } from "../cron/zone.ts";
import type { Zone } from "../cron/zone.ts";
import { parseInstant } from "./instant.ts";

/** The question as it was typed. */
export interface CronQuestion {
  readonly expr: string;
  readonly tz: string;
  /** ISO; null stands for now. */
  readonly from: string | null;
  readonly count: number;
  readonly dst: DstPolicy;
}

/** The question, understood, and its answer. */
export interface CronRuns {
  readonly expression: CronExpression;
  readonly zone: Zone;
  readonly fromSeconds: number;
  /** Epoch seconds, ascending. */
  readonly runsSeconds: readonly number[];
  /** The schedule has no more runs than these. */
  readonly isEnd: boolean;
}

/** Why there is no answer: the kinds of docs/cli-json.md. */
export type CronFaultKind = "invalid" | "never" | "timezone";

/** There is no answer; the message is for people. */
export class CronFault extends Error {
  override readonly name = "CronFault";
  readonly kind: CronFaultKind;
  /** Which part of the question is at fault. */
  readonly about: "expr" | "tz" | "from";

  constructor(kind: CronFaultKind, message: string, about: CronFault["about"] = "expr") {
    super(message);
    this.kind = kind;
    this.about = about;
  }
}

/** What answering needs. */
export interface CronTools {
  readonly expressions: ExpressionCache;
  readonly zones: ZoneData;
  readonly nowSeconds: () => number;
}

function readExpression(text: string, { expressions }: CronTools): CronExpression {
  try {
    return expressions.get(text);
  } catch (error) {
    throw error instanceof CronError ? new CronFault("invalid", error.message) : error;
  }
}

function readZone(name: string, { zones }: CronTools): Zone {
  try {
    return zones.find(name);
  } catch (error) {
    throw error instanceof ZoneError ? new CronFault("timezone", error.message, "tz") : error;
  }
}

/** @throws CronFault when it is no instant. */
function readFrom(from: string | null, zone: Zone, tools: CronTools): number {
  if (from === null) return tools.nowSeconds();
  const seconds = parseInstant(from, zone);
  if (seconds !== null) return seconds;
  const message = `the time '${from}' is not understood; write it as 2026-03-08T02:00:00Z`;
  throw new CronFault("invalid", message, "from");
}

/**
 * The next runs strictly after the start.
 *
 * @throws CronFault when the question makes no sense, and when the expression never runs after the start.
 */
export function findRuns(question: CronQuestion, tools: CronTools): CronRuns {
  const expression = readExpression(question.expr, tools);
  const zone = readZone(question.tz, tools);
  const fromSeconds = readFrom(question.from, zone, tools);
  const runsSeconds: number[] = [];
  for (let at: number | null = fromSeconds; runsSeconds.length < question.count;) {
    at = nextInstant(expression, zone, at, question.dst);
    if (at === null) break;
    runsSeconds.push(at);
  }
  if (runsSeconds.length === 0) {
    const from = utcText(fromSeconds);
    throw new CronFault("never", `never runs after ${from} (no such date up to 2099)`);
  }
  return { expression, zone, fromSeconds, runsSeconds, isEnd: runsSeconds.length < question.count };
}
