/** Notices that the wall clock was set, or that the machine slept: timers follow another clock and would not. */
import { isAbort } from "../base/abort.ts";
import { sleep } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { Service } from "../base/service.ts";

/** What the watch needs. */
export interface ClockWatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Called with the jump in milliseconds, negative when the clock went back. */
  readonly onJump: (jumpMs: number) => void;
}

/** What is due fires within a second of a jump. */
const LOOK_EVERY_MS = 500;
/** Smaller differences are a clock that is being slewed, or a busy machine. */
const JUMP_MIN_MS = 500;

/** Makes the service. */
export function clockWatch({ clock, log, onJump }: ClockWatchOptions): Service {
  return {
    name: "clock watch",
    run: async (signal) => {
      let differenceMs = clock.nowMs() - clock.monotonicMs();
      try {
        for (;;) {
          await sleep(clock, LOOK_EVERY_MS, signal);
          const foundMs = clock.nowMs() - clock.monotonicMs();
          const jumpMs = foundMs - differenceMs;
          differenceMs = foundMs;
          if (Math.abs(jumpMs) < JUMP_MIN_MS) continue;
          const direction = jumpMs > 0 ? "forward" : "back";
          log.warn(`the clock went ${direction}`, { by_s: Math.abs(Math.round(jumpMs / 1000)) });
          onJump(jumpMs);
        }
      } catch (error) {
        if (!isAbort(error, signal)) throw error;
      }
    },
  };
}
