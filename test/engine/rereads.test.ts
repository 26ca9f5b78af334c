import { describe, expect, test } from "bun:test";
import { silentLog } from "../../src/base/log.ts";
import { Rereads } from "../../src/engine/rereads.ts";
import { FakeClock } from "../support/fake-clock.ts";

/** Re-reads whose reads are written down; a read takes as long as the test says. */
interface Kit extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly rereads: Rereads;
  /** Seconds at which reads began, with what they read. */
  readonly reads: Array<readonly [atSeconds: number, ids: readonly string[]]>;
  readonly wholeReads: number[];
  /** What the next reads do. */
  during: () => Promise<boolean>;
}

function start({ givesRows = true } = {}): Kit {
  const clock = new FakeClock();
  const stop = new AbortController();
  const reads: Kit["reads"] = [];
  const wholeReads: number[] = [];
  const seconds = (): number => clock.monotonicMs() / 1000;
  const rereads = new Rereads({
    reconciler: {
      givesRows,
      some: (ids) => {
        reads.push([seconds(), [...ids]]);
        return kit.during();
      },
    },
    redis: { isReady: true, distrust: () => undefined },
    clock,
    log: silentLog,
    readAll: () => Promise.resolve(void wholeReads.push(seconds())),
    onRead: () => undefined,
  });
  const running = rereads.run(stop.signal);
  const kit: Kit = {
    clock,
    rereads,
    reads,
    wholeReads,
    during: () => Promise.resolve(true),
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
  return kit;
}

const WINDOW = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 40];

describe("a request", () => {
  test("has its ids read now, every second for 10 s, at 20 s and at 40 s", async () => {
    await using kit = start();
    void kit.rereads.request(["a", "b"]);
    await kit.clock.advance(3_600_000);
    expect(kit.reads).toEqual(WINDOW.map((second) => [second, ["a", "b"]] as const));
    expect(kit.rereads.size).toBe(0);
  });

  test("starts the window of an id anew", async () => {
    await using kit = start();
    void kit.rereads.request(["a"]);
    await kit.clock.advance(8_500);
    void kit.rereads.request(["a"]);
    await kit.clock.advance(3_600_000);
    const anew = WINDOW.map((second) => second + 8.5);
    expect(kit.reads.map(([second]) => second)).toEqual([...WINDOW.slice(0, 9), ...anew]);
  });

  test("shares its reads with requests of about the same time", async () => {
    await using kit = start();
    for (const id of ["a", "b", "c", "d"]) {
      void kit.rereads.request([id]);
      await kit.clock.advance(40);
    }
    kit.reads.splice(0);
    await kit.clock.advance(9_000);
    expect(kit.reads).toHaveLength(9);
    expect(new Set(kit.reads.map(([, ids]) => ids.join(" ")))).toEqual(new Set(["a b c d"]));
  });

  test("has thousands of ids read in one go", async () => {
    await using kit = start();
    const ids = Array.from({ length: 5_000 }, (_, index) => `TS-${index}`);
    for (const id of ids) void kit.rereads.request([id]);
    await kit.clock.advance(0);
    expect(kit.reads).toEqual([[0, ids]]);
  });

  test("collects what comes while a read is under way for the next one", async () => {
    await using kit = start();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    kit.during = () => promise;
    void kit.rereads.request(["a"]);
    await kit.clock.advance(10);
    for (const id of ["b", "c", "b"]) void kit.rereads.request([id]);
    await kit.clock.advance(10);
    expect(kit.reads.map(([, ids]) => ids)).toEqual([["a"]]);
    resolve(true);
    await kit.clock.advance(10);
    expect(kit.reads.map(([, ids]) => ids)).toEqual([["a"], ["b", "c"]]);
  });

  test("is answered after a read that began after it", async () => {
    await using kit = start();
    const ends: Array<() => void> = [];
    kit.during = () => new Promise((resolve) => ends.push(() => resolve(true)));
    const answered: string[] = [];
    void kit.rereads.request(["a"]).then(() => answered.push("first"));
    await kit.clock.advance(10);
    void kit.rereads.request(["a"]).then(() => answered.push("second"));
    ends.shift()?.();
    await kit.clock.advance(10);
    expect(answered).toEqual(["first"]);
    ends.shift()?.();
    await kit.clock.advance(10);
    expect(answered).toEqual(["first", "second"]);
  });

  test.each([
    ["fails", () => Promise.reject(new Error("refused"))],
    ["does not tell everything", () => Promise.resolve(false)],
  ])("whose read %s is answered, and all is read", async (_, during) => {
    await using kit = start();
    kit.during = during;
    const answer = kit.rereads.request(["a"]);
    await kit.clock.advance(10);
    expect(await answer).toBeUndefined();
    expect(kit.wholeReads).toEqual([0]);
  });

  test("has all read where no source gives single rows", async () => {
    await using kit = start({ givesRows: false });
    await kit.rereads.request(["a"]);
    kit.rereads.readOnce(["a"]);
    await kit.clock.advance(60_000);
    expect(kit.wholeReads).toEqual([0, 0]);
    expect(kit.reads).toEqual([]);
  });

  test("for an id that cannot be one is answered and costs nothing", async () => {
    await using kit = start();
    const answer = kit.rereads.request(["", "x".repeat(201)]);
    await kit.clock.advance(10);
    expect(await answer).toBeUndefined();
    expect([kit.reads, kit.rereads.size]).toEqual([[], 0]);
  });

  test("that waits is answered when the daemon ends", async () => {
    const kit = start();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    kit.during = () => promise;
    void kit.rereads.request(["a"]);
    await kit.clock.advance(10);
    const answer = kit.rereads.request(["b"]);
    const ended = kit[Symbol.asyncDispose]();
    resolve(true);
    await kit.clock.advance(10);
    await ended;
    expect(await answer).toBeUndefined();
  });
});

