/** What `btu list` takes, and what it makes of it. */
import type { ArgsDef } from "citty";
import { UsageError } from "../base/errors.ts";
import { suggestion } from "../base/suggest.ts";
import type { ListRow, ScheduleState } from "../observe/listing.ts";
import { matchesWildcard } from "../schedule/wildcard.ts";
import { JSON_ARG } from "./command.ts";
import type { Flags } from "./flags.ts";
import { TIME_ARGS } from "./time-choice.ts";

/** What rows can be sorted by. */
const SORT_KEYS = ["next", "last", "schedule", "task", "queue", "state"] as const;
type SortKey = (typeof SORT_KEYS)[number];

/** Who runs next comes first; those that do not run follow by the reason. */
const STATES: readonly ScheduleState[] = ["active", "paused", "invalid", "never", "disabled"];

/** Its flags. */
export const LIST_ARGS = {
  sort: {
    type: "enum",
    options: [...SORT_KEYS],
    description: "What to sort by; default next, and then those that do not run by their state",
  },
  reverse: { type: "boolean", alias: "r", description: "The other way round" },
  queue: {
    type: "string",
    valueHint: "QUEUE",
    description: "Only those of these queues, such as long,short; * and ? stand for other letters",
  },
  state: {
    type: "string",
    valueHint: "STATE",
    description: `Only those in these states: ${STATES.join(", ")}`,
  },
  match: {
    type: "string",
    valueHint: "PATTERN",
    description: "Only those whose id or task is like this, such as TS-* or *report*",
  },
  ...TIME_ARGS,
  ...JSON_ARG,
} as const satisfies ArgsDef;

/** The flags of `btu list`. */
export type ListFlags = Flags<keyof typeof LIST_ARGS>;

function wordsOf(text: string | null): readonly string[] | null {
  return text === null ? null : text.split(",").map((word) => word.trim());
}

function statesOf(flags: ListFlags): readonly string[] | null {
  const words = wordsOf(flags.text("state"));
  const unknown = words?.find((word) => !STATES.some((state) => state === word));
  if (unknown === undefined) return words;
  const choices = STATES.join(", ");
  throw new UsageError(
    `--state "${unknown}": expected some of ${choices}${suggestion(unknown, STATES)}`,
  );
}

/** Letter case does not count: people type. */
function isLike(pattern: string, text: string): boolean {
  return matchesWildcard(pattern.toLowerCase(), text.toLowerCase());
}

/**
 * The rows that are wanted.
 *
 * @throws UsageError naming a state that does not exist.
 */
export function chooseRows(rows: readonly ListRow[], flags: ListFlags): readonly ListRow[] {
  const [queues, states, pattern] = [
    wordsOf(flags.text("queue")),
    statesOf(flags),
    flags.text("match"),
  ];
  return rows.filter(({ id, task, queue, state }) => {
    if (queues !== null && !queues.some((one) => isLike(one, queue))) return false;
    if (states !== null && !states.includes(state)) return false;
    return pattern === null || isLike(pattern, id) || isLike(pattern, task);
  });
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function byState(a: ListRow, b: ListRow): number {
  return STATES.indexOf(a.state) - STATES.indexOf(b.state);
}

/** Without an instant last. */
function byInstant(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return byText(a, b);
}

const COMPARE: Readonly<Record<SortKey, (a: ListRow, b: ListRow) => number>> = {
  next: (a, b) => byState(a, b) || byInstant(a.next, b.next),
  // What ran lately is what is looked for.
  last: (a, b) => (a.last === null || b.last === null ? 1 : -1) * byInstant(a.last, b.last),
  schedule: () => 0,
  task: (a, b) => byText(a.task, b.task),
  queue: (a, b) => byText(a.queue, b.queue),
  state: byState,
};

/** The rows in the order that is wanted; equal ones by their ids. */
export function sortRows(rows: readonly ListRow[], flags: ListFlags): readonly ListRow[] {
  const compare = COMPARE[flags.choice("sort", SORT_KEYS) ?? "next"];
  const sorted = rows.toSorted((a, b) => compare(a, b) || byText(a.id, b.id));
  return flags.on("reverse") ? sorted.toReversed() : sorted;
}
