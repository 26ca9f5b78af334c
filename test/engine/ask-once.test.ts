/** What is asked of Redis until it is there. */
import { describe, expect, test } from "bun:test";
import { DeadlineError } from "../../src/base/abort.ts";
import { askOnce } from "../../src/engine/run-by-hand.ts";
import { FakeClock } from "../support/fake-clock.ts";

const NEVER = new Promise<never>(() => undefined);
const MAY_BE_DONE = "it may have been done all the same";

/** What somebody is told four seconds later. */
async function toldAfter(ready: Promise<void>): Promise<unknown> {
  const clock = new FakeClock();
  const redis = { problem: null, ready: () => ready, distrust: () => undefined };
  const asking = askOnce({ redis, clock }, () => NEVER).catch((thrown: unknown) => thrown);
  await clock.advance(4_000);
  return asking;
}

describe("a Redis that stays away", () => {
  test("may have done what it was asked for", async () => {
    const error = await toldAfter(Promise.resolve());
    expect(error).toBeInstanceOf(DeadlineError);
    expect(String(error)).toContain(MAY_BE_DONE);
  });

  test("has done nothing before it was asked", async () => {
    const error = await toldAfter(NEVER);
    expect(error).toBeInstanceOf(DeadlineError);
    expect(String(error)).not.toContain(MAY_BE_DONE);
  });
});
