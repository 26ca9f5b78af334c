/** How far back to look, as people type it. */
import { UsageError } from "../base/errors.ts";
import type { CliContext } from "./context.ts";
import { parseInstant } from "./instant.ts";
import { openZones } from "./zones.ts";

const UNIT_SECONDS: ReadonlyMap<string, number> = new Map([
  ["s", 1],
  ["m", 60],
  ["min", 60],
  ["h", 3_600],
  ["d", 86_400],
  ["w", 604_800],
]);
const LENGTH = /^(\d+) *([a-z]+)$/;
const MS_PER_SECOND = 1_000;

/**
 * Epoch seconds of `7d`, `90min` or an ISO time; without an offset that is a time on the clock of this machine.
 *
 * @throws UsageError when it is none of these.
 */
export function parseSince(flag: string, text: string, { clock, env }: CliContext): number {
  const nowSeconds = Math.floor(clock.nowMs() / MS_PER_SECOND);
  const [, count, unit = ""] = LENGTH.exec(text.trim()) ?? [];
  const size = UNIT_SECONDS.get(unit);
  if (count !== undefined && size !== undefined) return nowSeconds - Number(count) * size;
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const instant = parseInstant(text, openZones("auto", env).find(timeZone));
  if (instant !== null) return Math.floor(instant);
  throw new UsageError(
    `${flag} "${text}": expected a length such as 7d, 12h or 90min, or a time such as 2026-03-08T02:00Z`,
  );
}
