/** The work of `btu audit`. */
import { durationText, spokenTime } from "../base/times.ts";
import { nowSeconds } from "../base/clock.ts";
import { ExpressionCache } from "../cron/expression-cache.ts";
import { utcText } from "../cron/instant-text.ts";
import { makeKeys } from "../redis/keys.ts";
import { auditLedger } from "../observe/audit.ts";
import type { AuditFinding, AuditReport } from "../observe/audit.ts";
import { SINCE_DEFAULT } from "./audit-args.ts";
import type { AuditFlags } from "./audit-args.ts";
import { isSchedule, unknownSchedule } from "./ask-see.ts";
import type { CliContext } from "./context.ts";
import { EXIT } from "./exit.ts";
import type { ExitCode } from "./exit.ts";
import type { Output } from "./output.ts";
import { withOwnRedis } from "./own-redis.ts";
import { parseSince } from "./since.ts";
import { tableLines } from "./table.ts";
import { bulletLines, counted, wrap } from "./text.ts";
import { openZones } from "./zones.ts";

function isClean({ missing, doubled }: AuditReport): boolean {
  return missing === 0 && doubled === 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function number(count: number): string {
  return count.toLocaleString("en-US");
}

function findingDocument({ schedule, dueSeconds }: AuditFinding) {
  return { schedule, due: utcText(dueSeconds) };
}

/** The document; docs/cli-json.md tells what its parts mean. */
function auditDocument(report: AuditReport) {
  return {
    clean: isClean(report),
    since: utcText(report.sinceSeconds),
    until: utcText(report.untilSeconds),
    schedules: report.schedules,
    expected: report.expected,
    placed: report.placed,
    handed_over: report.handedOver,
    skipped: Object.entries(report.skipped).map(([outcome, count]) => ({ outcome, count })),
    missing: report.missing,
    doubled: report.doubled,
    unexpected: report.unexpected,
    missing_first: report.missingFirst.map(findingDocument),
    doubled_first: report.doubledFirst.map(findingDocument),
  };
}

function spanText({ sinceSeconds, untilSeconds, schedules }: AuditReport): string {
  if (sinceSeconds === untilSeconds) return "nothing yet: the last minute is left out";
  const span = `${spokenTime(utcText(sinceSeconds))} to ${spokenTime(utcText(untilSeconds))}`;
  const length = durationText(untilSeconds - sinceSeconds);
  return `${span} (${length}), ${counted(schedules, "schedule")}`;
}

function summaryText({ expected, placed, skipped, missing, doubled }: AuditReport): string {
  const skippedCount = sum(Object.values(skipped));
  return [
    `${number(expected)} expected`,
    `${number(placed)} placed`,
    `${number(skippedCount)} skipped with reason`,
    `${number(missing)} missing`,
    `${number(doubled)} doubled`,
  ].join(", ");
}

function noteLines({ skipped, handedOver, unexpected }: AuditReport): string[] {
  const words = Object.entries(skipped).map(([outcome, count]) => `${number(count)} ${outcome}`);
  return [
    ...(words.length === 0 ? [] : [`skipped: ${words.join(", ")}`]),
    ...(handedOver === 0
      ? []
      : [
          `of those placed, ${number(handedOver)} were handed over to the site, which may skip them`,
        ]),
    ...(unexpected === 0
      ? []
      : [`${number(unexpected)} more were placed of definitions that the history no longer holds`]),
  ];
}

function findingLines(
  what: string,
  findings: readonly AuditFinding[],
  { count, output }: { readonly count: number; readonly output: Output },
): string[] {
  if (count === 0) return [];
  const columns = [
    {
      title: what.toUpperCase(),
      cell: ({ dueSeconds }: AuditFinding) => spokenTime(utcText(dueSeconds)),
    },
    { title: "SCHEDULE", cell: ({ schedule }: AuditFinding) => schedule, shrinkTo: 14 },
  ];
  const rest = count - findings.length;
  const more = rest > 0 ? [output.style.dim(`and ${number(rest)} more ${what}`)] : [];
  return ["", ...tableLines(findings, columns, output), ...more];
}

function auditLines(report: AuditReport, output: Output, askedSeconds: number): string[] {
  const { style, width } = output;
  const { missing, doubled, sinceSeconds, missingFirst, doubledFirst } = report;
  const isLater = sinceSeconds > askedSeconds && sinceSeconds < report.untilSeconds;
  const why = report.isCut
    ? "older entries have left the ledger: see ledger_max_entries"
    : "of the time before nothing is known: no definition is older";
  const lines = [
    ...bulletLines(style.sign(isClean(report) ? "ok" : "bad"), [summaryText(report)], width),
    ...(output.isQuiet ? [] : wrap(`covered: ${spanText(report)}`, width)),
    ...(isLater && !output.isQuiet ? [why] : []),
    ...(output.isQuiet ? [] : noteLines(report).flatMap((line) => wrap(line, width))),
    ...findingLines("missing", missingFirst, { count: missing, output }),
    ...findingLines("doubled", doubledFirst, { count: doubled, output }),
  ];
  return lines;
}

async function audit(
  context: CliContext,
  { id, sinceSeconds }: { readonly id: string | null; readonly sinceSeconds: number },
): Promise<AuditReport> {
  const { config } = context.config();
  const zones = openZones(config.zone_data, context.env);
  return withOwnRedis(context, "read the ledger", (client) =>
    auditLedger({
      client,
      keys: makeKeys(config.redis_key_prefix),
      expressions: new ExpressionCache(),
      zones,
      schedule: id,
      sinceSeconds,
      nowSeconds: nowSeconds(context.clock),
    }),
  );
}

/** Audits and tells what it found. */
export async function runAudit(flags: AuditFlags, context: CliContext): Promise<ExitCode> {
  const { output } = context;
  const id = flags.text("id");
  const sinceSeconds = parseSince("--since", flags.text("since") ?? SINCE_DEFAULT, context);
  const report = await audit(context, { id, sinceSeconds });
  const isNobodys = id !== null && report.schedules === 0 && !(await isSchedule(id, context));
  if (isNobodys) throw await unknownSchedule(id, context);
  const clean = isClean(report);
  if (flags.on("json")) output.json(auditDocument(report));
  else if (!(output.isQuiet && clean)) output.lines(auditLines(report, output, sinceSeconds));
  return clean ? EXIT.ok : EXIT.problem;
}
