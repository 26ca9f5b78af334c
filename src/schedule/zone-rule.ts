/** Which zone a BTU row's cron text is in: the app changed its mind over the years, and old rows remain. */

/** The zones a site is configured with; null where no row exists. */
export interface SiteZones {
  /** BTU Configuration.cron_time_zone. */
  readonly btuConfiguration: string | null;
  /** System Settings.time_zone. */
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

/** Applies the rules in their order; a row is never shifted twice. */
export function zonedCron(
  row: ZoneColumns,
  zones: SiteZones,
  legacyUtcRows: LegacyUtcRows,
): ZonedCron {
  const cron = row.cronString;
  if (!isBlank(row.cronTimeZone)) {
    return { cron, timeZone: row.cronTimeZone, rule: "schedule" };
  }
  if (isBlank(row.runFrequency) || row.runFrequency === "Cron Style") {
    return { cron, ...siteZone(zones) };
  }
  const rebuilt = legacyUtcRows === "strict" ? null : rebuildCron(row);
  if (rebuilt === null) return { cron, timeZone: "UTC", rule: "legacy_utc" };
  const timeZone = zones.systemSettings ?? "UTC";
  return { cron: rebuilt, timeZone, rule: "legacy_rebuilt" };
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
 * The row's own hour and day as local cron text: what the person chose, right on both sides of a clock change. Null when a
 * part is missing.
 */
function rebuildCron(row: ZoneColumns): string | null {
  const { minute, dayOfMonth } = row;
  const hour = hourOf(row.hour);
  const weekday = weekdayOf(row.dayOfWeek);
  const month = isBlank(row.month) ? null : row.month.trim();
  if (row.runFrequency === "Hourly") return `${minute} * * * *`;
  if (hour === null) return null;
  const days: Readonly<Record<string, string | null>> = {
    Daily: "* * *",
    Weekly: weekday === null ? null : `* * ${weekday}`,
    Monthly: dayOfMonth < 1 ? null : `${dayOfMonth} * *`,
    Yearly: dayOfMonth < 1 || month === null ? null : `${dayOfMonth} ${month} *`,
  };
  const found = days[row.runFrequency ?? ""] ?? null;
  return found === null ? null : `${minute} ${hour} ${found}`;
}
