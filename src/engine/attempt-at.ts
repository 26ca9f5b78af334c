/** From an entry of the agenda to the attempt to fire it. */
import type { ActiveSchedule } from "../agenda/plan.ts";
import type { Clock } from "../base/clock.ts";
import type { Builder } from "../job/builder.ts";
import { formatOccurrence } from "../schedule/occurrence.ts";
import type { Occurrence } from "../schedule/occurrence.ts";
import type { Schedule } from "../schedule/schedule.ts";
import { Attempt } from "./attempt.ts";
import { decideFiring } from "./firing.ts";
import type { SiteHold } from "./site-hold.ts";

/** What is on the agenda. */
export interface AttemptEntry {
  readonly occurrence: Occurrence;
  readonly schedule: ActiveSchedule;
  /** Its place on the agenda, epoch ms. */
  readonly scoreMs: number;
}

/** What deciding needs. */
export interface AttemptOptions {
  readonly clock: Clock;
  readonly builderFor: (schedule: Schedule) => Builder;
  readonly siteHold: SiteHold;
}

/** Decides by the schedule's policy, at this moment, what is to become of an occurrence. */
export function attemptAt(
  { occurrence, schedule, scoreMs }: AttemptEntry,
  { clock, builderFor, siteHold }: AttemptOptions,
): Attempt {
  const { dueSeconds } = occurrence;
  // Its age counts from its score: jitter is no lateness.
  const ageSeconds = Math.max(Math.floor((clock.nowMs() - scoreMs) / 1000), 0);
  const held = siteHold.reasonAt(scoreMs);
  const firing = decideFiring(schedule, dueSeconds, dueSeconds + ageSeconds, held);
  const member = formatOccurrence(occurrence);
  return new Attempt({ member, schedule, firing, builder: builderFor(schedule), scoreMs });
}
