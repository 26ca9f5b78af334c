/** Schedules made in tests, as if a source had read them. */
import { ExpressionCache } from "../../src/cron/expression-cache.ts";
import { DEFAULT_DST_POLICY } from "../../src/cron/dst-policy.ts";
import { openZoneData } from "../../src/cron/zone-data.ts";
import { PyDict } from "../../src/pickle/value.ts";
import { packCall } from "../../src/schedule/packed-call.ts";
import type { Policy } from "../../src/schedule/policy.ts";
import { defineSchedule } from "../../src/schedule/schedule.ts";
import type { DefineTools, Schedule, ScheduleInput } from "../../src/schedule/schedule.ts";

/** Zones and expressions shared by all tests of a process. */
export const TOOLS: DefineTools = {
  expressions: new ExpressionCache(),
  zones: openZoneData({ choice: "builtin" }),
};

/** The defaults of the configuration. */
const POLICY: Policy = {
  misfire: "run_once",
  misfireGraceSeconds: 86_400,
  maxCatchup: 100,
  overlap: "allow",
  jitterSeconds: 0,
  dst: DEFAULT_DST_POLICY,
};

/** What a test may say of a schedule; the rest is a call of `builtins.print` every minute in UTC. */
export type ScheduleParts = Partial<Omit<ScheduleInput, "policy">> & {
  readonly policy?: Partial<Policy>;
};

/** The input that a source would give. */
export function makeInput({ policy, ...parts }: ScheduleParts = {}): ScheduleInput {
  return {
    id: "s1",
    task: "builtins.print",
    description: "",
    enabled: true,
    cron: "* * * * *",
    timeZone: "UTC",
    zoneRule: "schedule",
    queue: "default",
    work: {
      kind: "call",
      function: "builtins.print",
      call: packCall({ args: ["hello"], kwargs: new PyDict() }),
      timeoutSeconds: 180,
      resultTtlSeconds: 500,
      failureTtlSeconds: 604_800,
    },
    policy: { ...POLICY, ...policy },
    problem: null,
    ...parts,
  };
}

/** A schedule. */
export function makeSchedule(parts: ScheduleParts = {}): Schedule {
  return defineSchedule(makeInput(parts), TOOLS);
}

/** Several, by id. */
export function scheduleMap(...schedules: readonly Schedule[]): Map<string, Schedule> {
  return new Map(schedules.map((schedule) => [schedule.id, schedule]));
}

/** Epoch seconds of an ISO instant. */
export function at(iso: string): number {
  return Date.parse(iso) / 1000;
}
