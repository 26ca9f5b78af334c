/** croniter is the engine that Python sites use: away from clock changes it must agree, or the difference is known. */
import { expect, test } from "bun:test";
import * as fc from "fast-check";

import { parseExpression } from "../../src/cron/expression.ts";
import { nextInstant } from "../../src/cron/next.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { offsetIndexAt } from "../../src/cron/zone.ts";
import { askPython } from "../support/python.ts";
import { RUNS, expressionText } from "./arbitrary.ts";

const SCRIPT = `
import json, sys
from datetime import datetime
from zoneinfo import ZoneInfo
from croniter import croniter

def answer(text, zone, start):
    try:
        runs = croniter(text, datetime.fromtimestamp(start, ZoneInfo(zone)), max_years_between_matches=140)
        return [round(runs.get_next(float)) for _ in range(3)]
    except Exception as error:
        return type(error).__name__

print(json.dumps([answer(*question) for question in json.load(sys.stdin)]))
`;

const DAY = 86_400;
const LONG_TEST_MS = 600_000;

const zones = openZoneData({ choice: "builtin" });
const ZONES = ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Sydney"];

type Question = readonly [text: string, zone: string, start: number];

/** Up to three results, up to a day before the next clock change. */
function ourAnswer([text, name, start]: Question): number[] {
  const zone = zones.find(name);
  const change = (zone.transitions[offsetIndexAt(zone, start)] ?? Infinity) - DAY;
  const found: number[] = [];
  for (let at = nextInstant(parseExpression(text), zone, start); at !== null && at < change;) {
    found.push(at);
    if (found.length === 3) break;
    at = nextInstant(parseExpression(text), zone, at);
  }
  return found;
}

/** Where croniter reads an expression differently; each with an example on which it does. */
const KNOWN_DIFFERENCES: ReadonlyArray<{
  readonly why: string;
  readonly applies: (fields: readonly string[]) => boolean;
  readonly example: Question;
}> = [
  {
    why: "a range from a value to itself is the whole field",
    applies: (fields) => fields.some((field) => /(?<![\d-])(\d+)-\1(?!\d)/.test(field)),
    example: ["5-5 * * * *", "UTC", 1_000_000_000],
  },
  {
    why: "a day field that begins with a star but has more to it is joined by OR",
    applies: ([, , dates = "", , weekdays = ""]) => /^\*./.test(dates) || /^\*./.test(weekdays),
    example: ["0 0 */2 * 1", "UTC", 1_000_000_000],
  },
  {
    why: "a star later in the list of a day field makes the other one, when it lists all its values, a star too",
    applies: ([, , dates = "", , weekdays = ""]) => dates.includes(",*") || weekdays.includes(",*"),
    example: ["0 0 8,*/32 * 6/9,0/1", "UTC", 1_000_000_000],
  },
  {
    why: "days of the month cannot be joined with the n-th or last weekday",
    applies: ([, , dates = "", , weekdays = ""]) => dates !== "*" && /[#L]/.test(weekdays),
    example: ["0 0 1 * 5#2", "UTC", 1_000_000_000],
  },
  {
    why: "plain and n-th weekdays cannot be mixed",
    applies: ([, , , , weekdays = ""]) => weekdays.includes("#") && weekdays.includes(","),
    example: ["0 0 * * 0#1,3", "UTC", 1_000_000_000],
  },
  {
    why: "the last Friday is written L5 only",
    applies: ([, , , , weekdays = ""]) => /\dL/.test(weekdays),
    example: ["0 0 * * 5L", "UTC", 1_000_000_000],
  },
];

const question = fc
  .tuple(
    expressionText,
    fc.constantFrom(...ZONES),
    fc.integer({ min: 2 * DAY, max: 1_700_000_000 }),
  )
  .filter(([, name, start]) => {
    const { transitions } = zones.find(name);
    return start - (transitions[offsetIndexAt(zones.find(name), start) - 1] ?? -Infinity) > DAY;
  });

function agree(ours: readonly number[], theirs: readonly number[] | string): boolean {
  // It gives up with this error where we say never.
  if (typeof theirs === "string") return ours.length === 0 && theirs === "CroniterBadDateError";
  return ours.every((at, index) => at === theirs[index]);
}

async function answersOf(questions: readonly Question[]): Promise<(number[] | string)[]> {
  return (await askPython(SCRIPT, questions)) as (number[] | string)[];
}

test(
  "croniter agrees away from clock changes, but for what it is known to read differently",
  async () => {
    const questions = fc
      .sample(question, RUNS.short * 2)
      .filter(([text]) => !KNOWN_DIFFERENCES.some(({ applies }) => applies(text.split(" "))));
    const theirs = await answersOf(questions);
    const differing = questions
      .map((each, index) => ({
        question: each,
        ours: ourAnswer(each),
        theirs: theirs[index] ?? "",
      }))
      .filter((each) => !agree(each.ours, each.theirs));
    expect(differing).toEqual([]);
    expect(questions.length).toBeGreaterThan(RUNS.short);
  },
  LONG_TEST_MS,
);

test.each(KNOWN_DIFFERENCES.map(({ why, example }) => [why, example] as const))(
  "to croniter, %s",
  async (_why, example) => {
    const [theirs = ""] = await answersOf([example]);
    expect(agree(ourAnswer(example), theirs)).toBe(false);
  },
);
