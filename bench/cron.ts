/** What the schedule engine costs, with croniter beside it where Python has that. */
import { heapStats } from "bun:jsc";
import { CronExpressionParser } from "cron-parser";

import { ExpressionCache } from "../src/cron/expression-cache.ts";
import { parseExpression } from "../src/cron/expression.ts";
import type { CronExpression } from "../src/cron/expression.ts";
import { nextInstant } from "../src/cron/next.ts";
import { countInstants } from "../src/cron/span.ts";
import { openZoneData } from "../src/cron/zone-data.ts";
import type { ZoneData } from "../src/cron/zone-data.ts";
import type { Measure } from "./measure.ts";
import { quantile } from "./measure.ts";
import { findPython } from "./python.ts";

const TYPICAL = [
  "* * * * *",
  "*/5 * * * *",
  "*/15 * * * *",
  "0 * * * *",
  "30 * * * *",
  "15,45 * * * *",
  "*/10 8-18 * * 1-5",
  "0 */2 * * *",
  "0 */6 * * *",
  "30 2 * * *",
  "0 0 * * *",
  "0 9 * * 1-5",
  "0 22 * * 1-5",
  "30 1 * * 0",
  "0 3 * * 6",
  "0 0 1 * *",
  "0 0 L * *",
  "15 14 1 * *",
  "0 0 1 1 *",
  "0 0 13 * 5",
  "0 8 * * MON#1",
  "0 17 * * 5L",
  "0 0 1 */3 *",
  "0 9-17 * * 1-5",
  "5 4 * * SUN",
  "0 0,12 1 */2 *",
  "23 0-20/2 * * *",
  "0 0 29 2 *",
  "0 12 15 6 *",
  "59 23 31 12 *",
];
const WORST = [
  "0 0 * 2 1#5",
  "0 0 29 2 1#5",
  "0 0 1 1 * 2096",
  "0 0 30 2 *",
  "0 0 29 2 * 2097-2099",
  "0 0 1 1 * 2000",
];
const ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"];
/** 2026-01-15T10:07:30Z. */
const START_SECONDS = 1_768_471_650;
const SCHEDULES = 10_000;
const ROUNDS = 2_000;
const CRON_PARSER_ROUNDS = 5;

const CRONITER = `
import json, sys, time
from datetime import datetime
from zoneinfo import ZoneInfo
from croniter import croniter
texts, zones, start = json.load(sys.stdin)
begun = time.perf_counter()
for text in texts:
    for zone in zones:
        croniter(text, datetime.fromtimestamp(start, ZoneInfo(zone))).get_next(float)
print((time.perf_counter() - begun) * 1e6 / len(texts) / len(zones))
`;

function microseconds(times: number, action: () => void): number {
  const begun = performance.now();
  action();
  return ((performance.now() - begun) * 1000) / times;
}

/** Texts that are all different. */
function distinctTexts(): string[] {
  return Array.from({ length: SCHEDULES }, (_, index) => {
    const [minute, hour] = [index % 60, Math.floor(index / 60) % 24];
    return `${minute},${(minute + 7) % 60} ${hour} * * ${Math.floor(index / 1440) % 7}`;
  });
}

/** Microseconds for one next instant of each text, in the mean over zones. */
function nextTimes(texts: readonly string[], zones: ZoneData): number[] {
  return texts.map((text) => {
    const expression = parseExpression(text);
    const all = ZONES.map((name) => zones.find(name));
    const run = (): void => {
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const zone of all) nextInstant(expression, zone, START_SECONDS + round * 8_641);
      }
    };
    run();
    return microseconds(ROUNDS * all.length, run);
  });
}

