import { describe, expect, test } from "bun:test";
import type { Log } from "../../src/base/log.ts";
import { silentLog } from "../../src/base/log.ts";
import { clockWatch } from "../../src/engine/clock-watch.ts";
import { FakeClock } from "../support/fake-clock.ts";

const SECOND_MS = 1_000;
const DAY_MS = 86_400 * SECOND_MS;
const YEAR_MS = 365 * DAY_MS;

/** Runs a watch; gives what it saw. */
function startWatch() {
  const clock = new FakeClock(Date.UTC(2026, 2, 7));
  const [jumps, lines]: [number[], string[]] = [[], []];
  const log: Log = {
    ...silentLog,
    warn: (text, fields) => lines.push(`${text} ${JSON.stringify(fields)}`),
  };
  const stop = new AbortController();
  const onJump = (jumpMs: number): number => jumps.push(jumpMs);
  const running = clockWatch({ clock, log, onJump }).run(stop.signal);
  const end = async (): Promise<void> => {
    stop.abort();
    await running;
  };
  return { clock, jumps, lines, [Symbol.asyncDispose]: end };
}

describe("the clock watch", () => {
  test.each([
    [SECOND_MS, "forward"],
    // Also what a night looks like in which the machine slept: its timers stood still, the wall did not.
    [8 * 3_600 * SECOND_MS, "forward"],
    [3 * DAY_MS, "forward"],
    [9 * YEAR_MS, "forward"],
    [-SECOND_MS, "back"],
    [-3_600 * SECOND_MS, "back"],
    [-9 * YEAR_MS, "back"],
  ])("tells of a jump by %i ms within a second, in one line", async (byMs, direction) => {
    await using watch = startWatch();
    await watch.clock.advance(2_300);
    watch.clock.setWall(watch.clock.nowMs() + byMs);
    await watch.clock.advance(1_000);
    expect(watch.jumps).toEqual([byMs]);
    expect(watch.lines).toEqual([
      `the clock went ${direction} {"by_s":${Math.abs(byMs) / SECOND_MS}}`,
    ]);
    await watch.clock.advance(60_000);
    expect(watch.jumps).toHaveLength(1);
  });

  test("says nothing of a clock that is slewed", async () => {
    await using watch = startWatch();
    for (let step = 0; step < 100; step += 1) {
      watch.clock.setWall(watch.clock.nowMs() + 40);
      await watch.clock.advance(500);
    }
    expect(watch.jumps).toEqual([]);
  });
});
