import { describe, expect, test } from "bun:test";
import type { LedgerEntry } from "../../src/observe/ledger.ts";
import { explainWhy } from "../../src/observe/why.ts";
import type { WhyFacts } from "../../src/observe/why.ts";
import { at, makeSchedule } from "../support/schedules.ts";
import type { ScheduleParts } from "../support/schedules.ts";

const NOW = at("2026-03-07T12:00:00Z");
const DUE = at("2026-03-07T07:30:00Z");
const JOB = "4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8";
const QUEUE = { name: "bench:default", workers: 2, waiting: 0 };

function entry(parts: Partial<LedgerEntry> = {}): LedgerEntry {
  return {
    id: "1-0",
    schedule: "TS-000001",
    dueSeconds: DUE,
    firedMs: DUE * 1000 + 3,
    outcome: "fired",
    queue: "default",
    job: null,
    reason: null,
    untilSeconds: null,
    count: 1,
    ...parts,
  };
}

function facts(parts: Partial<WhyFacts> = {}, schedule: ScheduleParts = {}): WhyFacts {
  return {
    nowSeconds: NOW,
    schedule: makeSchedule({
      id: "TS-000001",
      cron: "30 2 * * *",
      timeZone: "America/New_York",
      ...schedule,
    }),
    state: "active",
    problem: null,
    dueSeconds: at("2026-03-08T07:00:00Z"),
    pause: null,
    last: null,
    recent: [],
    lastJob: null,
    queue: QUEUE,
    trouble: null,
    obstacles: [],
    notes: [],
    isTrailKnown: true,
    ...parts,
  };
}

const TWO_DAYS = { dueSeconds: DUE - 2 * 86_400, untilSeconds: DUE - 86_400, count: 2 };
const SINCE_MS = at("2026-03-06T15:00:00Z") * 1000;

function jobIs(status: string | null, waiting = 1, workers = 0): Partial<WhyFacts> {
  return {
    last: entry({ job: JOB }),
    lastJob: { id: JOB, queue: "bench:default", placedMs: DUE * 1000, status },
    queue: { ...QUEUE, waiting, workers },
  };
}

describe("why it ran or did not run last", () => {
  test.each<[string, Partial<WhyFacts>, string]>([
    ["never", {}, "It has not run yet: there is no entry of it in the ledger."],
    [
      "without Redis",
      { isTrailKnown: false },
      "What became of it last is not known: Redis could not be asked.",
    ],
    [
      "fired",
      { last: entry() },
      'It ran as planned: due Sat 2026-03-07 02:30:00 -05:00, its job was placed on queue "default" 3 ms after it was due.',
    ],
    [
      "finished",
      jobIs("finished"),
      'It ran as planned: due Sat 2026-03-07 02:30:00 -05:00, its job was placed on queue "default" 3 ms after it was due. The job has finished.',
    ],
    [
      "late",
      { last: entry({ outcome: "late", firedMs: DUE * 1000 + 20_000 }) },
      'It ran late: due Sat 2026-03-07 02:30:00 -05:00, its job was placed on queue "default" 20.0 s after it was due.',
    ],
    [
      "overlap",
      {
        last: entry({
          outcome: "skipped_overlap",
          reason: "the previous job x still waits or runs",
        }),
      },
      "It did not run: the occurrence due Sat 2026-03-07 02:30:00 -05:00 was skipped by its overlap policy: the previous job x still waits or runs.",
    ],
    [
      "missed",
      {
        last: entry({
          outcome: "skipped_misfire",
          reason: "missed, and older than the misfire grace",
          ...TWO_DAYS,
        }),
      },
      "It did not run: 2 occurrences due from Thu 2026-03-05 02:30:00 -05:00 to Fri 2026-03-06 02:30:00 -05:00 were missed, because no daemon could fire then, and they are older than the misfire grace.",
    ],
    [
      "skipped while paused",
      { last: entry({ outcome: "skipped_paused" }) },
      "It did not run: the occurrence due Sat 2026-03-07 02:30:00 -05:00 was skipped, because the schedule was paused.",
    ],
    [
      "dropped",
      { last: entry({ outcome: "dropped", reason: "edited" }) },
      "It did not run: the occurrence due Sat 2026-03-07 02:30:00 -05:00 was dropped, because the schedule was edited before its job was placed.",
    ],
    [
      "failed",
      { last: entry({ outcome: "failed", reason: "the site answered 500" }) },
      "It did not run: the occurrence due Sat 2026-03-07 02:30:00 -05:00 was given up as failed: the site answered 500.",
    ],
    [
      "handed over",
      { last: entry({ outcome: "handed_over" }) },
      "The site was told to enqueue it: due Sat 2026-03-07 02:30:00 -05:00. Whether it did is known there.",
    ],
    [
      "by hand",
      { last: entry({ outcome: "manual", reason: "asked by uid 1000", job: "j1" }) },
      "It was run by hand on Sat 2026-03-07 02:30:00 -05:00: asked by uid 1000.",
    ],
    [
      "by hand, at the site",
      { last: entry({ outcome: "manual", reason: "asked by uid 1000", job: null }) },
      "The site was told to enqueue it on Sat 2026-03-07 02:30:00 -05:00, by hand: asked by uid 1000. Whether it did is known there.",
    ],
    ["of a newer version", { last: entry({ outcome: "merged" }) }, 'Its last outcome is "merged".'],
  ])("%s", (_, parts, text) => {
    expect(explainWhy(facts(parts)).last).toBe(text);
  });

  test.each<[string | null, Partial<WhyFacts>, string]>([
    ["queued", jobIs("queued"), "The job still waits on its queue, and no worker listens there."],
    ["queued", jobIs("queued", 7, 1), "The job still waits on its queue among 7."],
    ["started", jobIs("started"), "The job runs."],
    ["failed", jobIs("failed"), `The job failed: btu job ${JOB} tells how.`],
    ["deferred", jobIs("deferred"), "The job is deferred."],
    [null, jobIs(null), "RQ keeps the job no longer: it ended, or somebody removed it."],
  ])("a job that is %p is told", (_, parts, text) => {
    expect(explainWhy(facts(parts)).last).toEndWith(`after it was due. ${text}`);
  });

  test("occurrences given up in the same step are told with their span", () => {
    const last = entry({
      outcome: "late",
      firedMs: DUE * 1000 + 3_600_000,
      reason: "missed, runs now by the policy run_once",
    });
    const missed = entry({ ...TWO_DAYS, outcome: "skipped_misfire", firedMs: last.firedMs });
    expect(explainWhy(facts({ last, recent: [last, missed] })).last).toBe(
      'It ran late: due Sat 2026-03-07 02:30:00 -05:00, its job was placed on queue "default" 1h after it was due (missed, runs now by the policy run_once). ' +
        "Before that, 2 occurrences due from Thu 2026-03-05 02:30:00 -05:00 to Fri 2026-03-06 02:30:00 -05:00 were missed and are not made up for.",
    );
  });

  test("jitter is not told as lateness", () => {
    const policy = { jitterSeconds: 60 };
    const last = entry({ firedMs: DUE * 1000 + 30_000 });
    expect(explainWhy(facts({ last }, { policy })).last).toContain("its jitter, 30.0 s after");
  });
});

