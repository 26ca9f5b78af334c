/** On whose clock times are shown: the schedule's own, UTC, or this machine's. */
import type { ArgsDef } from "citty";
import { shortTime, spokenTime } from "../base/times.ts";
import { UsageError } from "../base/errors.ts";
import { zonedText } from "../cron/instant-text.ts";
import type { CliContext } from "./context.ts";
import type { Flags } from "./flags.ts";
import { openZones } from "./zones.ts";

/** The flags. */
export const TIME_ARGS = {
  utc: { type: "boolean", description: "Times in UTC" },
  local: { type: "boolean", description: "Times on the clock of this machine" },
} as const satisfies ArgsDef;

/** Shows an instant that is known in UTC and, where it belongs to a zone, on the clock of that zone; ISO texts. */
export type ShowTime = (utc: string, zoned: string | null) => string;

/** Below this width times are told in short. */
export const LONG_TIMES_WIDTH = 120;

/** The ISO text on the chosen clock. */
function chooseClock(
  flags: Flags<"utc" | "local">,
  context: CliContext,
  isLocalUsual: boolean,
): (utc: string, zoned: string | null) => string {
  if (flags.on("utc") && flags.on("local")) throw new UsageError("either --utc or --local");
  if (flags.on("utc")) return (utc) => utc;
  if (!flags.on("local") && !isLocalUsual) return (utc, zoned) => zoned ?? utc;
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const zone = openZones("auto", context.env).find(timeZone);
  return (utc) => zonedText(Date.parse(utc) / 1000, zone);
}

/**
 * How times are shown, after the flags and the room there is; where no flag tells, on the schedule's clock, or with
 * `isLocalUsual` on this machine's.
 *
 * @throws UsageError when both flags are given.
 */
export function timeShower(
  flags: Flags<"utc" | "local">,
  context: CliContext,
  { isLocalUsual = false, isShort }: { isLocalUsual?: boolean; isShort?: boolean } = {},
): ShowTime {
  const isoOf = chooseClock(flags, context, isLocalUsual);
  const nowMs = context.clock.nowMs();
  const short = isShort ?? context.output.width < LONG_TIMES_WIDTH;
  return (utc, zoned) => {
    const iso = isoOf(utc, zoned);
    return short ? shortTime(iso, nowMs) : spokenTime(iso);
  };
}
