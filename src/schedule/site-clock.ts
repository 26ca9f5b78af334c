/** Where a site's own clock stands: Frappe writes wall time of the site's zone into its tables. */
import type { Clock } from "../base/clock.ts";
import { nowSeconds } from "../base/clock.ts";
import { offsetAt } from "../cron/zone.ts";
import { findZone } from "../cron/zone-data.ts";
import type { ZoneData } from "../cron/zone-data.ts";

/** What finding the offset needs. */
export interface SiteClockOptions {
  readonly clock: Clock;
  readonly zoneData: ZoneData;
}

/** The zone furthest behind UTC: a wall time since then is a wall time since then in any other. */
const EARLIEST_OFFSET_SECONDS = -12 * 3600;
/** A clock change within the last quarter of an hour counts with what was before it. */
const BEFORE_SECONDS = 900;

/** Seconds east of UTC in the site's zone, the smaller number around a clock change; that of the earliest zone when unknown. */
export function siteOffsetSeconds(
  zoneName: string | null,
  { clock, zoneData }: SiteClockOptions,
): number {
  const zone = zoneName === null ? null : findZone(zoneData, zoneName);
  if (zone === null) return EARLIEST_OFFSET_SECONDS;
  const atSeconds = nowSeconds(clock);
  return Math.min(offsetAt(zone, atSeconds), offsetAt(zone, atSeconds - BEFORE_SECONDS));
}

/** An instant as Frappe writes it into its tables: wall time of the site's zone; null when the zone is not known. */
export function siteTimeText(
  zoneName: string | null,
  epochMs: number,
  zoneData: ZoneData,
): string | null {
  const zone = zoneName === null ? null : findZone(zoneData, zoneName);
  if (zone === null) return null;
  const wallMs = epochMs + offsetAt(zone, Math.floor(epochMs / 1000)) * 1000;
  return new Date(wallMs).toISOString().replace("T", " ").replace("Z", "");
}
