/** The screen of `btu job`. */
import type { JobDocument } from "../observe/rq-job.ts";
import type { JobResult } from "../observe/rq-results.ts";
import { callLines } from "./call-lines.ts";
import { paintState } from "./jobs-screen.ts";
import type { TableOptions } from "./table.ts";
import { bulletLines, counted, cut, oneLine, pad } from "./text.ts";
import { distanceText, durationText, secondsOf, spokenTime } from "../base/times.ts";

/** What the screen is laid out for. */
export interface JobScreen extends TableOptions {
  readonly nowSeconds: number;
}

const LABEL_WIDTH = 13;
const INDENT = "  ";
/** A traceback's end tells what happened. */
const TRACEBACK_LINES_MAX = 40;

type Fact = readonly [label: string, text: string | null];

function timeText(iso: string | null, { nowSeconds }: JobScreen): string | null {
  if (iso === null) return null;
  const whole = iso.replace(/\.\d+Z$/, "Z");
  return `${spokenTime(whole)}, ${distanceText(secondsOf(whole), nowSeconds)}`;
}

function secondsText(seconds: number | null): string | null {
  if (seconds === null) return null;
  return seconds < 0 ? "none" : durationText(seconds);
}

function factLines(all: readonly Fact[], { style, width }: JobScreen): string[] {
  return all.flatMap(([label, text]) =>
    text === null ? [] : [cut(`${style.bold(pad(label, LABEL_WIDTH))}${oneLine(text)}`, width)],
  );
}

function section(title: string, lines: readonly string[], { style }: JobScreen): string[] {
  return lines.length === 0 ? [] : ["", style.bold(title), ...lines];
}

function placeText({ places, ahead, queue }: JobDocument): string | null {
  if (queue === null) return null;
  const waits = ahead === null ? "" : `, ${counted(ahead, "job")} before it`;
  return places.length === 0 ? "nowhere" : `${places.join(", ")}${waits}`;
}

function resultText({ at, type, return_value: value, worker }: JobResult, screen: JobScreen) {
  const parts = [type, value ?? "", worker === null ? "" : `on ${worker}`, timeText(at, screen)];
  return parts.filter((part) => part !== null && part !== "").join(", ");
}

/** Lines of a traceback stay as they are, but for what could harm the terminal. */
function tracebackLines({ traceback }: JobDocument, { width }: JobScreen): string[] {
  const all = (traceback ?? "").trimEnd().split("\n");
  if (traceback === null) return [];
  const hidden = Math.max(0, all.length - TRACEBACK_LINES_MAX);
  const lines = all.slice(hidden).map((line) => cut(`${INDENT}${oneLine(line)}`, width));
  const note = `${INDENT}(${counted(hidden, "line")} before; --json has all)`;
  return hidden === 0 ? lines : [cut(note, width), ...lines];
}

function facts(job: JobDocument, screen: JobScreen): Fact[] {
  const { depends_on: dependencies, retries_left: retries } = job;
  return [
    ["Queue", job.queue],
    ["Found in", placeText(job)],
    ["Worker", job.worker],
    ["Created", timeText(job.created_at, screen)],
    ["Enqueued", timeText(job.enqueued_at, screen)],
    ["Started", timeText(job.started_at, screen)],
    ["Ended", timeText(job.ended_at, screen)],
    ["Timeout", secondsText(job.timeout_s)],
    ["Forgotten", timeText(job.expires_at, screen)],
    ["Retries left", retries === null ? null : String(retries)],
    ["Waits for", dependencies.length === 0 ? null : dependencies.join(", ")],
    ["Meta", job.meta === null || job.meta === "{}" ? null : job.meta],
  ];
}

/** The lines of the screen; none is wider than it. */
export function jobScreen(job: JobDocument, screen: JobScreen): string[] {
  const { style, width } = screen;
  const status = job.status ?? "without a status";
  const results = job.results.map((result) =>
    cut(`${INDENT}${oneLine(resultText(result, screen))}`, width),
  );
  return [
    cut(`${style.bold(oneLine(job.id))} is ${paintState(status, style)(oneLine(status))}`, width),
    ...bulletLines(style.sign("bad"), job.problems, width),
    ...factLines(facts(job, screen), screen),
    ...section("Call", job.call === null ? [] : callLines(job.call, width), screen),
    ...section("Results", results, screen),
    ...section("Traceback", tracebackLines(job, screen), screen),
  ];
}
