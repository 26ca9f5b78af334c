import { describe, expect, test } from "bun:test";
import { PickleCache } from "../../src/job/pickle-cache.ts";
import type { BtuTaskWork } from "../../src/schedule/schedule.ts";

function work(taskId: string): BtuTaskWork {
  return { kind: "btu_task", taskId, timeoutSeconds: 1, runsById: false };
}

describe("what was fetched last", () => {
  test("counts for its schedule and task alone", () => {
    const cache = new PickleCache();
    const data = new Uint8Array([1]);
    cache.put("TS-1", work("BT-1"), data);
    expect(cache.get("TS-1", work("BT-1"))).toBe(data);
    expect(cache.get("TS-1", work("BT-2"))).toBeNull();
    expect(cache.get("TS-2", work("BT-1"))).toBeNull();
  });

  test("is not kept for a task that is run by hand", () => {
    const cache = new PickleCache();
    cache.put(null, work("BT-1"), new Uint8Array([1]));
    expect(cache.get(null, work("BT-1"))).toBeNull();
  });

  test("makes room, the oldest first; what is put again is new", () => {
    const cache = new PickleCache(25);
    for (const id of ["a", "b", "a", "c"]) cache.put(id, work("t"), new Uint8Array(10));
    const left = ["a", "b", "c"].filter((id) => cache.get(id, work("t")) !== null);
    expect(left).toEqual(["a", "c"]);
  });
});
