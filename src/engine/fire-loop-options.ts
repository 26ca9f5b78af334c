/** What the fire loop works with. */
import type { Agenda } from "../agenda/agenda.ts";
import type { HandOvers } from "../agenda/hand-overs.ts";
import type { Log } from "../base/log.ts";
import type { Builder } from "../job/builder.ts";
import type { RedisConnection } from "../redis/connect.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Book } from "./book.ts";
import type { FiringReport } from "./firing-report.ts";
import type { HoldOptions } from "./hold.ts";
import type { RunningCheck } from "./running-check.ts";
import type { SiteHold } from "./site-hold.ts";

/** What the loop needs. */
export interface FireLoopOptions extends HoldOptions {
  readonly agenda: Agenda;
  readonly handOvers: HandOvers;
  readonly redis: RedisConnection;
  readonly book: Book;
  readonly log: Log;
  readonly builderFor: (schedule: Schedule) => Builder;
  readonly runningCheck: RunningCheck;
  /** Whether this daemon does the work, and not another one. */
  readonly mayFire: () => boolean;
  readonly siteHold: SiteHold;
  readonly onDone: (report: FiringReport) => void;
  readonly onChanged: (scheduleId: string) => void;
  /** Told when Redis went back in time: nothing can be fired until that is repaired. */
  readonly onOldState: () => void;
}
