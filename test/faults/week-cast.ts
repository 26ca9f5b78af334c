/** Who takes part in a week of fake time, and what happens to them. */
import { PyDict } from "../../src/pickle/value.ts";
import { packCall } from "../../src/schedule/packed-call.ts";
import { at } from "../support/schedules.ts";
import type { ScheduleParts } from "../support/schedules.ts";

/**
 * A Saturday. In the seven days that follow clocks go forward in Europe (Sunday 01:00 UTC), a month ends, and clocks go back by
 * half an hour on Lord Howe Island, by an hour in Sydney and Auckland.
 */
export const START = at("2026-03-28T18:00:10Z");
export const END = START + 7 * 86_400;

/** What a schedule is from an instant on. */
export interface Chapter {
  readonly fromSeconds: number;
  /** Null while nobody knows it. */
  readonly parts: ScheduleParts | null;
}

/** A schedule and its life; the chapters in their order. */
export interface Character {
  readonly id: string;
  readonly chapters: readonly Chapter[];
}

/** A time in which nothing is done about what is due; what is due then is handled at its end. */
export interface Away {
  readonly fromSeconds: number;
  readonly untilSeconds: number;
  /** The daemon is ended and started again; Redis alone is; or both, as when the machine is off. */
  readonly what: "daemon" | "redis" | "machine";
}

/** A time in which a schedule is paused, or all ("|"). */
export interface Pause {
  readonly id: string;
  readonly fromSeconds: number;
  readonly untilSeconds: number;
}

const day = (number: number, time: string): number =>
  at(new Date(Date.UTC(2026, 2, number)).toISOString().replace("00:00:00.000", time));

/** Monday is the 30th, Wednesday the first of April. */
export const AWAY: readonly Away[] = [
  // Sunday, across Europe's change.
  { what: "daemon", fromSeconds: day(29, "00:59:50"), untilSeconds: day(29, "01:00:02") },
  { what: "redis", fromSeconds: day(30, "14:59:40"), untilSeconds: day(30, "15:00:20") },
  // Across the end of the month, in half the world.
  { what: "machine", fromSeconds: day(31, "22:40:30"), untilSeconds: day(32, "00:45:30") },
  { what: "daemon", fromSeconds: day(33, "09:14:40"), untilSeconds: day(33, "09:14:40") },
  { what: "redis", fromSeconds: day(34, "11:58:50"), untilSeconds: day(34, "12:02:10") },
];

export const PAUSES: readonly Pause[] = [
  { id: "paused", fromSeconds: day(30, "10:00:30"), untilSeconds: day(31, "10:00:30") },
  { id: "paused-through-the-night", fromSeconds: day(31, "20:00:30"), untilSeconds: day(32, "08:00:30") },
  { id: "|", fromSeconds: day(33, "20:03:30"), untilSeconds: day(33, "20:34:30") },
]; // prettier-ignore

/** Edits are made at these instants, none of them due. */
const EDIT = day(31, "14:00:20");
const EDIT_BACK = day(33, "03:03:20");
/** While the machine is off. */
const UNSEEN_EDIT = day(31, "23:31:20");

const QUEUES = ["short", "default", "long"] as const;
const CALL = { kind: "call", timeoutSeconds: 180, resultTtlSeconds: 500, failureTtlSeconds: 604_800 } as const; // prettier-ignore

function always(id: string, cron: string, parts: ScheduleParts = {}): Character {
  return { id, chapters: [{ fromSeconds: START, parts: { cron, ...parts } }] };
}

function inZone(timeZone: string, cron: string, policy: ScheduleParts["policy"] = {}): Character {
  const name = `${timeZone} ${cron} ${Object.values(policy).map((value) => JSON.stringify(value)).join(" ")}`; // prettier-ignore
  return always(name.trim().replaceAll("|", "/"), cron, { timeZone, policy });
}

function changing(id: string, ...chapters: ReadonlyArray<[number, ScheduleParts | null]>) {
  return { id, chapters: chapters.map(([fromSeconds, parts]) => ({ fromSeconds, parts })) };
}

/** Of these the jitter is asked for more room than there is, and for a little of it. */
export const [SPREAD_FAR, SPREAD_A_LITTLE] = ["spread far", "spread a little"] as const;
const [NEVER, ONE_NOON, ONE_DAY] = ["never", "one noon", "one day"] as const;
/** Nothing of these is to come at the end of the week. */
export const OVER: readonly string[] = [NEVER, ONE_NOON, ONE_DAY];

const BERLIN = "Europe/Berlin";
const LORD_HOWE = "Australia/Lord_Howe";