/** cron-parser on the same expressions: from text to result, and the next result alone. */
function cronParserTimes(): { parseAndNext: number; next: number } {
  const texts = TYPICAL.filter((text) => !text.includes("L")).map((text) => `0 ${text}`);
  const options = ZONES.map((tz) => ({ currentDate: START_SECONDS * 1000, tz }));
  const parseAndNext = microseconds(texts.length * options.length, () => {
    for (const text of texts) {
      for (const option of options) CronExpressionParser.parse(text, option).next();
    }
  });
  const parsed = texts.flatMap((text) =>
    options.map((option) => CronExpressionParser.parse(text, option)),
  );
  const next = microseconds(parsed.length * CRON_PARSER_ROUNDS, () => {
    for (const expression of parsed) {
      for (let round = 0; round < CRON_PARSER_ROUNDS; round += 1) expression.next();
    }
  });
  return { parseAndNext, next };
}

/** Milliseconds to read the texts and find the next instant of each. */
function planningTime(texts: readonly string[], zones: ZoneData): number {
  const cache = new ExpressionCache();
  const begun = performance.now();
  texts.forEach((text, index) => {
    const zone = zones.find(ZONES[index % ZONES.length] ?? "UTC");
    nextInstant(cache.get(text), zone, START_SECONDS);
  });
  return performance.now() - begun;
}

function heapBytes(): number {
  Bun.gc(true);
  return heapStats().heapSize;
}

/** Heap bytes that one expression keeps, its text included. */
function bytesKept(): number {
  const kept: CronExpression[] = Array.from<CronExpression>({ length: SCHEDULES });
  const before = heapBytes();
  distinctTexts().forEach((text, index) => {
    kept[index] = parseExpression(text);
  });
  const bytes = heapBytes() - before;
  return bytes / kept.length;
}

async function croniterTime(): Promise<Measure[]> {
  const python = findPython();
  if (python === null) return [];
  const input = JSON.stringify([
    TYPICAL.filter((text) => !text.includes("L")),
    ZONES,
    START_SECONDS,
  ]);
  const child = Bun.spawn([python, "-c", CRONITER], {
    stdin: Buffer.from(input),
    stderr: "inherit",
  });
  const value = Number(await new Response(child.stdout).text());
  return [{ name: "croniter: parse and next", value, unit: "µs" }];
}

/** Measures everything; takes a few seconds. */
export async function benchCron(): Promise<Measure[]> {
  const zones = openZoneData({ choice: "builtin" });
  for (const name of ZONES) zones.find(name);
  const distinct = distinctTexts();
  // First of all: the engine is cold when a daemon starts.
  const planned = planningTime(distinct, zones);
  const equal = planningTime(
    Array.from(distinct, () => "30 2 * * 1-5"),
    zones,
  );
  const parse = microseconds(distinct.length, () => distinct.map((text) => parseExpression(text)));
  const next = nextTimes(TYPICAL, zones);
  const worst = Math.max(...nextTimes(WORST, zones), ...next);
  const ours = quantile(next, 0.5);
  const cronParser = cronParserTimes();
  const decade = { afterSeconds: START_SECONDS, uptoSeconds: START_SECONDS + 315_360_000 };
  const everySecond = parseExpression("* * * * * * *");
  const newYork = zones.find("America/New_York");
  return [
    { name: "10,000 distinct schedules planned, cold", value: planned, unit: "ms", goal: 500 },
    { name: "10,000 equal schedules planned", value: equal, unit: "ms" },
    { name: "parse", value: parse, unit: "µs" },
    { name: "next, median of typical expressions", value: ours, unit: "µs", goal: 1 },
    { name: "next, worst expression", value: worst, unit: "µs", goal: 50 },
    {
      name: "count ten years of seconds",
      value: microseconds(1, () => countInstants(everySecond, newYork, decade)) / 1000,
      unit: "ms",
    },
    { name: "heap kept per expression", value: bytesKept(), unit: "bytes", goal: 400 },
    { name: "cron-parser: parse and next", value: cronParser.parseAndNext, unit: "µs" },
    { name: "cron-parser: next alone", value: cronParser.next, unit: "µs" },
    {
      name: "next is faster than cron-parser's by",
      value: cronParser.next / ours,
      unit: "times",
      goal: 100,
      atLeast: true,
    },
    ...(await croniterTime()),
  ];
}