describe("a flood of ids", () => {
  test("is bounded, and has all schedules read instead, every 5 s at most", async () => {
    await using kit = start();
    const flood = async (from: number): Promise<void> => {
      for (let index = 0; index < 21_000; index += 1)
        void kit.rereads.request([`${from}-${index}`]);
      await kit.clock.advance(1_000);
    };
    for (let second = 0; second < 6; second += 1) await flood(second);
    expect(kit.rereads.size).toBe(20_000);
    expect(kit.wholeReads).toEqual([0, 5]);
    await kit.clock.advance(60_000);
    expect(kit.rereads.size).toBe(0);
  });
});

describe("an id to be read once", () => {
  test("is read now and not again", async () => {
    await using kit = start();
    kit.rereads.readOnce(["a"]);
    await kit.clock.advance(3_600_000);
    expect(kit.reads).toEqual([[0, ["a"]]]);
  });
});

describe("an id is in doubt", () => {
  test("never outside of its window", async () => {
    await using kit = start();
    expect(kit.rereads.isInDoubt("a", 0)).toBeFalse();
    void kit.rereads.request(["a"]);
    await kit.clock.advance(41_000);
    expect(kit.rereads.isInDoubt("a", 41_000)).toBeFalse();
  });

  test("until a read that began at the instant or later has ended", async () => {
    await using kit = start();
    void kit.rereads.request(["a"]);
    await kit.clock.advance(500);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    kit.during = () => promise;
    expect(kit.rereads.isInDoubt("a", 0)).toBeFalse();
    expect(kit.rereads.isInDoubt("a", 500)).toBeTrue();
    await kit.clock.advance(10);
    expect(kit.reads.map(([second]) => second)).toEqual([0, 0.5]);
    expect(kit.rereads.isInDoubt("a", 500)).toBeTrue();
    resolve(true);
    await kit.clock.advance(10);
    expect(kit.rereads.isInDoubt("a", 500)).toBeFalse();
    expect(kit.reads).toHaveLength(2);
  });

  test("again after a newer request, whatever was read before", async () => {
    await using kit = start();
    void kit.rereads.request(["a"]);
    await kit.clock.advance(500);
    void kit.rereads.request(["a"]);
    expect(kit.rereads.isInDoubt("a", 0)).toBeTrue();
  });

  test("not after it turned out that nothing can be read", async () => {
    await using kit = start();
    kit.during = () => Promise.reject(new Error("away"));
    void kit.rereads.request(["a"]);
    await kit.clock.advance(10);
    expect(kit.rereads.isInDoubt("a", 0)).toBeFalse();
  });
});
