/** An occurrence: one due instant of one schedule, written `TS-000003|1742489940`. */

/** Which schedule, and when the cron text says it is due (epoch seconds, UTC). */
export interface Occurrence {
  readonly scheduleId: string;
  readonly dueSeconds: number;
}

const BAR = "|";
const DUE_PATTERN = /^-?\d{1,12}$/;

/** The member of the agenda's sorted set. */
export function formatOccurrence({ scheduleId, dueSeconds }: Occurrence): string {
  return `${scheduleId}${BAR}${dueSeconds}`;
}

/** Reads a member; null when it is not one (a hand-made or foreign entry). Ids hold no bar, so the last one counts. */
export function parseOccurrence(member: string): Occurrence | null {
  const at = member.lastIndexOf(BAR);
  const due = member.slice(at + 1);
  if (at < 1 || !DUE_PATTERN.test(due)) return null;
  return { scheduleId: member.slice(0, at), dueSeconds: Number(due) };
}
