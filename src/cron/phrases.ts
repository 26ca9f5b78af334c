/** Numbers as people write them in a sentence. */

/** Numbers that follow each other without a hole. */
export interface Run {
  readonly from: number;
  readonly to: number;
}

/** The runs in ascending numbers: 1, 2, 3, 7 are 1 to 3, and 7. */
export function runsOf(numbers: readonly number[]): Run[] {
  const runs: { from: number; to: number }[] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && number === last.to + 1) last.to = number;
    else runs.push({ from: number, to: number });
  }
  return runs;
}

/** The runs on a circle of `size` numbers from 0 on; one that passes its end goes on counting: 10, 11, 0 of twelve are 10 to 12. */
export function circularRunsOf(numbers: readonly number[], size: number): Run[] {
  const runs = runsOf(numbers);
  const head = runs[0];
  const tail = runs.at(-1);
  const meets = head?.from === 0 && tail?.to === size - 1;
  if (runs.length < 2 || head === undefined || tail === undefined || !meets) return runs;
  return [...runs.slice(1, -1), { from: tail.from, to: head.to + size }];
}

/** `a`, `a and b`, `a, b and c`; the last word between them may be another. */
export function listText(parts: readonly string[], conjunction = "and"): string {
  const last = parts.at(-1) ?? "";
  if (parts.length < 2) return last;
  return `${parts.slice(0, -1).join(", ")} ${conjunction} ${last}`;
}

/** Runs as a list; runs of two are named one by one. */
export function runsText(runs: readonly Run[], name: (value: number) => string): string {
  const parts = runs.flatMap(({ from, to }) => {
    if (from === to) return [name(from)];
    return to === from + 1 ? [name(from), name(to)] : [`${name(from)} to ${name(to)}`];
  });
  return listText(parts);
}

/** Numbers at equal distances. */
export interface Pace {
  readonly step: number;
  readonly from: number;
  readonly to: number;
}

/** Fewer numbers are better listed one by one. */
const PACE_LENGTH_MIN = 4;

/** The pace of numbers at an equal distance of two or more, null when they have none. */
export function paceOf(numbers: readonly number[]): Pace | null {
  const [from, second] = numbers;
  const to = numbers.at(-1);
  if (numbers.length < PACE_LENGTH_MIN) return null;
  if (from === undefined || second === undefined || to === undefined) return null;
  const step = second - from;
  const even = numbers.every((number, index) => number === from + index * step);
  return even && step > 1 ? { step, from, to } : null;
}

const NTH = ["", "first", "second", "third", "fourth", "fifth"];

/** `first` to `fifth`. */
export function ordinal(nth: number): string {
  return NTH[nth] ?? `${nth}th`;
}

/** `every 2nd`, `every 3rd`, `every 10th`. */
export function everyNth(step: number): string {
  const suffixes: ReadonlyMap<number, string> = new Map([
    [1, "st"],
    [2, "nd"],
    [3, "rd"],
  ]);
  const teen = step > 10 && step < 14;
  return `every ${step}${(teen ? undefined : suffixes.get(step % 10)) ?? "th"}`;
}
