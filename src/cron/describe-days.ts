/** The day, month and year part of an expression in words. */
import { numbersOf } from "./bits.ts";
import { YEAR_FIRST } from "./calendar.ts";
import { YEARS_PER_WORD } from "./expression.ts";
import type { CronExpression } from "./expression.ts";
import { restrictsDates, restrictsWeekdays } from "./expression-warnings.ts";
import {
  circularRunsOf,
  everyNth,
  listText,
  ordinal,
  paceOf,
  runsOf,
  runsText,
} from "./phrases.ts";

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const monthName = (index: number): string => MONTHS[index % 12] ?? "";
const weekdayName = (weekday: number): string => WEEKDAYS[weekday % 7] ?? "";

/** `day 13`, `days 1 and 15`, `the last day`. */
function dates({ days, lastDay }: CronExpression): string {
  const numbers = numbersOf(days).map((bit) => bit + 1);
  const pace = paceOf(numbers);
  const parts: string[] = [];
  if (pace !== null) {
    parts.push(`${everyNth(pace.step)} day from day ${pace.from} to day ${pace.to}`);
  } else if (numbers.length > 0) {
    const word = numbers.length === 1 ? "day" : "days";
    parts.push(`${word} ${runsText(runsOf(numbers), String)}`);
  }
  if (lastDay) parts.push("the last day");
  return `${parts.join(" and ")} of the month`;
}

/** `the first Monday`, `the last Friday of the month`: the last of them says of what. */
function monthlyWeekdays({ nthWeekdays }: CronExpression): string[] {
  const names = (nthWeekdays ?? []).flatMap((weekdays, nth) =>
    numbersOf(weekdays).map(
      (weekday) => `the ${nth === 0 ? "last" : ordinal(nth)} ${weekdayName(weekday)}`,
    ),
  );
  return names.map((name, index) => (index < names.length - 1 ? name : `${name} of the month`));
}

/** `Mondays to Fridays and the last Saturday of the month`. */
function weekdaysAsDays(expression: CronExpression): string {
  const runs = circularRunsOf(numbersOf(expression.weekdays), 7);
  const weekly = runsText(runs, (weekday) => `${weekdayName(weekday)}s`);
  return listText([weekly, ...monthlyWeekdays(expression)].filter((part) => part !== ""));
}

/** `Monday, Friday or the last Saturday of the month`. */
function weekdaysAsCondition(expression: CronExpression): string {
  const weekly = numbersOf(expression.weekdays).map(weekdayName);
  return listText([...weekly, ...monthlyWeekdays(expression)], "or");
}

function onDays(expression: CronExpression): string {
  const byDate = restrictsDates(expression);
  const byWeekday = restrictsWeekdays(expression);
  if (!byDate && !byWeekday) return "every day";
  if (expression.bothDays) {
    if (!byWeekday) return `on ${dates(expression)}`;
    if (!byDate) return `on ${weekdaysAsDays(expression)}`;
    return `on ${dates(expression)}, but only when that is ${weekdaysAsCondition(expression)}`;
  }
  if (!byDate || !byWeekday) return "every day";
  return `on ${dates(expression)} and also on ${weekdaysAsDays(expression)}`;
}

const OF_THE_MONTH = /of the month$/;

function inMonths(days: string, { months }: CronExpression): string {
  const numbers = numbersOf(months);
  if (numbers.length === 12) return days;
  const names = runsText(circularRunsOf(numbers, 12), monthName);
  if (/and also|but only/.test(days)) return `${days}, in ${names}`;
  if (OF_THE_MONTH.test(days)) return days.replace(OF_THE_MONTH, `of ${names}`);
  return `${days} in ${names}`;
}

function inYears({ years }: CronExpression): string {
  if (years === null) return "";
  const numbers = years.flatMap((word, index) =>
    numbersOf(word).map((bit) => YEAR_FIRST + index * YEARS_PER_WORD + bit),
  );
  const pace = paceOf(numbers);
  if (pace === null) return `, in ${runsText(runsOf(numbers), String)}`;
  return `, ${everyNth(pace.step)} year from ${pace.from} to ${pace.to}`;
}

/** On which days, in which months and years it runs: `on Mondays to Fridays in November to February, in 2028`. */
export function describeDays(expression: CronExpression): string {
  return inMonths(onDays(expression), expression) + inYears(expression);
}
