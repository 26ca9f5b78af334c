/**
 * An expression in plain English, from its sets of values: what it says is what runs, whichever way it was written.
 */
import { bitsBelow, numbersOf } from "./bits.ts";
import { monthLength } from "./calendar.ts";
import { describeDays } from "./describe-days.ts";
import type { CronExpression } from "./expression.ts";
import { everyNth, listText, paceOf, runsOf, runsText } from "./phrases.ts";
import { nextWall } from "./wall.ts";

/** More times of day than this are told as minutes and hours. */
const TIMES_MAX = 6;

const twoDigits = (value: number): string => String(value).padStart(2, "0");

function sixtyNumbers(low: number, high: number): number[] {
  return [...numbersOf(low), ...numbersOf(high).map((bit) => bit + 30)];
}

/** `second 5`, `seconds 0, 20 and 40`, `minutes 1 to 9`. */
function unitsText(unit: string, numbers: readonly number[]): string {
  return `${unit}${numbers.length === 1 ? "" : "s"} ${runsText(runsOf(numbers), String)}`;
}

/** The step of numbers that go round a cycle of 60 evenly, beginning at 0; null when they do not. */
function evenStep(numbers: readonly number[]): number | null {
  const step = (numbers[1] ?? 60) - (numbers[0] ?? 0);
  const even = numbers.every((number, index) => number === index * step);
  return even && numbers.length > 1 && numbers.length * step === 60 ? step : null;
}

function everyUnit(unit: string, step: number): string {
  return step === 1 ? `every ${unit}` : `every ${step} ${unit}s`;
}

const clock = (hour: number, minute: number): string => `${twoDigits(hour)}:${twoDigits(minute)}`;

/** `of every 2nd hour from 0 to 22`, `of the hours 9 to 17`. */
function ofHours(hours: readonly number[]): string {
  if (hours.length === 24) return " of every hour";
  const pace = paceOf(hours);
  if (pace !== null) return ` of ${everyNth(pace.step)} hour from ${pace.from} to ${pace.to}`;
  return ` of the ${unitsText("hour", hours)}`;
}

/** One minute in many hours: `every 2 hours from 00:00 to 22:00`, `at minute 30 of the hours 1, 3, 5, …`. */
function atOneMinute(minute: number, hours: readonly number[]): string {
  if (hours.length === 24 && minute === 0) return "every hour";
  const pace = paceOf(hours);
  const runs = runsOf(hours);
  if (hours.length === 24 || (pace === null && runs.length > 1)) {
    return `at minute ${minute}${ofHours(hours)}`;
  }
  const { step, from, to } = pace ?? { step: 1, from: hours[0] ?? 0, to: hours.at(-1) ?? 0 };
  return `${everyUnit("hour", step)} from ${clock(from, minute)} to ${clock(to, minute)}`;
}

/** An even pace of minutes: `every 15 minutes from 09:00 to 17:45`. */
function everyMinutes(step: number, hours: readonly number[]): string {
  const spoken = everyUnit("minute", step);
  if (hours.length === 24) return spoken;
  if (runsOf(hours).length > 1) return spoken + ofHours(hours);
  return `${spoken} from ${clock(hours[0] ?? 0, 0)} to ${clock(hours.at(-1) ?? 0, 60 - step)}`;
}

/** The minutes and hours: `at minutes 5 and 20 of every hour`. */
function atMinutes(minutes: readonly number[], hours: readonly number[]): string {
  if (minutes.length === 1) return atOneMinute(minutes[0] ?? 0, hours);
  const step = evenStep(minutes);
  if (step !== null) return everyMinutes(step, hours);
  const pace = paceOf(minutes);
  if (pace === null) return `at ${unitsText("minute", minutes)}${ofHours(hours)}`;
  const spoken = `${everyUnit("minute", pace.step)} from minute ${pace.from} to ${pace.to}`;
  return spoken + ofHours(hours);
}

/** The seconds when they are not just 0: `every 20 seconds`, `at seconds 5 and 10 of each minute`. */
function atSeconds(seconds: readonly number[], minutesText: string, everyMinute: boolean): string {
  const step = evenStep(seconds);
  if (everyMinute && step !== null) {
    return minutesText.replace(everyUnit("minute", 1), everyUnit("second", step));
  }
  const spoken = step === null ? `at ${unitsText("second", seconds)}` : everyUnit("second", step);
  return `${minutesText}, ${spoken} of each such minute`;
}

function describeTimes(expression: CronExpression): string {
  const seconds = sixtyNumbers(expression.secondsLow, expression.secondsHigh);
  const minutes = sixtyNumbers(expression.minutesLow, expression.minutesHigh);
  const hours = numbersOf(expression.hours);
  const onTheMinute = seconds.length === 1 && seconds[0] === 0;
  if (seconds.length * minutes.length * hours.length <= TIMES_MAX) {
    const times = hours.flatMap((hour) => minutes.map((minute) => clock(hour, minute)));
    const exact = (time: string): string[] =>
      seconds.map((second) => `${time}:${twoDigits(second)}`);
    return `at ${listText(onTheMinute ? times : times.flatMap(exact))}`;
  }
  const minutesText = atMinutes(minutes, hours);
  return onTheMinute ? minutesText : atSeconds(seconds, minutesText, minutes.length === 60);
}

/** Whether some of the months have none of the days, leap years taken. */
function skipsMonths({ days, months, lastDay }: CronExpression): boolean {
  if (lastDay) return false;
  return numbersOf(months).some((index) => (days & bitsBelow(monthLength(LEAP_YEAR, index))) === 0);
}

const LEAP_YEAR = 2000;

function remark(expression: CronExpression): string {
  if (nextWall(expression, 0) === Infinity) return " There is no such date: it never runs.";
  return expression.bothDays && skipsMonths(expression)
    ? " Months without such a day are skipped."
    : "";
}

/** What the expression means, in one or two sentences. */
export function describeExpression(expression: CronExpression): string {
  const sentence = `${describeTimes(expression)}, ${describeDays(expression)}`;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.${remark(expression)}`;
}
