/** The screen of `btu show`. */
import { distanceText, durationText, secondsOf } from "../base/times.ts";
import type { RunTime, ScheduleDocument } from "../observe/explain.ts";
import { firingColumns } from "./firing-columns.ts";
import { statePaint } from "./list-table.ts";
import { tableLines } from "./table.ts";
import type { Column, TableOptions } from "./table.ts";
import { bulletLines, counted, cut, oneLine, pad, widthOf, wrap } from "./text.ts";
import type { ShowTime } from "./time-choice.ts";

/** What the screen is laid out for. */
export interface ShowOptions extends TableOptions {
  readonly nowMs: number;
  readonly showTime: ShowTime;
}

type Fact = readonly [label: string, text: string | null];

const LABEL_WIDTH = 11;

const ZONE_RULES: ReadonlyMap<string, string> = new Map([
  ["schedule", "its own"],
  ["configuration", "from our configuration"],
  ["btu_configuration", "from BTU Configuration"],
  ["system_settings", "from System Settings"],
  ["utc_default", "none is set, so UTC"],
  [
    "legacy_rebuilt",
    "from System Settings; the row is of an older app, rebuilt from its hour and day",
  ],
  ["legacy_utc", "the row is of an older app, which stored UTC"],
]);

function zoneText({ time_zone: zone, zone_rule: rule }: ScheduleDocument): string {
  return `${zone} (${ZONE_RULES.get(rule) ?? rule})`;
}

function runsText({ work, task }: ScheduleDocument): string {
  if (work === null) return task;
  const given = work.arguments === 0 ? "" : ` with ${counted(work.arguments, "argument")}`;
  const runs = work.kind === "btu_task" ? `BTU Task ${work.runs}` : work.runs;
  return `${runs}${given}, at most ${durationText(work.timeout_s)}`;
}

function misfireText({ policy }: ScheduleDocument): string {
  const grace = `within ${durationText(policy.misfire_grace_s)}`;
  const most = policy.misfire === "run_all" ? `, at most ${policy.max_catchup}` : "";
  return policy.misfire === "skip" ? "skip" : `${policy.misfire} ${grace}${most}`;
}

/** What holds while nothing is set. */
function unsetOverlap({ work }: ScheduleDocument): string {
  return work?.kind === "btu_task" ? "allow unless the site's log says that it runs" : "allow";
}

function policyText(document: ScheduleDocument): string {
  const { jitter_s: jitter, overlap, dst_gap: gap, dst_overlap: twice } = document.policy;
  const spread = jitter === 0 ? "" : `, jitter ${durationText(jitter)}`;
  return `missed: ${misfireText(document)}; overlap: ${overlap ?? unsetOverlap(document)}; clock changes: ${gap}, ${twice}${spread}`;
}

function queueText({ queue, queue_state: state }: ScheduleDocument): string {
  if (state === null) return queue;
  const name = state.name === queue ? queue : `${queue} (${state.name})`;
  return `${name}: ${counted(state.workers, "worker")}, ${counted(state.waiting, "job")} waiting`;
}

function jobText({ last_job: job }: ScheduleDocument, { nowMs }: ShowOptions): string | null {
  if (job === null) return null;
  const when = distanceText(secondsOf(job.placed_at), nowMs / 1000);
  return `${job.id}, placed ${when}: ${job.status ?? "not kept by RQ any more"}`;
}

function pauseText({ paused }: ScheduleDocument, { showTime }: ShowOptions): string | null {
  if (paused === null) return null;
  const since = paused.since === null ? "" : ` since ${showTime(paused.since, null)}`;
  const note = paused.note === "" ? "" : ` ("${paused.note}")`;
  return `${paused.all ? "all schedules" : "this schedule"}${since}${note}`;
}

function changedText({ changed }: ScheduleDocument, { showTime }: ShowOptions): string | null {
  if (changed === null) return null;
  const at = showTime(changed.at, null);
  return changed.change === "since"
    ? `its cron text and zone hold since ${at}`
    : `${at}: ${changed.change}`;
}

function factsOf(document: ScheduleDocument, options: ShowOptions): readonly Fact[] {
  const { cron, meaning, description } = document;
  return [
    ["Task", runsText(document)],
    ["About", description === "" || description === document.task ? null : description],
    ["Cron", meaning === "" ? cron : `${cron}  ${meaning}`],
    ["Time zone", zoneText(document)],
    ["Queue", queueText(document)],
    ["Policies", policyText(document)],
    ["Paused", pauseText(document, options)],
    ["Last job", jobText(document, options)],
    ["Changed", changedText(document, options)],
  ];
}

function factLines([label, text]: Fact, { style, width }: ShowOptions): string[] {
  if (text === null) return [];
  const [first = "", ...more] = wrap(oneLine(text), width, LABEL_WIDTH);
  return [`${style.bold(pad(label, LABEL_WIDTH))}${first.slice(LABEL_WIDTH)}`, ...more];
}

function head({ id, state }: ScheduleDocument, { style, width }: ShowOptions): string {
  return cut(`${style.bold(oneLine(id))} is ${statePaint(state, style)(state)}`, width);
}

function runLines(runs: readonly RunTime[], options: ShowOptions): string[] {
  const { showTime, nowMs, style } = options;
  const columns = [
    { title: "NEXT RUNS", cell: ({ utc, local }: RunTime) => showTime(utc, local) },
    {
      title: "LEFT",
      cell: ({ utc }: RunTime) => distanceText(secondsOf(utc), nowMs / 1000),
      paint: style.cyan,
    },
  ];
  return tableLines(runs, columns, options);
}

function outcomeLines(outcomes: ScheduleDocument["outcomes"], options: ShowOptions): string[] {
  const due: Column<(typeof outcomes)[number]> = {
    title: "LAST DUE",
    cell: (firing) => options.showTime(firing.due, firing.due_local),
  };
  const others = firingColumns(options.style).filter(({ title }) => title !== "SCHEDULE");
  return tableLines(outcomes, [due, ...others], options);
}

function apart(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

/** The lines of the screen; none is wider than it. */
export function showLines(document: ScheduleDocument, options: ShowOptions): string[] {
  const { style, width } = options;
  const { problem, warnings, why } = document;
  const problems = problem === null ? [] : bulletLines(style.sign("bad"), [problem], width);
  return [
    head(document, options),
    ...problems,
    ...bulletLines(style.sign("warn"), warnings, width),
    ...apart(factsOf(document, options).flatMap((fact) => factLines(fact, options))),
    ...apart([why.last, why.next].flatMap((text) => wrap(oneLine(text), width))),
    ...apart(runLines(document.runs, options)),
    ...apart(outcomeLines(document.outcomes, options)),
  ].map((line) => (widthOf(line) > width ? cut(line, width) : line));
}
