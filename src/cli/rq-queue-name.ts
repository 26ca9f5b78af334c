/** Names of queues on the screen and as they are typed. */
import { matchQueues } from "../observe/rq-queues.ts";
import { UsageError } from "../base/errors.ts";
import { unknownId } from "./unknown-id.ts";

/** The flag of commands that look at one queue. */
export const QUEUE_ARG = {
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "QUEUE",
    description: "Only this queue; its name without the bench's will do",
  },
} as const;

/** The part before the last colon, which Frappe takes from the bench; empty where there is none. */
export function benchOf(queue: string): string {
  return queue.slice(0, Math.max(0, queue.lastIndexOf(":")));
}

/** A queue's name without that. */
export function shortName(queue: string): string {
  return queue.slice(queue.lastIndexOf(":") + 1);
}

/**
 * The full name of the queue that is meant.
 *
 * @throws NotFoundError when there is none; UsageError when it may be one of several.
 */
export function chooseQueue(wanted: string, names: readonly string[]): string {
  const [first, ...others] = matchQueues(wanted, names);
  if (first === undefined) throw unknownId("queue", wanted, [...names, ...names.map(shortName)]);
  if (others.length === 0) return first;
  const all = [first, ...others].map((name) => `"${name}"`).join(", ");
  throw new UsageError(`queue "${wanted}": it may be ${all}; name it in full`);
}

/** As above among queues as they were read; null when no queue is named, so that all are meant. */
export function chosenQueue(
  wanted: string | null,
  queues: ReadonlyArray<{ readonly name: string }>,
): string | null {
  if (wanted === null) return null;
  return chooseQueue(
    wanted,
    queues.map(({ name }) => name),
  );
}
