import { describe, expect, test } from "bun:test";
import { detectGeneration } from "../../src/schedule/btu-generation.ts";
import type { BtuGeneration } from "../../src/schedule/btu-generation.ts";

const SCHEDULE = "tabBTU Task Schedule";
const TASK = "tabBTU Task";
const LOG = "tabBTU Task Log";
const LATER = "tabBTU Run Later";

function detected(tables: Readonly<Record<string, readonly string[]>>): BtuGeneration {
  const columns = Object.entries(tables).map(([table, names]) => [table, new Set(names)] as const);
  return detectGeneration(new Map(columns));
}

describe("the columns tell", () => {
  test.each<[string, Readonly<Record<string, readonly string[]>>, Partial<BtuGeneration>]>([
    [
      "14 and older",
      { [SCHEDULE]: ["run_frequency"], [TASK]: ["is_transient"], [LOG]: ["name"] },
      { label: "14 or older, or early 15", hasTaskTypes: false, runsById: false, enqueues: false },
    ],
    [
      "13 or 15 of late 2024",
      { [SCHEDULE]: ["run_frequency"], [TASK]: ["task_type"], [LOG]: ["name"] },
      { label: "13 or early 15, of late 2024", hasTaskTypes: true, enqueues: false },
    ],
    [
      "15.0",
      { [SCHEDULE]: ["run_frequency"], [TASK]: ["task_type"], [LOG]: ["name"], [LATER]: ["name"] },
      { label: "15.0 to 15.1.0", hasOwnZones: false, runsById: false, enqueues: true },
    ],
    [
      "15.2, upgraded",
      {
        [SCHEDULE]: ["run_frequency", "cron_timezone"],
        [TASK]: ["task_type", "is_transient"],
        [LOG]: ["rq_job_id"],
        [LATER]: ["name"],
      },
      { label: "15.1.1 or newer, upgraded", hasOwnZones: true, hasTaskTypes: true, runsById: true },
    ],
    [
      "16, fresh",
      { [SCHEDULE]: ["cron_timezone"], [TASK]: ["task_type"], [LOG]: ["rq_job_id"] },
      { label: "16 or newer", hasFrequencies: false, runsById: true, enqueues: true },
    ],
    [
      "16, where the log is hidden from us",
      { [SCHEDULE]: ["cron_timezone"], [TASK]: ["task_type"] },
      { label: "16 or newer", runsById: true, enqueues: true },
    ],
    [
      "a log that lacks the column, whatever the zones say",
      { [SCHEDULE]: ["cron_timezone"], [TASK]: [], [LOG]: ["name"] },
      { runsById: false },
    ],
    ["nothing of an empty database", {}, { hasOwnZones: false, runsById: false, enqueues: false }],
  ])("%s", (_, tables, wanted) => {
    expect(detected(tables)).toMatchObject(wanted);
  });
});
