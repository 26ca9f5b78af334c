import { describe, expect, test } from "bun:test";
import { silentLog } from "../../src/base/log.ts";
import { ChangeWatch } from "../../src/engine/change-watch.ts";
import { SourceReader } from "../../src/engine/source-reader.ts";
import type { RecentChanges } from "../../src/schedule/recent-changes.ts";
import type { Source } from "../../src/schedule/source.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { TOOLS } from "../support/schedules.ts";

/** A watch over one source, with what it told. */
interface Kit extends AsyncDisposable {
  readonly clock: FakeClock;
  readonly watch: ChangeWatch;
  readonly reader: SourceReader;
  readonly changed: Array<readonly string[]>;
  looks: number;
  wholeReads: number;
  isLeader: boolean;
  isDown: boolean;
  failsLooks: boolean;
  /** Stamps of the schedules that the source says were changed lately. */
  recent: Readonly<Record<string, string>>;
  settings: string;
}

function changesOf({ recent, settings }: Kit): RecentChanges {
  const rows = Object.entries(recent).map(([scheduleId, stamp]) => ({
    scheduleId,
    part: "schedule" as const,
    stamp,
  }));
  return { rows, isCut: false, settings };
}

async function start({ isRead = true } = {}): Promise<Kit> {
  const clock = new FakeClock();
  const stop = new AbortController();
  const answer = <T>(give: () => T): Promise<T> =>
    kit.isDown ? Promise.reject(new Error("it is down")) : Promise.resolve(give());
  const source: Source = {
    name: "a place",
    generation: null,
    async *read() {
      await answer(() => null);
      yield* [];
    },
    readSome: null,
    readChanges: () => {
      kit.looks += 1;
      if (kit.failsLooks) return Promise.reject(new Error("it takes too long"));
      return answer(() => changesOf(kit));
    },
    watch: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const reader = new SourceReader({ source, tools: TOOLS, clock, log: silentLog });
  const changed: Kit["changed"] = [];
  const watch = new ChangeWatch({
    reconciler: { readers: [reader] },
    clock,
    mayAsk: () => kit.isLeader,
    onChanged: (ids) => changed.push(ids),
    readAll: () => Promise.resolve(void (kit.wholeReads += 1)),
  });
  let running: Promise<void> = Promise.resolve();
  const kit: Kit = {
    clock,
    watch,
    reader,
    changed,
    looks: 0,
    wholeReads: 0,
    isLeader: true,
    isDown: false,
    failsLooks: false,
    recent: {},
    settings: "zones",
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await running;
    },
  };
  if (isRead) await reader.read(stop.signal);
  running = watch.run(stop.signal);
  await clock.advance(0);
  return kit;
}

describe("the change watch", () => {
  test("looks at once and every 2 s, and tells what is new", async () => {
    await using kit = await start();
    await kit.clock.advance(4_000);
    expect(kit.looks).toBe(3);
    kit.recent = { a: "1" };
    await kit.clock.advance(2_000);
    kit.recent = { a: "1", b: "1" };
    await kit.clock.advance(6_000);
    expect(kit.changed).toEqual([["a"], ["b"]]);
    expect(kit.wholeReads).toBe(0);
  });

  test("has everything read when settings of the site change", async () => {
    await using kit = await start();
    kit.settings = "other zones";
    await kit.clock.advance(4_000);
    expect([kit.wholeReads, kit.changed]).toEqual([1, []]);
  });

  test("asks nothing while another daemon leads, and at once when told to look", async () => {
    await using kit = await start();
    kit.isLeader = false;
    await kit.clock.advance(60_000);
    expect(kit.looks).toBe(1);
    kit.isLeader = true;
    kit.watch.look();
    await kit.clock.advance(0);
    expect(kit.looks).toBe(2);
  });

  test("asks nothing before all was read once", async () => {
    await using kit = await start({ isRead: false });
    await kit.clock.advance(60_000);
    expect(kit.looks).toBe(0);
  });

  test("leaves a source that failed to whole passes until it is back", async () => {
    await using kit = await start();
    kit.isDown = true;
    await kit.clock.advance(60_000);
    expect([kit.looks, kit.wholeReads]).toEqual([2, 1]);
    kit.isDown = false;
    await kit.reader.read(new AbortController().signal);
    await kit.clock.advance(2_000);
    expect(kit.looks).toBe(3);
  });

  test("tries ever more seldom where these looks alone fail", async () => {
    await using kit = await start();
    kit.failsLooks = true;
    // The whole reads that it asks for succeed.
    for (let second = 0; second < 3_600; second += 1) {
      await kit.clock.advance(1_000);
      if (kit.reader.problem !== null) await kit.reader.read(new AbortController().signal);
    }
    expect(kit.wholeReads).toBeGreaterThan(10);
    expect(kit.wholeReads).toBeLessThan(25);
    kit.failsLooks = false;
    kit.looks = 0;
    await kit.clock.advance(330_000);
    expect(kit.looks).toBeGreaterThan(10);
  });
});
