/** The schedule vectors, and how an answer is written in their form. */
import { CronError } from "../../src/cron/cron-error.ts";
import { parseExpression } from "../../src/cron/expression.ts";
import { nextInstant } from "../../src/cron/next.ts";
import type { ZoneData } from "../../src/cron/zone-data.ts";
import { ZoneError } from "../../src/cron/zone.ts";
import vectors from "../fixtures/cron/vectors.json";

/** A question: the next `n` instants after `from`. */
export interface Question {
  readonly expr: string;
  readonly tz: string;
  readonly from: string;
  readonly n: number;
}

/** Its answer; `end` when the schedule ends before `n`. */
export interface Answer {
  readonly expect?: readonly string[];
  readonly end?: true;
  readonly error?: string;
}

/** A question and the answer that is expected. */
export interface Vector extends Question {
  readonly id: string;
  readonly class: string;
  readonly note: string;
  readonly answer: Answer;
}

/** All vectors; the expected values were written by hand. */
export const VECTORS: readonly Vector[] = vectors.cases.map((vector) => {
  const { error, expect, end } = vector as { error?: string; expect?: string[]; end?: true };
  const expected: Answer =
    error === undefined ? { expect: expect ?? [], ...(end && { end }) } : { error };
  const { id, class: kind, expr, tz, from, n, note } = vector;
  return { id, class: kind, expr, tz, from, n, note, answer: expected };
});

/** `2026-03-08T07:00:00Z`. */
function utcText(atSeconds: number): string {
  return new Date(atSeconds * 1000).toISOString().replace(".000Z", "Z");
}

function errorKind(error: unknown): string {
  if (error instanceof CronError) return "invalid";
  if (error instanceof ZoneError) return "timezone";
  throw error;
}

/** Answers a question with the code under test. */
export function answer(question: Question, zones: ZoneData): Answer {
  try {
    const expression = parseExpression(question.expr);
    const zone = zones.find(question.tz);
    const found: string[] = [];
    let at: number | null = Date.parse(question.from) / 1000;
    while (found.length < question.n) {
      at = nextInstant(expression, zone, at);
      if (at === null) break;
      found.push(utcText(at));
    }
    if (found.length === 0) return { error: "never" };
    return { expect: found, ...(found.length < question.n && { end: true as const }) };
  } catch (error) {
    return { error: errorKind(error) };
  }
}
