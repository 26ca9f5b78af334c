/** The screen of `btu cron`. */
import type { CronMeaning, RunTimes } from "./cron-report.ts";
import type { CronRuns } from "./cron-query.ts";
import { runTimes } from "./cron-report.ts";
import { tableLines } from "./table.ts";
import type { TableOptions } from "./table.ts";
import { bulletLines, wrap } from "./text.ts";
import { distanceText, secondsOf, spokenTime } from "../base/times.ts";

/** What is shown. */
export interface CronScreen {
  readonly runs: CronRuns;
  readonly meaning: CronMeaning;
  readonly nowSeconds: number;
}

function runLines({ runs, nowSeconds }: CronScreen, options: TableOptions): string[] {
  const rows = runs.runsSeconds.map((at) => runTimes(at, runs.zone));
  const isUtc =
    runs.zone.transitions.length === 0 && rows.every(({ local }) => local.endsWith("+00:00"));
  const lines = tableLines<RunTimes>(
    rows,
    [
      ...(isUtc
        ? []
        : [{ title: runs.zone.name, cell: ({ local }: RunTimes) => spokenTime(local) }]),
      { title: "UTC", cell: ({ utc }) => (isUtc ? spokenTime(utc) : utc), rank: 1 },
      {
        title: "WHEN",
        cell: ({ utc }) => distanceText(secondsOf(utc), nowSeconds),
        paint: options.style.cyan,
        rank: 2,
      },
    ],
    options,
  );
  return runs.isEnd ? [...lines, options.style.dim("and never again")] : lines;
}

/** The lines of the screen; none is wider than it. */
export function cronLines(screen: CronScreen, options: TableOptions): string[] {
  const { style, width } = options;
  const { meaning } = screen;
  const changes = meaning.clock_changes.map(({ text }) => text);
  const title = style.bold("Clock changes in the next 24 months");
  return [
    ...wrap(meaning.meaning, width),
    ...bulletLines(style.sign("warn"), meaning.warnings, width),
    "",
    ...runLines(screen, options),
    ...(changes.length === 0 ? [] : ["", title, ...bulletLines("-", changes, width)]),
  ];
}
