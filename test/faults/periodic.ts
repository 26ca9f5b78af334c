/** Schedules whose occurrences anybody can count by hand: due whenever the epoch second leaves `phase` over. */

/** Due at every second `t` with `t % periodSeconds === phase`; the period divides a minute. */
export interface Periodic {
  readonly id: string;
  readonly periodSeconds: number;
  readonly phase: number;
  readonly queue: string;
}

const QUEUES = ["short", "default", "long"];

/** `count` schedules with these periods in turn, spread over the seconds and over three queues; `letter` begins their ids. */
export function makePeriodic(count: number, periods: readonly number[], letter = "S"): Periodic[] {
  return Array.from({ length: count }, (_, index) => {
    const periodSeconds = periods[index % periods.length] ?? 60;
    return {
      id: `${letter}${String(index).padStart(5, "0")}`,
      periodSeconds,
      phase: Math.floor(index / periods.length) % periodSeconds,
      queue: QUEUES[index % QUEUES.length] ?? "default",
    };
  });
}

/** Its cron text. */
export function cronOf({ periodSeconds, phase }: Periodic): string {
  return `${phase}-59/${periodSeconds} * * * * * *`;
}

/** Its entry in a schedules file; its job carries its id and a version. */
export function tomlOf(schedule: Periodic, version = 1): string {
  const { id, queue } = schedule;
  return [
    "[[schedule]]",
    `id = "${id}"`,
    `cron = "${cronOf(schedule)}"`,
    'function = "faults.count"',
    `args = ["${id}", ${version}]`,
    `queue = "${queue}"`,
    "",
  ].join("\n");
}
