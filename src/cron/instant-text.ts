/** Instants as ISO text, for programs and for those who print many: luxon is a hundred times slower. */
import { wallText } from "./calendar.ts";
import { offsetAt } from "./zone.ts";
import type { ZoneTable } from "./zone.ts";

/** `+05:30` as `short`, `+5:30` as `narrow`, `+0530` as `techie`. */
export function offsetText(offsetSeconds: number, format: "short" | "narrow" | "techie"): string {
  const total = Math.round(Math.abs(offsetSeconds) / 60);
  const sign = offsetSeconds < 0 ? "-" : "+";
  const hours = Math.floor(total / 60);
  const minutes = total % 60;
  const [hoursText, minutesText] = [hours, minutes].map((part) => String(part).padStart(2, "0"));
  if (format === "narrow") return `${sign}${hours}${minutes === 0 ? "" : `:${minutesText}`}`;
  return `${sign}${hoursText}${format === "short" ? ":" : ""}${minutesText}`;
}

/** `2026-03-08T07:00:00Z`. */
export function utcText(atSeconds: number): string {
  return `${wallText(atSeconds)}Z`;
}

/** What the clocks of a zone show: `2026-03-08T03:00:00-04:00`. */
export function zonedText(atSeconds: number, zone: ZoneTable): string {
  const offset = offsetAt(zone, atSeconds);
  return `${wallText(atSeconds + offset)}${offsetText(offset, "short")}`;
}
