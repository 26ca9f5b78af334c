import { describe, expect, test } from "bun:test";
import { sleep } from "../../src/base/clock.ts";
import { FakeClock } from "./fake-clock.ts";

const never = new AbortController().signal;

describe("FakeClock", () => {
  test("runs timers in the order they are due, each at its own instant", async () => {
    const clock = new FakeClock(1_000);
    const ran: Array<[string, number]> = [];
    clock.timer(200, () => ran.push(["b", clock.nowMs()]));
    clock.timer(100, () => ran.push(["a", clock.nowMs()]));
    clock.timer(200, () => ran.push(["c", clock.nowMs()]));
    clock.timer(201, () => ran.push(["late", clock.nowMs()]));
    await clock.advance(200);
    expect(ran).toEqual([
      ["a", 1_100],
      ["b", 1_200],
      ["c", 1_200],
    ]);
    expect(clock.nextTimerMs).toBe(1);
  });

  test("carries on what a timer woke before the next one runs", async () => {
    const clock = new FakeClock(0);
    const seen: number[] = [];
    const loop = async (): Promise<void> => {
      for (let round = 0; round < 3; round += 1) {
        await sleep(clock, 10, never);
        seen.push(clock.monotonicMs());
      }
    };
    const done = loop();
    await clock.advance(100);
    await done;
    expect(seen).toEqual([10, 20, 30]);
  });

  test("never runs a cancelled timer", async () => {
    const clock = new FakeClock();
    let ran = false;
    clock.timer(10, () => (ran = true)).cancel();
    await clock.advance(20);
    expect(ran).toBe(false);
    expect(clock.pending).toBe(0);
  });

  test("steps the wall time alone", async () => {
    const clock = new FakeClock(5_000);
    clock.stepWall(-4_000);
    await clock.advance(10);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1_010, 10]);
  });

  test("refuses a timer that never lets go", () => {
    const clock = new FakeClock();
    const again = (): void => void clock.timer(0, again);
    again();
    expect(clock.advance(1)).rejects.toThrow("more than");
  });
});
