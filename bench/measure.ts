/** What a benchmark measures, and how it is told. */

/** One measured value; `goal` is the most it may be, or the least when `atLeast`. */
export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly goal?: number;
  readonly atLeast?: boolean;
}

/** The value at a share of the sorted values: 0.5 is the median; NaN when there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN;
}

/** A line such as `next, worst expression   2.1 µs (goal: at most 50, met)`. */
export function measureText({ name, value, unit, goal, atLeast = false }: Measure): string {
  const met = goal === undefined || (atLeast ? value >= goal : value <= goal);
  const wish =
    goal === undefined
      ? ""
      : ` (goal: at ${atLeast ? "least" : "most"} ${goal}, ${met ? "met" : "MISSED"})`;
  const digits = value < 10 ? 2 : 0;
  const shown = value.toLocaleString("en", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return `${name.padEnd(58)} ${shown.padStart(10)} ${unit}${wish}`;
}
