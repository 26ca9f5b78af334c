/** What must become of each occurrence of a week, told without any code of the engine: instant by instant, case by case. */
import { DEFAULT_DST_POLICY } from "../../src/cron/dst-policy.ts";
import type { Zone } from "../../src/cron/zone.ts";
import { SlowExpression, slowInstants } from "../cron/slow.ts";
import { makeInput, TOOLS } from "../support/schedules.ts";
import type { ScheduleParts } from "../support/schedules.ts";
import type { Away, Chapter, Character, Pause } from "./week-cast.ts";

/** What must become of one occurrence. */
export interface Fate {
  readonly dueSeconds: number;
  /** A word of the ledger. */
  readonly outcome: string;
  /** Number of the chapter from which its job is, if it has one. */
  readonly chapter: number;
  /** When it is handled, epoch seconds. */
  readonly handledSeconds: number;
}

/** The story, as far as it concerns all. */
export interface Story {
  readonly endSeconds: number;
  readonly away: readonly Away[];
  readonly pauses: readonly Pause[];
  /** By how much jitter moves the occurrences of a schedule, in seconds. */
  readonly jitterOf: (id: string) => number;
}

const LATE_MAX_SECONDS = 60;
const CALLED_LATE_AFTER_SECONDS = 5;
const ZONE_REACH_SECONDS = 400 * 86_400;

interface Occurrence {
  readonly dueSeconds: number;
  readonly scoreSeconds: number;
  readonly handledSeconds: number;
  /** The chapter by which it is handled; null when that is over and the next one knows no such occurrence. */
  readonly chapter: number | null;
}

/** When somebody is there to handle what comes at this instant. */
function handledAt({ away }: Story, atSeconds: number): number {
  const found = away.find((span) => atSeconds >= span.fromSeconds && atSeconds < span.untilSeconds);
  return found?.untilSeconds ?? atSeconds;
}

/** The zone without what lies years away: the slow evaluation goes through its whole table at every instant. */
function near(zone: Zone, atSeconds: number): Zone {
  const { transitions, offsets } = zone;
  const isNear = (at: number): boolean => Math.abs(at - atSeconds) < ZONE_REACH_SECONDS;
  const first = transitions.findIndex(isNear);
  const end = transitions.findLastIndex(isNear) + 1;
  if (first < 0) {
    const count = transitions.filter((at) => at <= atSeconds).length;
    return { ...zone, transitions: new Float64Array(), offsets: offsets.slice(count, count + 1) };
  }
  return {
    ...zone,
    transitions: transitions.slice(first, end),
    offsets: offsets.slice(first, end + 1),
  };
}

function duesOf(parts: ScheduleParts, after: number, upto: number): number[] {
  const { cron, timeZone, enabled } = makeInput(parts);
  if (!enabled || cron === null || timeZone === null) return [];
  const zone = near(TOOLS.zones.find(timeZone), after);
  const dst = parts.policy?.dst ?? DEFAULT_DST_POLICY;
  return slowInstants(new SlowExpression(cron), zone, { after, upto, max: Infinity }, dst);
}

function timingOf(parts: ScheduleParts): unknown {
  const { cron, timeZone, enabled } = makeInput(parts);
  return [cron, timeZone, enabled];
}

function isSameTiming(one: ScheduleParts | null, other: ScheduleParts | null): boolean {
  return one !== null && other !== null && Bun.deepEquals(timingOf(one), timingOf(other));
}

/** The occurrences of one chapter; it begins and ends when it is seen to. */
function* occurrencesIn(character: Character, number: number, story: Story): Generator<Occurrence> {
  const { id, chapters } = character;
  const [chapter, next] = [chapters[number], chapters[number + 1]];
  const seenAt = (one: Chapter | undefined): number =>
    one === undefined ? Infinity : handledAt(story, one.fromSeconds);
  if (chapter?.parts == null) return;
  const endSeconds = Math.min(seenAt(next), story.endSeconds);
  for (const dueSeconds of duesOf(chapter.parts, seenAt(chapter), endSeconds)) {
    const scoreSeconds = dueSeconds + story.jitterOf(id);
    const handledSeconds = handledAt(story, scoreSeconds);
    if (handledSeconds > story.endSeconds) continue;
    const isOver = handledSeconds >= seenAt(next);
    const follower = isSameTiming(chapter.parts, next?.parts ?? null) ? number + 1 : null;
    yield { dueSeconds, scoreSeconds, handledSeconds, chapter: isOver ? follower : number };
  }
}

/** What up to a minute late is late, and beyond that missed. */
function isMissed({ chapter, handledSeconds, scoreSeconds }: Occurrence): boolean {
  return chapter !== null && handledSeconds - scoreSeconds > LATE_MAX_SECONDS;
}

/** Of those missed at once the ones that still run, by the policy. */
function runningOf(missed: readonly Occurrence[], parts: ScheduleParts): readonly Occurrence[] {
  const { misfire, misfireGraceSeconds, maxCatchup } = makeInput(parts).policy;
  if (misfire === "skip") return [];
  const fresh = missed.filter(
    ({ scoreSeconds, handledSeconds }) => handledSeconds - scoreSeconds <= misfireGraceSeconds,
  );
  return fresh.slice(-(misfire === "run_once" ? 1 : maxCatchup));
}

function isPaused({ pauses }: Story, id: string, atSeconds: number): boolean {
  return pauses.some(
    (pause) =>
      (pause.id === "|" || pause.id === id) &&
      atSeconds >= pause.fromSeconds &&
      atSeconds < pause.untilSeconds,
  );
}

/** Tells what must become of every occurrence of a schedule, in their order. */
export function fatesOf(character: Character, story: Story): Fate[] {
  const { id, chapters } = character;
  const partsOf = (number: number | null): ScheduleParts => chapters[number ?? -1]?.parts ?? {};
  const all = chapters.flatMap((_, number) => [...occurrencesIn(character, number, story)]);
  const missed = Map.groupBy(all.filter(isMissed), ({ handledSeconds }) => handledSeconds);
  const running = new Set(
    [...missed.values()].flatMap((some) => runningOf(some, partsOf(some[0]?.chapter ?? null))),
  );
  let blockedUntil = -Infinity;
  const outcomeOf = (one: Occurrence): string => {
    const { handledSeconds, scoreSeconds } = one;
    if (one.chapter === null) return "dropped";
    if (isPaused(story, id, handledSeconds)) return "skipped_paused";
    if (isMissed(one) && !running.has(one)) return "skipped_misfire";
    if (handledSeconds <= blockedUntil) return "skipped_overlap";
    const { policy, work } = makeInput(partsOf(one.chapter));
    // Nobody works these jobs off: the last one waits for ever, and blocks for twice its timeout.
    const blockedFor = work === null ? 0 : 2 * work.timeoutSeconds;
    if (policy.overlap === "skip") blockedUntil = handledSeconds + blockedFor;
    const isLate = isMissed(one) || handledSeconds - scoreSeconds > CALLED_LATE_AFTER_SECONDS;
    return isLate ? "late" : "fired";
  };
  return all.map((one) => ({
    dueSeconds: one.dueSeconds,
    outcome: outcomeOf(one),
    chapter: one.chapter ?? -1,
    handledSeconds: one.handledSeconds,
  }));
}
