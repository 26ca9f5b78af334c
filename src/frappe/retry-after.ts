/** How long a server wants to be left alone: the header Retry-After. */

/** A site that asks for more is asked again all the same: jobs wait. */
const WAIT_MAX_MS = 60_000;

/** Milliseconds to wait; null where the header is missing, unreadable or of the past. Seconds or a date, as HTTP has it. */
export function retryAfterMs(header: string | null, nowMs: number): number | null {
  const text = header?.trim() ?? "";
  const isNumber = /^\d+$/.test(text);
  // A date names its zone; bare numbers and half of a date are read as anything.
  if (!isNumber && !/^\w{3}, .* GMT$/.test(text)) return null;
  const waitMs = isNumber ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return waitMs > 0 ? Math.min(waitMs, WAIT_MAX_MS) : null;
}