describe("when it runs next", () => {
  test.each<[string, Partial<WhyFacts>, string]>([
    ["active", {}, "It runs next on Sun 2026-03-08 03:00:00 -04:00 (in 19h)."],
    ["disabled", { state: "disabled" }, "It does not run: it is disabled at its source."],
    [
      "invalid",
      { state: "invalid", problem: "hour '25' is outside 0-23" },
      "It does not run: it is invalid: hour '25' is outside 0-23.",
    ],
    [
      "never",
      { state: "never", dueSeconds: null },
      "It does not run again: no such date is left up to the end of 2099.",
    ],
    [
      "paused",
      { state: "paused", pause: { sinceMs: SINCE_MS, note: "stock-taking", isAll: false } },
      'It does not run: it is paused since Fri 2026-03-06 10:00:00 -05:00 (21h ago) ("stock-taking"); btu resume TS-000001 lets it run again. Without that it would run on Sun 2026-03-08 03:00:00 -04:00.',
    ],
    [
      "paused a moment ago, within the second",
      {
        state: "paused",
        dueSeconds: null,
        pause: { sinceMs: NOW * 1000 + 900, note: "", isAll: false },
      },
      "It does not run: it is paused since Sat 2026-03-07 07:00:00 -05:00 (now); btu resume TS-000001 lets it run again.",
    ],
    [
      "all paused",
      { state: "paused", dueSeconds: null, pause: { sinceMs: null, note: "", isAll: true } },
      "It does not run: all schedules are paused; btu resume --all lets it run again.",
    ],
    [
      "without a daemon",
      { obstacles: ["no daemon runs"] },
      "It is due next on Sun 2026-03-08 03:00:00 -04:00 (in 19h), but does not run as things are: no daemon runs.",
    ],
    [
      "waiting for its builder",
      { dueSeconds: NOW - 90, trouble: "the site is in maintenance mode" },
      "It waits: it was due Sat 2026-03-07 06:58:30 -05:00, 1min 30s ago: the site is in maintenance mode.",
    ],
    [
      "just due",
      { dueSeconds: NOW },
      "It is due at this moment, Sat 2026-03-07 07:00:00 -05:00, and its job is being placed.",
    ],
    [
      "overdue for a reason unknown",
      { dueSeconds: NOW - 30 },
      "It waits: it was due Sat 2026-03-07 06:59:30 -05:00, 30s ago: btu status may tell why.",
    ],
    [
      "built ahead in vain",
      { trouble: "the site answered 503" },
      "It runs next on Sun 2026-03-08 03:00:00 -04:00 (in 19h). Its job could not be made yet: the site answered 503.",
    ],
    [
      "without a worker",
      { queue: { ...QUEUE, workers: 0 } },
      'It runs next on Sun 2026-03-08 03:00:00 -04:00 (in 19h). No worker listens on queue "bench:default": the job will wait there.',
    ],
    [
      "on a standby",
      { notes: ["The daemon erp2:1:0a1b does the work; this one stands by."] },
      "It runs next on Sun 2026-03-08 03:00:00 -04:00 (in 19h). The daemon erp2:1:0a1b does the work; this one stands by.",
    ],
  ])("%s", (_, parts, text) => {
    expect(explainWhy(facts(parts)).next).toBe(text);
  });
});
