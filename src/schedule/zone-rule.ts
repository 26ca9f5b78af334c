/** Which zone a BTU row's cron text is in: the app changed its mind over the years, and old rows remain. */

/** The zones a site is configured with; null where there is none. */
export interface SiteZones {
  /** BTU Configuration.cron_time_zone; a row of it may outlive the field. */
  readonly btuConfiguration: string | null;
  /** System Settings.time_zone, or its copy among the defaults. */
  readonly systemSettings: string | null;
}

/** How the zone was found. */
export type ZoneRule =
  | "schedule"
  | "btu_configuration"
  | "system_settings"
  | "utc_default"
  | "legacy_rebuilt"
  | "legacy_utc";

/** What to do with rows that an old app stored in UTC of the day they were saved. */
export type LegacyUtcRows = "rebuild" | "strict";

/** The columns of a row that matter here; null where absent or NULL. */
export interface ZoneColumns {
  readonly cronString: string | null;
  readonly cronTimeZone: string | null;
  readonly runFrequency: string | null;
  readonly dayOfWeek: string | null;
  readonly dayOfMonth: number;
  readonly month: string | null;
  readonly hour: string | null;
  readonly minute: number;
}

/** The cron text, its zone, and the rule that gave them. */
export interface ZonedCron {
  readonly cron: string | null;
  readonly timeZone: string;
  readonly rule: ZoneRule;
}

function isBlank(text: string | null): text is null {
  return text === null || text.trim() === "";
}

const CRON_STYLE = "cron style";

/**
 * Applies the rules in their order:
 *
 * 1. The row's own zone.
 * 2. None, and the row was written as cron text: the zone of BTU Configuration, else of System Settings, else UTC.
 * 3. None, and the row was made from hour and day: its cron text is in UTC of the day it was saved. Rebuilt from hour and
 *    day in the zone of System Settings, or, where that cannot be done or is not wished, taken as UTC.
 *
 * A row is never shifted twice.
 */
export function zonedCron(
  row: ZoneColumns,
  zones: SiteZones,
  legacyUtcRows: LegacyUtcRows,
): ZonedCron {
  const cron = row.cronString;
  if (!isBlank(row.cronTimeZone)) {
    return { cron, timeZone: row.cronTimeZone.trim(), rule: "schedule" };
  }
  const frequency = row.runFrequency?.trim().toLowerCase() ?? "";
  if (frequency === "" || frequency === CRON_STYLE) return { cron, ...siteZone(zones) };
  const timeZone = zones.systemSettings;
  const rebuilt =
    legacyUtcRows === "strict" || isBlank(timeZone) ? null : rebuildCron(frequency, row);
  return rebuilt === null || isBlank(timeZone)
    ? { cron, timeZone: "UTC", rule: "legacy_utc" }
    : { cron: rebuilt, timeZone, rule: "legacy_rebuilt" };
}

function siteZone({ btuConfiguration, systemSettings }: SiteZones): Omit<ZonedCron, "cron"> {
  if (!isBlank(btuConfiguration)) {
    return { timeZone: btuConfiguration, rule: "btu_configuration" };
  }
  if (!isBlank(systemSettings)) return { timeZone: systemSettings, rule: "system_settings" };
  return { timeZone: "UTC", rule: "utc_default" };
}

function hourOf(text: string | null): string | null {
  const match = /^\s*(\d{1,2})(?:\.0*)?\s*$/.exec(text ?? "");
  return match?.[1] ?? null;
}

function weekdayOf(text: string | null): string | null {
  return isBlank(text) ? null : text.trim().slice(0, 3);
}

/**
 * The row's own hour and day as local cron text: what the person chose, right on both sides of a clock change. Parts that
 * do not belong to its frequency may be left from an earlier one and do not count. Null when a part is missing.
 */
function rebuildCron(frequency: string, row: ZoneColumns): string | null {
  const { minute, dayOfMonth } = row;
  if (frequency === "hourly") return `${minute} * * * *`;
  const hour = hourOf(row.hour);
  if (hour === null) return null;
  const days = daysOf(frequency, dayOfMonth, row);
  return days === null ? null : `${minute} ${hour} ${days}`;
}

/** Day of the month, month and weekday. */
function daysOf(frequency: string, dayOfMonth: number, row: ZoneColumns): string | null {
  const weekday = weekdayOf(row.dayOfWeek);
  const month = isBlank(row.month) ? null : row.month.trim();
  // Integer columns are never NULL: 0 stands for "not set".
  const hasDay = dayOfMonth >= 1;
  switch (frequency) {
    case "daily":
      return "* * *";
    case "weekly":
      return weekday === null ? null : `* * ${weekday}`;
    case "monthly":
      return hasDay ? `${dayOfMonth} * *` : null;
    case "yearly":
      return hasDay && month !== null ? `${dayOfMonth} ${month} *` : null;
    default:
      return null;
  }
}
