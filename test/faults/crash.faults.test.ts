/** The promise: whatever happens at whichever message, each occurrence is placed exactly once. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startBtuSite } from "../support/btu-site.ts";
import type { BtuSite } from "../support/btu-site.ts";
import { dueOf, EVERY_TEN_SECONDS, forEachMessage, STRIDE, Track } from "./firing-cycle.ts";
import type { CycleEnd } from "./firing-cycle.ts";

/** Most of a cycle is waiting. */
const TRACKS = 8;
/** A plain pickle: Python would only cost time here. */
const PICKLE = Uint8Array.from([0x80, 4, 0x4e, 0x2e]);

/** Fewer than any cycle has: the test would prove little if it met no more. */
const MESSAGES_MIN = 15;
/** The messages on which a run depends. */
const DECISIVE = [/^EVALSHA$/, /^EVAL$/, /^COM_QUERY SELECT s\./, /^GET /];

/** The site, a schedule of it with cron text, and what else its configuration says. */
const SITES = [
  ["v14", "TS-000001", ""],
  ["v16", "TS-000003", 'site = "erp.example.com"'],
] as const;

/** The occurrences with these numbers were placed, each once, and the one after them is planned. */
function mustBeWhole(end: CycleEnd, schedule: string, numbers: readonly number[]): void {
  const at = end.struck?.name;
  expect({ at, dues: end.dues, queued: end.queued, agenda: end.agenda }).toEqual({
    at,
    dues: numbers.map(dueOf),
    queued: [...end.placed],
    agenda: [`${schedule}|${dueOf(numbers.at(-1)! + 1)}`],
  });
  expect(new Set(end.queued).size).toBe(numbers.length);
  for (const outcome of end.outcomes) expect(["fired", "late"]).toContain(outcome);
}

function mustHaveStruckMany(ends: readonly CycleEnd[]): void {
  const struck = ends.filter((end) => end.struck !== null);
  expect(struck.length * STRIDE).toBeGreaterThan(MESSAGES_MIN);
}

interface Tracked {
  site: BtuSite;
  tracks: Track[];
}

function useTracks([name, schedule, more]: (typeof SITES)[number]): Tracked {
  const holder = {} as Tracked;
  beforeAll(async () => {
    const site = await startBtuSite(name, { pickledTask: () => PICKLE });
    holder.site = site;
    await site.enableOnly({ [schedule]: EVERY_TEN_SECONDS });
    await site.sql("UPDATE `tabBTU Task` SET queue_name = 'default'");
    const tracks = Array.from({ length: TRACKS }, () => Track.open(site, more));
    holder.tracks = await Promise.all(tracks);
  });
  afterAll(async () => {
    await Promise.all(holder.tracks.map((track) => track[Symbol.asyncDispose]()));
    await holder.site[Symbol.asyncDispose]();
  });
  return holder;
}

describe.each([...SITES])("a daemon of a %s site", (...given) => {
  const [, schedule] = given;
  const holder = useTracks(given);

  test.each([
    ["hold", 1],
    ["hold-reply", 2],
  ] as const)(
    "killed at any message (%s): nothing is lost, nothing doubled",
    async (verdict, nth) => {
      const ends = await forEachMessage(holder.tracks, nth, (track, where) =>
        track.killAt(where, verdict),
      );
      for (const end of ends) mustBeWhole(end, schedule, [0, 1]);
      mustHaveStruckMany(ends);
    },
  );

  test.each([
    ["cut-before", 1],
    ["cut-half", 2],
    ["cut-after", 3],
  ] as const)(
    "with its connection broken at any message (%s): it goes on by itself",
    async (verdict, nth) => {
      const ends = await forEachMessage(holder.tracks, nth, (track, where) =>
        track.breakAt(where, verdict),
      );
      for (const end of ends) mustBeWhole(end, schedule, [0]);
      mustHaveStruckMany(ends);
    },
  );

  test.each(DECISIVE)("whatever happens at %p, which decides: exactly once", async (where) => {
    const [first, second, third, fourth, fifth] = holder.tracks as [
      Track,
      Track,
      Track,
      Track,
      Track,
    ];
    const killed = [first.killAt(where, "hold"), second.killAt(where, "hold-reply")];
    const broken = [
      third.breakAt(where, "cut-before"),
      fourth.breakAt(where, "cut-half"),
      fifth.breakAt(where, "cut-after"),
    ];
    for (const end of await Promise.all(killed)) mustBeWhole(end, schedule, [0, 1]);
    for (const end of await Promise.all(broken)) mustBeWhole(end, schedule, [0]);
    for (const end of await Promise.all([...killed, ...broken])) {
      expect(end.struck?.name).toMatch(where);
    }
  });

  test("with a connection on which nothing comes back any more: it makes a new one", async () => {
    const [track] = holder.tracks as [Track];
    const end = await track.breakAt(/^EVALSHA$/, { delayReplyMs: 60_000 });
    mustBeWhole(end, schedule, [0]);
  });
});

describe("a daemon that starts for the very first time", () => {
  const [, given] = SITES;
  const [, schedule] = given;
  const holder = useTracks(given);

  test.each([
    ["hold", 1],
    ["hold-reply", 2],
  ] as const)("killed at any message (%s): what it has planned is kept", async (verdict, nth) => {
    const ends = await forEachMessage(holder.tracks, nth, (track, where) =>
      track.killAt(where, verdict, { isPlanned: false }),
    );
    for (const end of ends) {
      mustBeWhole(end, schedule, end.hadFirst ? [0, 1] : [1]);
    }
    mustHaveStruckMany(ends);
    expect(new Set(ends.map(({ hadFirst }) => hadFirst))).toEqual(new Set([false, true]));
  });
});
