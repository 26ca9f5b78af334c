/** A week of fake time: the real engine on a real Redis, and then counted job by job. */
import { afterAll, describe, expect, test } from "bun:test";
import { utcText } from "../../src/cron/instant-text.ts";
import { auditLedger } from "../../src/observe/audit.ts";
import { KEYS } from "../support/engine.ts";
import type { LedgerFields } from "../support/rq-keys.ts";
import { TOOLS } from "../support/schedules.ts";
import { jobFindings, readLeftovers } from "./reckoning.ts";
import {
  AWAY,
  CAST,
  END,
  OVER,
  partsAt,
  PAUSES,
  SPREAD_A_LITTLE,
  SPREAD_FAR,
} from "./week-cast.ts";
import { fatesOf } from "./week-oracle.ts";
import type { Fate } from "./week-oracle.ts";
import { playWeek } from "./week-play.ts";

/** By due instant. */
type Fates = ReadonlyMap<number, Fate>;

/** The audit leaves out what may still be on its way. */
const SETTLING_SECONDS = 65;
/** Of fake time: after a change of its definition the loop comes again a second later. */
const LATE_MAX_SECONDS = 2;
const PLACED: ReadonlySet<string> = new Set(["fired", "late"]);
const ONE_ENTRY: ReadonlySet<string> = new Set(["skipped_misfire", "dropped"]);
const JOBS_MIN = 30_000;
/** More would tell nothing new. */
const TOLD_MAX = 20;

const play = await playWeek();
const left = await readLeftovers(play.client);
const jitters = jitterById(left.ledger);
const story = {
  endSeconds: END,
  away: AWAY,
  pauses: PAUSES,
  jitterOf: (id: string) => jitters.get(id) ?? 0,
};
const fatesOfAll = new Map(
  CAST.map((character) => [
    character.id,
    new Map(fatesOf(character, story).map((fate) => [fate.dueSeconds, fate])),
  ]),
);
const chapterOf = new Map(left.jobs.map(({ id, version }) => [id, version]));

afterAll(() => play[Symbol.asyncDispose]());

/** By how many seconds the first of each was moved by jitter; all others must be moved by as much. */
function jitterById(ledger: readonly LedgerFields[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { id, chapters } of CAST) {
    if (chapters[0]?.parts?.policy?.jitterSeconds === undefined) continue;
    const first = ledger.find((entry) => entry["schedule"] === id);
    found.set(id, (Number(first?.["fired_ms"]) - Number(first?.["due"]) * 1000) / 1000);
  }
  return found;
}

const entriesOf = Map.groupBy(left.ledger, ({ schedule = "" }) => schedule);

function nameOf(id: string, dueSeconds: number): string {
  return `${id}|${utcText(dueSeconds)}`;
}

/** The fates that an entry stands for; none when it is not just them. */
function coveredBy({ due, until, count = "1" }: LedgerFields, wanted: Fates): Fate[] {
  const [from, to] = [Number(due), Number(until ?? due)];
  if (until === undefined) return [wanted.get(from)].filter((fate) => fate !== undefined);
  const covered = [...wanted.values()].filter((fate) => fate.dueSeconds >= from && fate.dueSeconds <= to); // prettier-ignore
  const isWhole = covered[0]?.dueSeconds === from && covered.at(-1)?.dueSeconds === to;
  return isWhole && covered.length === Number(count) ? covered : [];
}

/** Whether a job came when it should, and was made from the definition that held then. */
function placedFindings(name: string, entry: LedgerFields, fate: Fate): string[] {
  const lateSeconds = Number(entry["fired_ms"]) / 1000 - fate.handledSeconds;
  const chapter = chapterOf.get(entry["job"] ?? "");
  const isOnTime = lateSeconds >= 0 && lateSeconds <= LATE_MAX_SECONDS;
  return [
    ...(isOnTime ? [] : [`${name}: ${lateSeconds} s late`]),
    ...(chapter === fate.chapter
      ? []
      : [`${name}: job of chapter ${chapter}, not ${fate.chapter}`]),
  ];
}

