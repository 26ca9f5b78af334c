/** From a schedule as the site's web server tells it to what a source hands on. */
import type { TaskScheduleDetails } from "../frappe/endpoints.ts";
import { QUEUE_DEFAULT, SHOWN_LENGTH_MAX, TASK_TIMEOUT_DEFAULT_SECONDS } from "./btu-row.ts";
import type { PolicyFor } from "./policy.ts";
import type { ScheduleInput, Work } from "./schedule.ts";

/** What every row is completed with. */
export interface HttpRowOptions {
  readonly policyFor: PolicyFor;
  /** `time_zone_string` of the configuration: the site does not tell its own. */
  readonly timeZone: string;
}

/** The text without blanks around it; null when nothing is left. */
function trimmed(text: string | null): string | null {
  const rest = text?.trim() ?? "";
  return rest === "" ? null : rest;
}

/** The site knows queue and duration of the task; it enqueues the job itself. */
function workOf(taskId: string | null): Work | null {
  if (taskId === null) return null;
  const timeoutSeconds = TASK_TIMEOUT_DEFAULT_SECONDS;
  return { kind: "btu_task", taskId, timeoutSeconds, runsById: true, isRemote: true };
}

/** What one row says. */
export function readHttpRow(
  details: TaskScheduleDetails,
  { policyFor, timeZone }: HttpRowOptions,
): ScheduleInput {
  const ownZone = trimmed(details.cronTimezone);
  const taskId = trimmed(details.task);
  const described = details.taskDescription ?? details.scheduleDescription ?? "";
  return {
    id: details.name,
    task: taskId ?? "",
    description: described.slice(0, SHOWN_LENGTH_MAX),
    enabled: details.enabled,
    cron: details.cronString,
    timeZone: ownZone ?? timeZone,
    zoneRule: ownZone === null ? "configuration" : "schedule",
    queue: trimmed(details.queueName) ?? QUEUE_DEFAULT,
    work: workOf(taskId),
    policy: policyFor(details.name),
    problem: taskId === null ? "the schedule names no BTU Task" : null,
  };
}

/** A schedule that the site lists and cannot tell of. */
export function unreadableHttpRow(
  id: string,
  problem: string,
  { policyFor, timeZone }: HttpRowOptions,
): ScheduleInput {
  return {
    id,
    task: "",
    description: "",
    enabled: true,
    cron: null,
    timeZone,
    zoneRule: "configuration",
    queue: QUEUE_DEFAULT,
    work: null,
    policy: policyFor(id),
    problem,
  };
}
