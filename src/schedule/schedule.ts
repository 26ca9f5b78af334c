/** A schedule as every part behind the sources knows it: checked, compiled, with its problem if it has one. */
import { createHash } from "node:crypto";
import { describeError } from "../base/errors.ts";
import { CronError } from "../cron/cron-error.ts";
import type { ExpressionCache } from "../cron/expression-cache.ts";
import type { CronExpression } from "../cron/expression.ts";
import { ZoneError } from "../cron/zone.ts";
import type { Zone } from "../cron/zone.ts";
import { findZone } from "../cron/zone-data.ts";
import type { ZoneData } from "../cron/zone-data.ts";
import type { Policy } from "./policy.ts";

/** A Python call that we pickle ourselves. */
export interface CallWork {
  readonly kind: "call";
  /** Dotted path that the worker imports. */
  readonly function: string;
  /** Its arguments, as `packCall` gives them. */
  readonly call: string;
  readonly timeoutSeconds: number;
  readonly resultTtlSeconds: number;
  readonly failureTtlSeconds: number;
}

/** A BTU Task of a Frappe site. */
export interface BtuTaskWork {
  readonly kind: "btu_task";
  readonly taskId: string;
  readonly timeoutSeconds: number;
  /** The site's app (15.1.1 or newer) runs a task by its id, so the job can be built here. */
  readonly runsById: boolean;
  /** The site's Redis is out of our reach: only Frappe itself can put the job on its queue. */
  readonly isRemote?: true;
}

/** What a schedule runs. */
export type Work = CallWork | BtuTaskWork;

/** What a source read of one schedule, before it is checked. */
export interface ScheduleInput {
  readonly id: string;
  /** What people call the thing that runs: a BTU Task's id or a dotted path. */
  readonly task: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly cron: string | null;
  /** The zone after the source's own rules; null when none is known. */
  readonly timeZone: string | null;
  /** Which rule gave the zone, for `btu list`. */
  readonly zoneRule: string;
  /** Queue name without a bench prefix. */
  readonly queue: string;
  readonly work: Work | null;
  readonly policy: Policy;
  /** What the source itself found wrong. */
  readonly problem: string | null;
}

/** One schedule. When `problem` is not null it never fires. */
export interface Schedule {
  readonly id: string;
  readonly task: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly cron: string;
  readonly timeZone: string;
  readonly zoneRule: string;
  readonly queue: string;
  readonly policy: Policy;
  readonly work: Work | null;
  readonly timing: Timing | null;
  readonly problem: string | null;
  /** Short hashes of what decides when it is due and of what is run. */
  readonly timingFingerprint: string;
  readonly workFingerprint: string;
}

/** Schedules by their ids. */
export interface ScheduleSet {
  get(id: string): Schedule | undefined;
  values(): Iterable<Schedule>;
}

/** When a schedule is due. */
export interface Timing {
  readonly expression: CronExpression;
  readonly zone: Zone;
  /** What to tell of the zone's name; null when it is spelled as the zone data have it. */
  readonly zoneWarning: string | null;
}

/** What `defineSchedule` looks things up in. */
export interface DefineTools {
  readonly expressions: ExpressionCache;
  readonly zones: ZoneData;
}

/** Twelve characters of base64. */
const FINGERPRINT_BYTES = 9;
/** Frappe names and cron texts are at most 140 characters; a file may be a little more generous. */
const ID_LENGTH_MAX = 200;

function fingerprint(...parts: readonly unknown[]): string {
  const digest = createHash("sha1").update(JSON.stringify(parts)).digest();
  // A slice of the whole text would keep the whole text in memory.
  return digest.subarray(0, FINGERPRINT_BYTES).toString("base64url");
}

function idProblem(id: string): string | null {
  if (id === "") return "the schedule has no id";
  if (id.includes("|"))
    return `the id "${id}" holds a "|", which separates id and time on the agenda`;
  if (id.length > ID_LENGTH_MAX) return `the id is longer than ${ID_LENGTH_MAX} characters`;
  return null;
}

/**
 * Checks a row and compiles its times; whatever is wrong with it becomes its `problem`. Gives back `known`, what the last
 * read made of the same row, when nothing has changed: 100,000 rows are read again and again.
 */
export function defineSchedule(
  input: ScheduleInput,
  tools: DefineTools,
  known?: Schedule,
): Schedule {
  if (known !== undefined && isUnchanged(known, input, tools)) return known;
  const found = define(input, tools);
  return known !== undefined && isSame(known, found) ? known : found;
}

