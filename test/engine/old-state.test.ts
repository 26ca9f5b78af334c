import { describe, expect, test } from "bun:test";
import { OldState } from "../../src/engine/old-state.ts";
import { FakeClock } from "../support/fake-clock.ts";

function start(): { clock: FakeClock; state: OldState } {
  const clock = new FakeClock(0);
  return { clock, state: new OldState(clock) };
}

describe("OldState", () => {
  test("a standby keeps off the lease for four seconds after a break", async () => {
    const { clock, state } = start();
    expect(state.isLeaderFirst).toBeFalse();
    state.letLeaderGoFirst();
    await clock.advance(3_999);
    expect(state.isLeaderFirst).toBeTrue();
    await clock.advance(1);
    expect(state.isLeaderFirst).toBeFalse();
  });

  test("is news once, until it is repaired", () => {
    const { state } = start();
    expect([state.begin(), state.begin(), state.isOpen]).toEqual([true, false, true]);
    state.end();
    expect([state.isOpen, state.begin()]).toEqual([false, true]);
  });

  test("a standby repairs once nobody held the lease for four seconds", async () => {
    const { clock, state } = start();
    state.begin();
    await clock.advance(3_000);
    expect(state.mustWait("leader")).toBeTrue();
    await clock.advance(3_999);
    expect(state.mustWait(null)).toBeTrue();
    await clock.advance(1);
    expect(state.mustWait(null)).toBeFalse();
  });
});
