/** What must be read from the three sites of test/fixtures/frappe, row by row, on any database. */

/** A schedule as it is read and checked. */
export interface FixtureRow {
  readonly id: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly zoneRule: string;
  readonly enabled: boolean;
  readonly task: string;
  readonly queue: string;
  /** Seconds; null where nothing can run. */
  readonly timeout: number | null;
  /** A part of it; null for none. */
  readonly problem: string | null;
}

type Short = readonly [id: string, cron: string, timeZone: string, zoneRule: string];
type More = Partial<Pick<FixtureRow, "enabled" | "task" | "queue" | "timeout" | "problem">>;

const LA = "America/Los_Angeles";
const NY = "America/New_York";
const QUOTES = 'TS-O\'Brien "Q" `B` \\n';
const UNICODE = "TS-Überprüfung-日本語-🚀";
const SIX_FIELDS = "field 6 is the year";
const NIGHTLY = { task: "BTU-00002", queue: "long", timeout: 7200 };
/** Its duration is 0: the app's own default counts. */
const CHECK = { task: "BTU-00003", timeout: 3600 };
const NOTHING = { task: "", timeout: null, problem: "the schedule names no BTU Task" };

function row([id, cron, timeZone, zoneRule]: Short, more: More = {}): FixtureRow {
  const usual = {
    enabled: true,
    task: "BTU-00001",
    queue: "default",
    timeout: 600,
    problem: null,
  };
  return { id, cron, timeZone, zoneRule, ...usual, ...more };
}

/** BTU 14: zones stand in BTU Configuration, and rows made from hour and day are stored in UTC. */
const V14 = [
  row(["TS-000001", "*/5 * * * *", LA, "btu_configuration"]),
  row(["TS-000002", "0 8 * * *", NY, "legacy_rebuilt"], NIGHTLY),
  row(["TS-000003", "30 22 * * Sun", NY, "legacy_rebuilt"], NIGHTLY),
  row(["TS-000004", "0 0 * * *", LA, "btu_configuration"], { enabled: false }),
  row(["TS-000005", "", LA, "btu_configuration"], NOTHING),
  row(["TS-000006", "61 25 * * *", LA, "btu_configuration"], { problem: "outside 0-59" }),
  row(["TS-000007", "0 30 9 * * 1", LA, "btu_configuration"], { problem: SIX_FIELDS }),
  row(["TS-000008", "0 30 9 * * Mon-Fri 2030", LA, "btu_configuration"]),
  row([QUOTES, "15 2 * * *", LA, "btu_configuration"], CHECK),
  row([UNICODE, "0 12 * * 1-5", LA, "btu_configuration"], CHECK),
  row(["TS-1", "15 * * * *", NY, "legacy_rebuilt"]),
  row(["TS-10", "45 * * * *", NY, "legacy_rebuilt"]),
  row(["TS-000013", " 0\t12  * * * ", LA, "btu_configuration"]),
  row(["TS-000014", "", LA, "btu_configuration"], { problem: "no cron text" }),
  row(["TS-000015", "0 6 1 * *", LA, "btu_configuration"], {
    task: "BTU-99999",
    timeout: null,
    problem: 'the BTU Task "BTU-99999" does not exist',
  }),
  row(["TS-000016", "0 0 30 2 *", LA, "btu_configuration"]),
];

/** BTU 15.2, upgraded from 14: schedules have zones, but for rows that nobody saved since. */
const V152 = [
  row(["TS-000001", "0 8 * * *", NY, "schedule"], NIGHTLY),
  row(["TS-000002", "0 8 * * *", NY, "legacy_rebuilt"], NIGHTLY),
  row(["TS-000003", "*/10 6-18 * * *", LA, "btu_configuration"]),
  row(["TS-000004", "0 0 * * *", "UTC", "schedule"], { enabled: false }),
  row(["TS-000005", "", LA, "btu_configuration"], NOTHING),
  row(["TS-000006", "0 9 * * *", "Mars/Olympus_Mons", "schedule"], {
    problem: "unknown time zone 'Mars/Olympus_Mons'",
  }),
  row(["TS-000007", "0 9 * * *", NY, "schedule"]),
  row(["TS-000008", "30 2 * * *", "US/Eastern", "schedule"]),
  row(["TS-000009", "30 1 * * *", NY, "schedule"]),
  row(["TS-000010", "15 2 * * *", "Australia/Lord_Howe", "schedule"]),
  row(["TS-000011", "0 6 1 JAN *", "Asia/Kathmandu", "schedule"]),
  row(["TS-000012", "0 30 9 * * 1", "Europe/Berlin", "schedule"], { problem: SIX_FIELDS }),
  row(["TS-000013", "0 30 9 * * Mon-Fri 2030", "Europe/Berlin", "schedule"]),
  row(["TS-000014", "@daily", "Europe/Berlin", "schedule"]),
  row([QUOTES, "15 2 * * *", NY, "schedule"]),
  row([UNICODE, "0 12 * * 1-5", "Asia/Tokyo", "schedule"]),
];

/** BTU 16, fresh: every schedule has a zone, but for those that were put in past the app. */
const V16 = [
  row(["TS-000001", "0 8 * * 1-5", NY, "schedule"], NIGHTLY),
  row(["TS-000002", "0 13 * * *", NY, "system_settings"]),
  row(["TS-000003", "*/10 6-18 * * *", NY, "system_settings"]),
  row(["TS-000004", "0 0 * * *", "UTC", "schedule"], { enabled: false }),
  row(["TS-000005", "", NY, "system_settings"], NOTHING),
  row(["TS-000006", "0 9 * * *", "Mars/Olympus_Mons", "schedule"], {
    problem: "unknown time zone 'Mars/Olympus_Mons'",
  }),
  row(["TS-000007", "every day at noon", "UTC", "schedule"], { problem: "has 4 fields" }),
  row(["TS-000008", "0 9 1 * 1", "Europe/Berlin", "schedule"]),
  row(["TS-000009", "0 9 * * 0,7", "Europe/Berlin", "schedule"]),
  row(["TS-000010", "0 30 9 * * 1", "Europe/Berlin", "schedule"], { problem: SIX_FIELDS }),
  row(["TS-000011", "0 30 9 * * Mon-Fri 2030", "Europe/Berlin", "schedule"]),
  row(["TS-000012", "*/15 * * * *", NY, "schedule"]),
  row([QUOTES, "15 2 * * *", NY, "schedule"]),
  row([UNICODE, "0 12 * * 1-5", "Asia/Tokyo", "schedule"]),
  row(["TS-1", "15 * * * *", "UTC", "schedule"]),
  row(["TS-10", "45 * * * *", "UTC", "schedule"]),
];

/** The sites by the names of their databases, or schemas. */
export const FIXTURE_SITES: ReadonlyArray<{
  readonly site: string;
  readonly generation: string;
  readonly runsById: boolean;
  readonly rows: readonly FixtureRow[];
}> = [
  { site: "btu_fix_v14", generation: "14 or older, or early 15", runsById: false, rows: V14 },
  { site: "btu_fix_v152", generation: "15.1.1 or newer, upgraded", runsById: true, rows: V152 },
  { site: "btu_fix_v16", generation: "16 or newer", runsById: true, rows: V16 },
];
