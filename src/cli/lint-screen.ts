/** The screen of `btu lint`. */
import type { LintLevel, LintRow } from "./lint-report.ts";
import type { Mark } from "./style.ts";
import type { TableOptions } from "./table.ts";
import { bulletLines, counted, cut, oneLine } from "./text.ts";
import { spokenTime } from "../base/times.ts";

const MARKS: Readonly<Record<LintLevel, Mark>> = { problem: "bad", warning: "warn", ok: "ok" };

function blockLines(row: LintRow, { style, width }: TableOptions): string[] {
  const { id, cron, time_zone: zone, task, enabled, next, problem } = row;
  const off = enabled ? "" : style.dim(" (disabled)");
  const sign = style.sign(MARKS[row.level]);
  const given = [cron, zone].filter((text) => text.trim() !== "").map(oneLine);
  const head = [`${sign} ${style.bold(oneLine(id))}${off}`, ...given, style.dim(oneLine(task))];
  const facts = [
    row.meaning,
    next === null ? "" : `Next: ${spokenTime(next.local)}, ${next.utc}`,
    ...row.clock_changes.map(({ text }) => `Clock change ${text}`),
  ];
  return [
    cut(head.join("  "), width).trimEnd(),
    ...(problem === null ? [] : bulletLines(`  ${style.red("problem:")}`, [problem], width)),
    ...bulletLines(`  ${style.yellow("warning:")}`, row.warnings, width),
    ...bulletLines(
      " ",
      facts.filter((fact) => fact !== ""),
      width,
    ),
    "",
  ];
}

function summary(rows: readonly LintRow[]): string {
  const of = (level: LintLevel): number => rows.filter((row) => row.level === level).length;
  const found = [counted(of("problem"), "problem"), counted(of("warning"), "warning")].join(", ");
  return `${counted(rows.length, "schedule")}: ${found}`;
}

/** The lines of the screen; none is wider than it. */
export function lintLines(rows: readonly LintRow[], options: TableOptions): string[] {
  const blocks = rows.flatMap((row) => blockLines(row, options));
  return [...blocks, cut(summary(rows), options.width)];
}