export const CAST: readonly Character[] = [
  always("minutely", "* * * * *"),
  always(NEVER, "0 0 30 2 *"),
  inZone(BERLIN, "* * * * *", { misfire: "skip" }),
  inZone("UTC", "*/5 * * * *", { misfire: "run_all" }),
  inZone("Europe/London", "2-59/5 * * * *", { misfire: "run_all", maxCatchup: 7 }),
  inZone("Asia/Kolkata", "*/10 * * * *", { misfire: "run_all", misfireGraceSeconds: 1_800 }),
  inZone("UTC", "*/3 * * * *", { overlap: "skip" }),
  always(SPREAD_FAR, "4-59/10 * * * *", { policy: { jitterSeconds: 3_600 } }),
  always(SPREAD_A_LITTLE, "40 * * * *", { timeZone: LORD_HOWE, policy: { jitterSeconds: 90 } }),
  inZone("UTC", "15 23 * * *", { misfireGraceSeconds: 3_600 }),
  inZone("UTC", "0 * * * *"),
  inZone(LORD_HOWE, "15 * * * *"),
  inZone(BERLIN, "0 */2 * * *"),
  inZone(BERLIN, "*/15 1-3 * * *"),
  inZone(BERLIN, "30 2 * * *"),
  inZone(BERLIN, "30 2 * * *", { dst: { gap: "skip", overlap: "first" } }),
  inZone("Europe/Paris", "0,30 8-18 * * 1-5"),
  inZone(LORD_HOWE, "45 1 * * *"),
  inZone(LORD_HOWE, "45 1 * * *", { dst: { gap: "run_after", overlap: "both" } }),
  inZone("Australia/Sydney", "30 2 * * *", { dst: { gap: "run_after", overlap: "last" } }),
  inZone("Pacific/Auckland", "*/20 2 * * *"),
  inZone("America/New_York", "0 9 * * *"),
  inZone("America/New_York", "0 6 * * 1"),
  inZone("Asia/Kolkata", "0 0 1 * *"),
  inZone("America/Los_Angeles", "59 23 L * *"),
  inZone("Pacific/Auckland", "0 3 * * 4#1"),
  always(ONE_NOON, "0 12 1 4 * 2026", { timeZone: BERLIN }),
  inZone(BERLIN, "30 1 * * 0 2026"),
  inZone("UTC", "15,45 */10 * * * * *"),
  always(ONE_DAY, "*/20 0 2 29 3 * 2026", { timeZone: BERLIN }),
  always("paused", "*/10 * * * *"),
  always("paused-through-the-night", "*/10 * * * *"),
  changing(
    "edited",
    [START, { cron: "*/10 * * * *" }],
    [EDIT, { cron: "7-59/10 * * * *", timeZone: BERLIN }],
    [EDIT_BACK, { cron: "*/10 * * * *" }],
  ),
  changing(
    "moved",
    [START, { cron: "0 9 * * *", timeZone: "Asia/Tokyo" }],
    [EDIT, { cron: "0 9 * * *", timeZone: "America/New_York" }],
  ),
  changing(
    "disabled",
    [START, { cron: "*/15 * * * *" }],
    [EDIT, { cron: "*/15 * * * *", enabled: false }],
    [EDIT_BACK, { cron: "*/15 * * * *" }],
  ),
  changing("deleted", [START, { cron: "*/30 * * * *" }], [EDIT, null]),
  changing("added", [EDIT, { cron: "*/30 * * * *", timeZone: LORD_HOWE }]),
  changing(
    "other queue",
    [START, { cron: "*/20 * * * *", queue: "short" }],
    [EDIT, { cron: "*/20 * * * *", queue: "long" }],
    [UNSEEN_EDIT, { cron: "*/20 * * * *", queue: "default" }],
  ),
  changing(
    "edited unseen",
    [START, { cron: "*/10 * * * *" }],
    [UNSEEN_EDIT, { cron: "7-59/10 * * * *" }],
  ),
  changing(
    "disabled unseen",
    [START, { cron: "*/10 * * * *" }],
    [UNSEEN_EDIT, { cron: "*/10 * * * *", enabled: false }],
  ),
  changing("deleted unseen", [START, { cron: "*/10 * * * *" }], [UNSEEN_EDIT, null]),
];

/** All that are known at an instant, each with a name of its present chapter; a job carries the id and the chapter's number. */
export function partsAt(atSeconds: number): ReadonlyArray<{ name: string; parts: ScheduleParts }> {
  return CAST.flatMap(({ id, chapters }, index) => {
    const number = chapters.findLastIndex(({ fromSeconds }) => fromSeconds <= atSeconds);
    const parts = chapters[number]?.parts ?? null;
    if (parts === null) return [];
    const queue = QUEUES[index % QUEUES.length] ?? "default";
    const call = packCall({ args: [id, number], kwargs: new PyDict() });
    const work = { ...CALL, function: "faults.count", call };
    return [{ name: `${id} ${number}`, parts: { id, queue, ...parts, work } }];
  });
}
