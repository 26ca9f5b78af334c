/** The work of `btu cron`. */
import { nowSeconds } from "../base/clock.ts";
import { ConfigurationError, UsageError } from "../base/errors.ts";
import { suggestion } from "../base/suggest.ts";
import { DEFAULT_DST_POLICY, DST_GAPS, DST_OVERLAPS } from "../cron/dst-policy.ts";
import type { DstPolicy } from "../cron/dst-policy.ts";
import { ExpressionCache } from "../cron/expression-cache.ts";
import { utcText } from "../cron/instant-text.ts";
import { ZONE_DATA_CHOICES } from "../cron/zone-data.ts";
import type { ZoneDataChoice } from "../cron/zone-data.ts";
import type { CliContext } from "./context.ts";
import { COUNT_BOUNDS, COUNT_DEFAULT, TZ_DEFAULT, ZONE_DATA_VARIABLE } from "./cron-args.ts";
import type { CronFlags } from "./cron-args.ts";
import { answerLines, linesOf } from "./cron-lines.ts";
import type { LineDefaults } from "./cron-lines.ts";
import { CronFault, findRuns } from "./cron-query.ts";
import type { CronQuestion, CronTools } from "./cron-query.ts";
import { meaningOf, runTimes } from "./cron-report.ts";
import { cronLines } from "./cron-screen.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import { openZones } from "./zones.ts";

/** Answers are written when so many characters have come together, or when no question waits. */
const BATCH_LENGTH = 256 * 1024;

/** @throws ConfigurationError when the variable holds another word. */
function zoneDataChoice(flags: CronFlags, { env }: CliContext): ZoneDataChoice {
  const chosen = flags.choice("zoneData", ZONE_DATA_CHOICES);
  const variable = env[ZONE_DATA_VARIABLE] ?? "";
  if (chosen !== null || variable === "") return chosen ?? "auto";
  const found = ZONE_DATA_CHOICES.find((choice) => choice === variable.trim().toLowerCase());
  if (found !== undefined) return found;
  const expected = `expected ${ZONE_DATA_CHOICES.join(", ")}${suggestion(variable, ZONE_DATA_CHOICES)}`;
  throw new ConfigurationError("the environment", [
    `${ZONE_DATA_VARIABLE} "${variable}": ${expected}`,
  ]);
}

function dstOf(flags: CronFlags): DstPolicy {
  return {
    gap: flags.choice("dstGap", DST_GAPS) ?? DEFAULT_DST_POLICY.gap,
    overlap: flags.choice("dstOverlap", DST_OVERLAPS) ?? DEFAULT_DST_POLICY.overlap,
  };
}

function toolsOf(flags: CronFlags, context: CliContext): CronTools {
  return {
    expressions: new ExpressionCache(),
    zones: openZones(zoneDataChoice(flags, context), context.env),
    nowSeconds: () => nowSeconds(context.clock),
  };
}

async function answerInput(
  defaults: LineDefaults,
  tools: CronTools,
  context: CliContext,
): Promise<ExitCode> {
  // Who types the questions knows what is waited for.
  context.progress.stop();
  for await (const lines of linesOf(context.input())) {
    let batch: string[] = [];
    let length = 0;
    for (const answer of answerLines(lines, defaults, tools)) {
      batch.push(answer);
      length += answer.length;
      if (length < BATCH_LENGTH) continue;
      context.output.lines(batch);
      [batch, length] = [[], 0];
    }
    context.output.lines(batch);
  }
  return EXIT.ok;
}

/** A wrong zone or start is a wrong command line; a wrong expression is what the command is there to find. */
function told(fault: CronFault, { expr }: CronQuestion): Error {
  if (fault.about !== "expr") return new UsageError(`--${fault.about}: ${fault.message}`);
  if (fault.kind === "never") return new Error(`"${expr}" ${fault.message}`);
  return new Error(`invalid cron expression "${expr}": ${fault.message}`);
}

function answerJson(question: CronQuestion, tools: CronTools) {
  const runs = findRuns(question, tools);
  const { zone, fromSeconds, runsSeconds, isEnd } = runs;
  return {
    expression: runs.expression.text,
    time_zone: zone.name,
    zone_data: `${tools.zones.origin} ${tools.zones.version}`,
    from: utcText(fromSeconds),
    next: runsSeconds.map((at) => runTimes(at, zone)),
    end: isEnd,
    ...meaningOf({ ...runs, dst: question.dst }),
  };
}

function tellZone({ tz }: CronQuestion, tools: CronTools, { output }: CliContext): void {
  const { name } = tools.zones.find(tz);
  if (name !== tz) output.warn(`the time zone is spelled "${name}"`);
}

function answerOne(
  question: CronQuestion,
  tools: CronTools,
  flags: CronFlags,
  context: CliContext,
): ExitCode {
  const { output, clock } = context;
  const isJson = flags.on("json");
  try {
    if (isJson) output.json(answerJson(question, tools));
    else {
      const runs = findRuns(question, tools);
      tellZone(question, tools, context);
      const meaning = meaningOf({ ...runs, dst: question.dst });
      const screen = { runs, meaning, nowSeconds: clock.nowMs() / 1000 };
      output.lines(cronLines(screen, output));
    }
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof CronFault)) throw error;
    if (!isJson || error.about !== "expr") throw told(error, question);
    output.json({ expression: question.expr, error: error.kind, message: error.message });
    return EXIT.problem;
  }
}

/** Answers the question of the command line, or those of standard input. */
export async function runCron(flags: CronFlags, context: CliContext): Promise<ExitCode> {
  const expr = flags.text("expr");
  const count = flags.integer("count", COUNT_BOUNDS);
  const tz = flags.text("tz") ?? TZ_DEFAULT;
  const from = flags.text("from");
  const dst = dstOf(flags);
  if (flags.on("stdin") !== (expr === null)) {
    const fault = expr === null ? "EXPR is missing, or --stdin" : "EXPR or --stdin, not both";
    throw new UsageError(fault);
  }
  const tools = toolsOf(flags, context);
  if (expr !== null) {
    const question = { expr, tz, from, count: count ?? COUNT_DEFAULT, dst };
    return answerOne(question, tools, flags, context);
  }
  return answerInput({ tz, from, count: count ?? 1, dst }, tools, context);
}
