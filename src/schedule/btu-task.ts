/** A BTU Task as people see it, whoever told of it. */
import { DOCSTATUS_CANCELLED, durationOf, numberOf, QUEUE_DEFAULT, textOf } from "./btu-row.ts";
import { SHOWN_LENGTH_MAX, TASK_TIMEOUT_DEFAULT_SECONDS } from "./btu-row.ts";

/** What its document is: being written, in force, or withdrawn. */
export type BtuTaskState = "draft" | "submitted" | "cancelled";

/** A task of the app. */
export interface BtuTask {
  readonly id: string;
  readonly description: string;
  /** Dotted path of the Python function; empty where none is given. */
  readonly function: string;
  /** Queue name without a bench prefix. */
  readonly queue: string;
  /** The longest that a run may take; null when the task's own number is none. */
  readonly timeoutSeconds: number | null;
  readonly state: BtuTaskState;
}

/** Columns that are read; every generation has them. */
export const BTU_TASK_COLUMNS = [
  "name",
  "desc_short",
  "function_string",
  "queue_name",
  "max_task_duration",
  "docstatus",
] as const;

const DOCSTATUS_SUBMITTED = 1;

function stateOf(docstatus: number): BtuTaskState {
  if (docstatus === DOCSTATUS_CANCELLED) return "cancelled";
  return docstatus === DOCSTATUS_SUBMITTED ? "submitted" : "draft";
}

function timeoutOf(value: unknown): number | null {
  const seconds = durationOf(value);
  return seconds === 0 ? TASK_TIMEOUT_DEFAULT_SECONDS : seconds;
}

/** What a row of the table says, or the same document as JSON. */
export function btuTask(row: Readonly<Record<string, unknown>>): BtuTask {
  const queue = textOf(row["queue_name"])?.trim() ?? "";
  return {
    id: textOf(row["name"]) ?? "",
    description: (textOf(row["desc_short"]) ?? "").slice(0, SHOWN_LENGTH_MAX),
    function: textOf(row["function_string"])?.trim() ?? "",
    queue: queue === "" ? QUEUE_DEFAULT : queue,
    timeoutSeconds: timeoutOf(row["max_task_duration"]),
    state: stateOf(numberOf(row["docstatus"])),
  };
}
