/** A schedule as every part behind the sources knows it: checked, compiled, with its problem if it has one. */
import { createHash } from "node:crypto";
import { describeError } from "../base/errors.ts";
import { CronError } from "../cron/cron-error.ts";
import type { ExpressionCache } from "../cron/expression-cache.ts";
import type { CronExpression } from "../cron/expression.ts";
import { ZoneError } from "../cron/zone.ts";
import type { Zone } from "../cron/zone.ts";
import type { ZoneData } from "../cron/zone-data.ts";
import { encodePickle } from "../pickle/encode.ts";
import { PyTuple } from "../pickle/value.ts";
import type { PickleValue, PyDict } from "../pickle/value.ts";
import type { Policy } from "./policy.ts";

/** A Python call that we pickle ourselves. */
export interface CallWork {
  readonly kind: "call";
  /** Dotted path that the worker imports. */
  readonly function: string;
  readonly args: readonly PickleValue[];
  readonly kwargs: PyDict;
  readonly timeoutSeconds: number;
  readonly resultTtlSeconds: number;
  readonly failureTtlSeconds: number;
}

/** A BTU Task of a Frappe site. */
export interface BtuTaskWork {
  readonly kind: "btu_task";
  readonly taskId: string;
  readonly timeoutSeconds: number;
  /** The site's app (15.1 or newer) runs a task by its id, so the job can be built here. */
  readonly runsById: boolean;
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

/** When a schedule is due. */
export interface Timing {
  readonly expression: CronExpression;
  readonly zone: Zone;
}

/** What `defineSchedule` looks things up in. */
export interface DefineTools {
  readonly expressions: ExpressionCache;
  readonly zones: ZoneData;
}

const FINGERPRINT_LENGTH = 12;
/** Frappe names and cron texts are at most 140 characters; a file may be a little more generous. */
const ID_LENGTH_MAX = 200;

function fingerprint(...parts: readonly unknown[]): string {
  const hash = createHash("sha1").update(JSON.stringify(parts));
  return hash.digest("base64url").slice(0, FINGERPRINT_LENGTH);
}

/** What is run, in a form that is equal for equal calls. */
function workText(work: Work | null): string {
  if (work?.kind !== "call") return JSON.stringify(work);
  const { args, kwargs, ...rest } = work;
  const call = encodePickle(new PyTuple([new PyTuple(args), kwargs]));
  return JSON.stringify({ ...rest, call: Buffer.from(call).toString("base64") });
}

function idProblem(id: string): string | null {
  if (id === "") return "the schedule has no id";
  if (id.includes("|"))
    return `the id "${id}" holds a "|", which separates id and time on the agenda`;
  if (id.length > ID_LENGTH_MAX) return `the id is longer than ${ID_LENGTH_MAX} characters`;
  return null;
}

/** Checks a row and compiles its times; whatever is wrong with it becomes its `problem`. */
export function defineSchedule(input: ScheduleInput, tools: DefineTools): Schedule {
  const timing = compileTiming(input, tools);
  const problem =
    input.problem ??
    idProblem(input.id) ??
    (typeof timing === "string" ? timing : null) ??
    (input.work === null ? "nothing to run is given" : null);
  const { policy, work, queue } = input;
  return {
    id: input.id,
    task: input.task,
    description: input.description,
    enabled: input.enabled,
    cron: input.cron ?? "",
    timeZone: typeof timing === "string" ? (input.timeZone ?? "") : timing.zone.name,
    zoneRule: input.zoneRule,
    queue,
    policy,
    work,
    timing: typeof timing === "string" ? null : timing,
    problem,
    timingFingerprint: fingerprint(input.cron, input.timeZone, policy.dst),
    workFingerprint: fingerprint(workText(work), queue, { ...policy, dst: null }),
  };
}

function compileTiming(input: ScheduleInput, { expressions, zones }: DefineTools): Timing | string {
  if (input.cron === null || input.cron.trim() === "") return "the schedule has no cron text";
  if (input.timeZone === null) return "the schedule has no time zone, and none is configured";
  try {
    return { expression: expressions.get(input.cron), zone: zones.find(input.timeZone) };
  } catch (error) {
    if (error instanceof CronError || error instanceof ZoneError) return describeError(error);
    throw error;
  }
}
