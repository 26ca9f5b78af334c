/** How a task stands where schedules are named. */

/**
 * What stands in the place of a schedule's id, in the ledger and beside the last jobs, for a task that is run without a schedule.
 * No schedule's id holds a bar.
 */
export function idOfTask(taskId: string): string {
  return `task|${taskId}`;
}
