/** `btu cron --stdin`: questions and answers as JSON, one a line. */
import { DST_GAPS, DST_OVERLAPS } from "../cron/dst-policy.ts";
import type { DstPolicy } from "../cron/dst-policy.ts";
import { utcText } from "../cron/instant-text.ts";
import { COUNT_BOUNDS } from "./cron-args.ts";
import { CronFault, findRuns } from "./cron-query.ts";
import type { CronQuestion, CronTools } from "./cron-query.ts";

/** What holds where a line says nothing of its own. */
export interface LineDefaults {
  readonly tz: string;
  /** Null stands for now. */
  readonly from: string | null;
  readonly count: number;
  readonly dst: DstPolicy;
}

/** A line that is longer is no question. */
const LINE_LENGTH_MAX = 64 * 1024;

type Fields = Readonly<Record<string, unknown>>;

function invalid(message: string): CronFault {
  return new CronFault("invalid", message);
}

function parseLine(line: string): Fields {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw invalid("the line is not JSON");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw invalid('the line is no JSON object such as {"id":1,"expr":"0 2 * * *","tz":"UTC"}');
}

function textOf(fields: Fields, key: string): string | null {
  const value = fields[key] ?? null;
  if (value === null || typeof value === "string") return value;
  throw new CronFault(key === "tz" ? "timezone" : "invalid", `${key}: expected text`);
}

function choiceOf<T extends string>(fields: Fields, key: string, choices: readonly T[]): T | null {
  const value = textOf(fields, key);
  const found = choices.find((choice) => choice === value);
  if (value === null || found !== undefined) return found ?? null;
  throw invalid(`${key} '${value}': expected ${choices.join(", ")}`);
}

function countOf({ n }: Fields, standard: number): number {
  const { min, max } = COUNT_BOUNDS;
  if (n === undefined || n === null) return standard;
  if (typeof n === "number" && Number.isInteger(n) && n >= min && n <= max) return n;
  throw invalid(`n: expected a whole number ${min}-${max}`);
}

function questionOf(fields: Fields, defaults: LineDefaults): CronQuestion {
  const expr = textOf(fields, "expr");
  if (expr === null) throw invalid("expr is missing");
  return {
    expr,
    tz: textOf(fields, "tz") ?? defaults.tz,
    from: textOf(fields, "from") ?? defaults.from,
    count: countOf(fields, defaults.count),
    dst: {
      gap: choiceOf(fields, "dst_gap", DST_GAPS) ?? defaults.dst.gap,
      overlap: choiceOf(fields, "dst_overlap", DST_OVERLAPS) ?? defaults.dst.overlap,
    },
  };
}

/** The answer to one line, itself a line of JSON; a line that makes no sense is answered too. */
function answerLine(line: string, defaults: LineDefaults, tools: CronTools): string {
  let id: unknown = null;
  try {
    const fields = parseLine(line);
    id = fields["id"] ?? null;
    const { runsSeconds, isEnd } = findRuns(questionOf(fields, defaults), tools);
    const next = runsSeconds.map(utcText);
    return JSON.stringify({ id, next, ...(isEnd ? { end: true } : {}) });
  } catch (error) {
    if (!(error instanceof CronFault)) throw error;
    return JSON.stringify({ id, error: error.kind, message: error.message });
  }
}

/** The lines of a text that comes in pieces, one array for each piece; one that is too long is handed on cut off. */
export async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of input) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    // What is too long stays so, however much more of it comes.
    rest = (lines.pop() ?? "").slice(0, LINE_LENGTH_MAX + 1);
    if (lines.length > 0) yield lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield [rest];
}

/** The answers to lines, one for each that is not blank. */
export function* answerLines(
  lines: readonly string[],
  defaults: LineDefaults,
  tools: CronTools,
): Generator<string> {
  for (const line of lines) {
    if (line.trim() === "") continue;
    if (line.length <= LINE_LENGTH_MAX) yield answerLine(line, defaults, tools);
    else {
      const message = `the line is longer than ${LINE_LENGTH_MAX} characters`;
      yield JSON.stringify({ id: null, error: "invalid", message });
    }
  }
}
