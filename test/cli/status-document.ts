/** A status document as a daemon gives it, for tests of what is made of it. */
import type { StatusDocument } from "../../src/observe/status.ts";

/** All is well. */
export const HEALTHY: StatusDocument = {
  at: "2026-03-07T12:00:00.000Z",
  health: "healthy",
  problems: [],
  warnings: [],
  daemon: {
    name: "BTU Scheduler",
    environment: "PROD",
    version: "1.2.3",
    pid: 4711,
    started_at: "2026-03-04T08:00:00.000Z",
    config: "/etc/btu_scheduler/btu_scheduler.toml",
    zone_data: "system 2026f",
  },
  leadership: {
    daemon_id: "erp1:4711:0a1b",
    role: "leader",
    leader: "erp1:4711:0a1b",
    term: 3,
    clock_offset_ms: 4,
  },
  connections: [
    { name: "Redis 127.0.0.1:11000 db 0", problem: null, app: null },
    { name: "MariaDB 127.0.0.1:3306/_a94a8fe5ccb19ba6", problem: null, app: "16 or newer" },
  ],
  refresh: { last_at: "2026-03-07T11:59:26.000Z", took_ms: 12, every_s: 90 },
  builders: [
    {
      kind: "native",
      why: "this BTU app runs a task by its id, so no web server is needed",
      problem: null,
      advice: null,
      schedules: 3,
    },
  ],
  schedules: { total: 5, active: 3, disabled: 1, invalid: 0, never: 0, paused: 1 },
  next: [
    {
      id: "TS-000001",
      task: "Send statements",
      queue: "long",
      time_zone: "America/New_York",
      next: "2026-03-07T12:05:00Z",
      next_local: "2026-03-07T07:05:00-05:00",
    },
    {
      id: "nightly-report",
      task: "reports.nightly.run",
      queue: "default",
      time_zone: "Asia/Kolkata",
      next: "2026-03-08T20:30:00Z",
      next_local: "2026-03-09T02:00:00+05:30",
    },
  ],
  last_firings: [
    {
      schedule: "TS-000001",
      due: "2026-03-07T11:55:00Z",
      fired_at: "2026-03-07T11:55:00.004Z",
      outcome: "fired",
      queue: "long",
      job: "4b1c3a52d1f04dc8a9c5d3f4e5a6b7c8",
      reason: null,
      until: null,
      count: 1,
    },
    {
      schedule: "nightly-report",
      due: "2026-03-04T20:30:00Z",
      fired_at: "2026-03-07T08:00:01.000Z",
      outcome: "skipped_misfire",
      queue: null,
      job: null,
      reason: "missed while the daemon was down",
      until: "2026-03-05T20:30:00Z",
      count: 2,
    },
  ],
  went_wrong: [],
  lateness: { count: 412, p50_ms: 2, p99_ms: 9, max_ms: 1_400 },
};

/** Redis is down, an occurrence failed, a schedule is invalid. */
export const DEGRADED: StatusDocument = {
  ...HEALTHY,
  health: "degraded",
  problems: [
    "Redis 127.0.0.1:11000 db 0 is not available: connect ECONNREFUSED 127.0.0.1:11000",
    "nightly-report failed, due 2026-03-07T11:30:00Z: the site answered 500, ValidationError",
  ],
  warnings: ["TS-000004 is invalid: hour '25' is outside 0-23"],
  leadership: {
    daemon_id: "erp1:4711:0a1b",
    role: "leader",
    leader: "erp1:4711:0a1b",
    term: 3,
    clock_offset_ms: 4,
  },
  connections: [
    {
      name: "Redis 127.0.0.1:11000 db 0",
      problem: "connect ECONNREFUSED 127.0.0.1:11000",
      app: null,
    },
    { name: "MariaDB 127.0.0.1:3306/_a94a8fe5ccb19ba6", problem: null, app: "16 or newer" },
  ],
  went_wrong: [
    {
      schedule: "nightly-report",
      due: "2026-03-07T11:30:00Z",
      fired_at: "2026-03-07T11:40:00.000Z",
      outcome: "failed",
      queue: "default",
      job: null,
      reason: "the site answered 500, ValidationError",
      until: null,
      count: 1,
    },
  ],
  schedules: { total: 6, active: 3, disabled: 1, invalid: 1, never: 0, paused: 1 },
};
