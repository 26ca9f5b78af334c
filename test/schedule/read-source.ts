/** Short ways to read a source in tests. */
import { systemClock } from "../../src/base/clock.ts";
import { ExpressionCache } from "../../src/cron/expression-cache.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { policies } from "../../src/schedule/policy.ts";
import { defineSchedule } from "../../src/schedule/schedule.ts";
import type { Schedule, ScheduleInput } from "../../src/schedule/schedule.ts";
import type { Source } from "../../src/schedule/source.ts";
import { loadText, SOURCE } from "../config/load-text.ts";
import type { FixtureRow } from "./fixture-rows.ts";

/** The zones that tests go by, the same on every machine. */
export const ZONES = openZoneData({ choice: "builtin" });

/** The policies of a configuration that says nothing of them. */
export const policyFor = policies(loadText(SOURCE).config);

/** A signal that nobody aborts. */
export const NEVER: AbortSignal = new AbortController().signal;

/** Everything that a source holds, in its order. */
export async function readAll(source: Source, signal = NEVER): Promise<ScheduleInput[]> {
  return Array.fromAsync(source.read(signal));
}

/** The same, checked, by id. */
export async function readDefined(source: Source): Promise<ReadonlyMap<string, Schedule>> {
  const tools = { expressions: new ExpressionCache(), zones: ZONES };
  const all = await readAll(source);
  return new Map(all.map((input) => [input.id, defineSchedule(input, tools)]));
}

/** One schedule as it is read now. */
export async function readOne(source: Source, id: string): Promise<Schedule> {
  const found = (await readDefined(source)).get(id);
  if (found === undefined) throw new Error(`the source holds no "${id}"`);
  return found;
}

/** A schedule in the form of a fixture's row. */
export function asFixtureRow(schedule: Schedule): FixtureRow {
  const { id, cron, timeZone, zoneRule, enabled, task, queue, work, problem } = schedule;
  const timeout = work?.timeoutSeconds ?? null;
  return { id, cron, timeZone, zoneRule, enabled, task, queue, timeout, problem };
}

/** The message of what a promise rejects with. */
export async function rejection(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error("something else than an Error was thrown", { cause: error });
  }
  throw new Error("nothing was thrown");
}

/** Time as it is. */
export const CLOCK = systemClock;