/** Those that were given up at the same moment must stand in one entry. */
function apart(id: string, entries: readonly LedgerFields[]): string[] {
  const givenUp = entries.filter(({ outcome = "" }) => ONE_ENTRY.has(outcome));
  const moments = Map.groupBy(givenUp, ({ outcome, fired_ms: ms }) => `${outcome} at ${ms}`);
  const several = [...moments].filter(([, found]) => found.length > 1);
  return several.map(([moment, found]) => `${id}: ${found.length} entries of ${moment}`);
}

/** What the entries of a schedule say, against what had to become of it. */
function findingsOf(id: string, wanted: Fates): string[] {
  const entries = entriesOf.get(id) ?? [];
  const told = new Set<Fate>();
  const findings = apart(id, entries);
  for (const entry of entries) {
    const { due, outcome = "" } = entry;
    const name = `${nameOf(id, Number(due))} ${outcome}`;
    const covered = coveredBy(entry, wanted);
    if (covered.length === 0) findings.push(`${name}: no such occurrence`);
    for (const fate of covered) {
      if (told.has(fate)) findings.push(`doubled: ${name}`);
      told.add(fate);
      if (fate.outcome !== outcome) findings.push(`${name}: must be ${fate.outcome}`);
      else if (PLACED.has(outcome)) findings.push(...placedFindings(name, entry, fate));
    }
  }
  const missing = [...wanted.values()].filter((fate) => !told.has(fate));
  return [...findings, ...missing.map((fate) => `missing: ${nameOf(id, fate.dueSeconds)} ${fate.outcome}`)]; // prettier-ignore
}

function tally(outcomes: Iterable<string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

describe("after a week", () => {
  test("each occurrence has one job on its queue or one entry with its reason, and none has two", () => {
    const findings = CAST.flatMap(({ id }) => findingsOf(id, fatesOfAll.get(id) ?? new Map()));
    expect([...findings, ...jobFindings(left)].slice(0, TOLD_MAX)).toEqual([]);
    expect(left.ledger.filter(({ schedule = "" }) => !fatesOfAll.has(schedule))).toEqual([]);
  });

  test("every kind of end has come", () => {
    const outcomes = left.ledger.map(({ outcome = "" }) => outcome);
    expect(Object.keys(tally(outcomes)).toSorted()).toEqual([
      "dropped",
      "fired",
      "late",
      "skipped_misfire",
      "skipped_overlap",
      "skipped_paused",
    ]);
    expect(left.jobs.length).toBeGreaterThan(JOBS_MIN);
  });

  test("each entry that places nothing gives its reason", () => {
    const silent = left.ledger.filter(
      ({ outcome = "", reason }) => !PLACED.has(outcome) && reason === undefined,
    );
    expect(silent).toEqual([]);
  });

  test("jitter moved each occurrence by less than half the distance to the next", () => {
    const rooms = CAST.flatMap(({ id }) => (jitters.has(id) ? [jitters.get(id) ?? 0] : []));
    expect(rooms).toHaveLength(2);
    for (const jitter of rooms) expect(jitter).toBeGreaterThan(0);
    expect(jitters.get(SPREAD_FAR)).toBeLessThan(300);
    expect(jitters.get(SPREAD_A_LITTLE)).toBeLessThan(90);
  });

  test("what is planned stands on the agenda, and nothing else", () => {
    const planned = Object.entries(left.planned).map(([id, text]) => `${id}|${Number.parseInt(text, 10)}`); // prettier-ignore
    expect(planned.toSorted()).toEqual(left.agenda.toSorted());
    const alive = partsAt(END).filter(({ parts }) => parts.enabled !== false);
    expect(planned).toHaveLength(alive.length - OVER.length);
    for (const id of OVER) expect(left.planned).not.toHaveProperty(id);
  });

  test("the program's own audit says the same", async () => {
    const untilSeconds = END - SETTLING_SECONDS;
    const all = [...fatesOfAll.values()].flatMap((wanted) => [...wanted.values()]);
    const settled = all.filter(({ dueSeconds }) => dueSeconds <= untilSeconds);
    const { fired = 0, late = 0, ...skipped } = tally(settled.map(({ outcome }) => outcome));
    const audit = { client: play.client, keys: KEYS, ...TOOLS, sinceSeconds: 0, nowSeconds: END };
    expect(await auditLedger(audit)).toMatchObject({
      untilSeconds,
      expected: settled.length,
      placed: fired + late,
      skipped,
      missing: 0,
      doubled: 0,
      unexpected: 0,
    });
  });
});
