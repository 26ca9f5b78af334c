import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { BatchSize } from "../../src/engine/batch-size.ts";

/** Milliseconds that calls of a Redis take which needs so long for each occurrence, one call after the other. */
function callsMs(eachMs: number, calls: number): number[] {
  const size = new BatchSize();
  let nowMs = 0;
  return Array.from({ length: calls }, () => {
    const [count, sentMs] = [size.current, nowMs];
    nowMs += count * eachMs;
    size.adapt(count, sentMs, nowMs);
    return count * eachMs;
  });
}

describe("the size of a batch", () => {
  test("settles where one call holds Redis for 4 ms at most, and uses at least a quarter of that", () => {
    // From 8 microseconds, where even the largest batch is quick, to those where the smallest just is.
    fc.assert(
      fc.property(fc.double({ min: 0.008, max: 0.49, noNaN: true }), (eachMs) => {
        const settled = callsMs(eachMs, 40).slice(4);
        expect(Math.max(...settled)).toBeLessThanOrEqual(4);
        expect(Math.min(...settled)).toBeGreaterThan(1);
      }),
    );
  });

  test("is bounded for a Redis that is very quick, and for one that is very slow", () => {
    expect(callsMs(0.000_01, 20).at(-1)).toBeCloseTo(512 * 0.000_01);
    expect(callsMs(50, 20).at(-1)).toBe(8 * 50);
  });

  test("grows again when Redis is quick again, and not by batches that were not full", () => {
    const size = new BatchSize();
    size.adapt(64, 0, 100);
    expect(size.current).toBe(32);
    size.adapt(5, 100, 100.1);
    expect(size.current).toBe(32);
    size.adapt(32, 200, 201);
    expect(size.current).toBe(64);
  });

  test("counts the time behind another batch from that one's answer", () => {
    const size = new BatchSize();
    size.adapt(64, 0, 3);
    size.adapt(64, 0, 6);
    expect(size.current).toBe(64);
  });
});
