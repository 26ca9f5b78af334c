/** Asks for everything about one schedule. */
import type { ScheduleDocument } from "../observe/explain.ts";
import { asSchedule } from "./answers.ts";
import { askSee, unknownSchedule } from "./ask-see.ts";
import type { CliContext } from "./context.ts";

/** The word that names the schedule. */
export const SCHEDULE_WORD = {
  id: { type: "positional", valueHint: "SCHEDULE", description: "Id of the schedule" },
} as const;

/** @throws NotFoundError when no schedule has this id. */
export async function askSchedule(id: string, context: CliContext): Promise<ScheduleDocument> {
  const answer = await askSee({ kind: "explain", scheduleId: id }, context);
  if (answer === null) throw await unknownSchedule(id, context);
  return asSchedule(answer);
}
