/** Holds a due occurrence back for a moment when a change of its schedule may be on its way. */
import type { Clock } from "../base/clock.ts";
import type { Attempt } from "./attempt.ts";

/** What holding needs. */
export interface HoldOptions {
  readonly clock: Clock;
  /**
   * Whether a change of this schedule may be on its way, and is not ruled out by a read that began at `sinceMs` (monotonic) or
   * later.
   */
  readonly isInDoubt: (scheduleId: string, sinceMs: number) => boolean;
}

/** A row is read within milliseconds; a database that takes longer must not make anything late. */
const HOLD_MAX_MS = 1_000;

/** Whether the attempt is due and has to wait for a read made at its due instant or later; it then knows until when. */
export function isHeld(attempt: Attempt, { clock, isInDoubt }: HoldOptions): boolean {
  const lateMs = clock.nowMs() - attempt.scoreMs;
  // What was asked once must be asked again as it was; what is settled without a job harms nobody.
  const isNow = lateMs >= 0 && lateMs < HOLD_MAX_MS;
  const mayHold = isNow && attempt.firing.isPlaced && !attempt.isSent;
  const isHeldBack = mayHold && isInDoubt(attempt.schedule.id, clock.monotonicMs() - lateMs);
  attempt.heldUntilMs = isHeldBack ? attempt.scoreMs + HOLD_MAX_MS : 0;
  return isHeldBack;
}
