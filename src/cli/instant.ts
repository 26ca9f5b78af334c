/** Instants that people and programs type. */
import { DateTime } from "luxon";
import { luxonZone } from "../cron/zone-luxon.ts";
import type { Zone } from "../cron/zone.ts";

/** ISO 8601 with a full date; luxon would also take a time alone, which means today. */
const DATED = /^\d{4}-\d{2}-\d{2}(?:[T ]|$)/i;

/** Epoch seconds, with their fraction, of an ISO text; without an offset it is what the clocks of `zone` show. Null when it is none. */
export function parseInstant(text: string, zone: Zone): number | null {
  const trimmed = text.trim();
  if (!DATED.test(trimmed)) return null;
  const iso = trimmed.replace(" ", "T").toUpperCase();
  const found = DateTime.fromISO(iso, { zone: luxonZone(zone) });
  return found.isValid ? found.toMillis() / 1000 : null;
}