/** Whether a sound row says what it said before; false when that takes a closer look. */
function isUnchanged(known: Schedule, input: ScheduleInput, { zones }: DefineTools): boolean {
  return (
    known.problem === null &&
    input.problem === null &&
    isSameText(known, input) &&
    known.cron === input.cron &&
    known.policy === input.policy &&
    isSameWork(known.work, input.work) &&
    input.timeZone !== null &&
    known.timing?.zone === findZone(zones, input.timeZone) &&
    known.timing.zoneWarning === zoneWarning(known.timing.zone, input.timeZone)
  );
}

type Texts = Pick<Schedule, "id" | "task" | "description" | "enabled" | "zoneRule" | "queue">;

function isSameText(a: Texts, b: Texts): boolean {
  return (
    a.id === b.id &&
    a.task === b.task &&
    a.description === b.description &&
    a.enabled === b.enabled &&
    a.zoneRule === b.zoneRule &&
    a.queue === b.queue
  );
}

function isSameWork(a: Work | null, b: Work | null): boolean {
  return a === b || Bun.deepEquals(a, b, true);
}

/** Some programs take names of zones in one letter case only. */
function zoneWarning({ name }: Zone, asked: string): string | null {
  return name === asked ? null : `the time zone "${asked}" is spelled "${name}"`;
}

function isSame(a: Schedule, b: Schedule): boolean {
  return (
    isSameText(a, b) &&
    a.timingFingerprint === b.timingFingerprint &&
    a.workFingerprint === b.workFingerprint &&
    a.timing?.zone === b.timing?.zone &&
    a.problem === b.problem
  );
}

function define(input: ScheduleInput, tools: DefineTools): Schedule {
  const timing = compileTiming(input, tools);
  const isTimed = typeof timing !== "string";
  const problem =
    input.problem ??
    idProblem(input.id) ??
    (isTimed ? null : timing) ??
    (input.work === null ? "nothing to run is given" : null);
  const schedule: Schedule = {
    id: input.id,
    task: input.task,
    description: input.description,
    enabled: input.enabled,
    ...(isTimed ? timing.texts : { cron: input.cron ?? "", timeZone: input.timeZone ?? "" }),
    zoneRule: input.zoneRule,
    queue: input.queue,
    policy: input.policy,
    work: input.work,
    timing: isTimed ? timing.timing : null,
    problem,
    timingFingerprint: isTimed ? timing.fingerprint : timingFingerprint(input),
    workFingerprint: workFingerprint(input),
  };
  if (input.work !== null) lastOfWork.set(input.work, schedule);
  return schedule;
}

/** When a schedule is due, and the fingerprint of that. */
interface Compiled {
  /** Equal texts are one text: each read makes them anew. */
  readonly texts: { readonly cron: string; readonly timeZone: string };
  readonly timing: Timing;
  readonly fingerprint: string;
}

/** Thousands of schedules are due alike: they share one object, by their expression, zone and DST policy. */
const compiled = new WeakMap<CronExpression, Map<string, Compiled>>();

function compileTiming(
  input: ScheduleInput,
  { expressions, zones }: DefineTools,
): Compiled | string {
  const { cron, timeZone, policy } = input;
  if (cron === null || cron.trim() === "") return "the schedule has no cron text";
  if (timeZone === null) return "the schedule has no time zone, and none is configured";
  try {
    const expression = expressions.get(cron);
    const zone = zones.find(timeZone);
    const known = compiled.get(expression) ?? new Map<string, Compiled>();
    compiled.set(expression, known);
    const key = [timeZone, policy.dst.gap, policy.dst.overlap].join(" ");
    const before = known.get(key);
    // New zone data make a new zone.
    if (before?.timing.zone === zone) return before;
    const found = {
      texts: { cron, timeZone: zone.name },
      timing: { expression, zone, zoneWarning: zoneWarning(zone, timeZone) },
      fingerprint: timingFingerprint(input),
    };
    known.set(key, found);
    return found;
  } catch (error) {
    if (error instanceof CronError || error instanceof ZoneError) return describeError(error);
    throw error;
  }
}

function timingFingerprint({ cron, timeZone, policy }: ScheduleInput): string {
  return fingerprint(cron, timeZone, policy.dst);
}

/** The last schedule of each piece of work: those that run the same task mostly agree in the rest, too. */
const lastOfWork = new WeakMap<Work, Schedule>();

function workFingerprint({ work, queue, policy }: ScheduleInput): string {
  const last = work === null ? undefined : lastOfWork.get(work);
  if (last?.queue === queue && last.policy === policy) return last.workFingerprint;
  return fingerprint(work, queue, { ...policy, dst: null });
}
