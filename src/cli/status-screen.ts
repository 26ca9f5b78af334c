/** The screen of `btu status`. */
import type { ComingStatus, FiringStatus, StatusDocument } from "../observe/status.ts";
import { LONG_TIMES_WIDTH } from "./time-choice.ts";
import { firingColumns } from "./firing-columns.ts";
import type { Mark, Style } from "./style.ts";
import { tableLines } from "./table.ts";
import type { Column, TableOptions } from "./table.ts";
import { bulletLines, counted, cut, oneLine, pad } from "./text.ts";
import {
  distanceText,
  durationText,
  millisecondsText,
  secondsOf,
  shortTime,
  spokenTime,
} from "../base/times.ts";

const LABEL_WIDTH = 13;
/** More would push the head of the screen out of sight. */
const FIRINGS_SHOWN = 5;

const HEALTH_MARKS: Readonly<Record<StatusDocument["health"], Mark>> = {
  healthy: "ok",
  degraded: "bad",
};

function head({ daemon, health, at }: StatusDocument, { style }: TableOptions): string[] {
  const { name, environment, version, pid, started_at: started, zone_data: zoneData } = daemon;
  const label = environment === null ? name : `${name} (${environment})`;
  const paint = health === "healthy" ? style.green : style.red;
  const up = durationText(secondsOf(at) - secondsOf(started));
  return [
    `${style.sign(HEALTH_MARKS[health])} ${style.bold(oneLine(label))} is ${paint(health)}`,
    style.dim(`version ${version}, pid ${pid}, up ${up}, time zones ${zoneData}`),
    ...(daemon.config === null ? [] : [style.dim(oneLine(daemon.config))]),
  ];
}

function labelled(label: string, values: readonly string[], style: Style): string[] {
  return values.map((value, index) => {
    const title = pad(index === 0 ? label : "", LABEL_WIDTH);
    return `${style.bold(title)}${value}`;
  });
}

function connectionLines({ connections }: StatusDocument, { style }: TableOptions): string[] {
  // Why one is down stands above, among the problems.
  const lines = connections.map(
    ({ name, problem, app }) =>
      `${style.mark(problem === null ? "ok" : "bad")} ${oneLine(name)}${app === null ? "" : `, BTU app ${app}`}`,
  );
  return labelled("Connections", lines, style);
}

function leadershipText({ leadership }: StatusDocument): string {
  const { role, leader, term, daemon_id: me } = leadership;
  if (role === "leader") return `this daemon leads, term ${term} (${me})`;
  if (leader === me) return "this daemon led, and could not renew its lease";
  return leader === null ? "stands by, nobody leads" : `stands by, ${oneLine(leader)} leads`;
}

function scheduleText({ schedules }: StatusDocument, style: Style): string {
  const { total, active, paused, disabled, invalid, never } = schedules;
  const parts = [
    `${active} active`,
    paused === 0 ? "" : style.yellow(`${paused} paused`),
    disabled === 0 ? "" : `${disabled} disabled`,
    invalid === 0 ? "" : style.red(`${invalid} invalid`),
    never === 0 ? "" : style.yellow(`${never} never run`),
  ];
  return `${total}: ${parts.filter((part) => part !== "").join(", ")}`;
}

function builderTexts({ builders }: StatusDocument): string[] {
  return builders.map(
    ({ kind, schedules, why }) => `${kind} for ${counted(schedules, "schedule")}: ${why}`,
  );
}

function refreshText({ refresh, at }: StatusDocument): string {
  const every = `every ${durationText(refresh.every_s)}`;
  if (refresh.last_at === null) return `not done yet, ${every}`;
  const ago = distanceText(secondsOf(refresh.last_at), secondsOf(at));
  return `${ago} in ${millisecondsText(refresh.took_ms)}, ${every}`;
}

function latenessText({ lateness }: StatusDocument): string {
  const { count, p50_ms: p50, p99_ms: p99, max_ms: max } = lateness;
  if (count === 0) return "nothing fired yet";
  const [middle, most, worst] = [p50, p99, max].map(millisecondsText);
  return `half within ${middle}, 99 % within ${most}, worst ${worst} (${counted(count, "firing")})`;
}

function comingColumns(
  at: number,
  { style, width }: TableOptions,
): ReadonlyArray<Column<ComingStatus>> {
  const show = (iso: string): string =>
    width < LONG_TIMES_WIDTH ? shortTime(iso, at * 1000) : spokenTime(iso);
  return [
    {
      title: "NEXT",
      cell: ({ next }) => distanceText(secondsOf(next ?? ""), at),
      paint: style.cyan,
    },
    {
      title: "AT",
      cell: ({ next, next_local: local }) => show(local ?? next ?? ""),
      rank: 1,
    },
    { title: "SCHEDULE", cell: ({ id }) => id, shrinkTo: 20 },
    { title: "TASK", cell: ({ task }) => task, shrinkTo: 16, rank: 2 },
    { title: "QUEUE", cell: ({ queue }) => queue, shrinkTo: 10, rank: 3 },
  ];
}

function lastColumns(title: string, at: number, style: Style): ReadonlyArray<Column<FiringStatus>> {
  return [
    { title, cell: ({ fired_at: fired }) => distanceText(secondsOf(fired), at) },
    ...firingColumns(style),
  ];
}

function withTitle(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

/** The lines of the screen; none is wider than it. */
export function statusLines(status: StatusDocument, options: TableOptions): string[] {
  const { style, width } = options;
  const at = secondsOf(status.at);
  const firings = (title: string, entries: readonly FiringStatus[]): string[] => {
    const shown = entries.slice(0, FIRINGS_SHOWN);
    return withTitle(tableLines(shown, lastColumns(title, at, style), options));
  };
  const facts = [
    ...connectionLines(status, options),
    ...labelled("Leadership", [leadershipText(status)], style),
    ...labelled("Schedules", [scheduleText(status, style)], style),
    ...labelled("Jobs", builderTexts(status), style),
    ...labelled("Last read", [refreshText(status)], style),
    ...labelled("Lateness", [latenessText(status)], style),
  ];
  return [
    ...head(status, options).map((line) => cut(line, width)),
    ...withTitle(bulletLines(style.sign("bad"), status.problems, width)),
    ...withTitle(bulletLines(style.sign("warn"), status.warnings, width)),
    "",
    ...facts.map((line) => cut(line, width)),
    ...withTitle(tableLines(status.next, comingColumns(at, options), options)),
    ...firings("WENT WRONG", status.went_wrong),
    ...firings("LAST", status.last_firings),
  ];
}
