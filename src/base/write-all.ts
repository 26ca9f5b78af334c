/** Output that is complete: the runtime's own stream loses what is pending when the process ends. */
import { writeSync } from "node:fs";
import { codeOf } from "./errors.ts";

/** A reader that does not read for this long is given up on. */
const STUCK_AFTER_TRIES = 2_000;
const TRY_EVERY_MS = 5;

/**
 * Writes the whole text to an open file descriptor.
 *
 * @returns false when nobody reads any more (EPIPE, or stuck for 10 seconds).
 * @throws the system's error for anything else, such as a full disk.
 */
export function writeAll(handle: number, text: string): boolean {
  const bytes = Buffer.from(text, "utf8");
  let offset = 0;
  for (let tries = 0; offset < bytes.length;) {
    try {
      offset += writeSync(handle, bytes, offset);
      tries = 0;
    } catch (error) {
      const code = codeOf(error);
      if (code === "EPIPE") return false;
      // The descriptor is shared with others who may have made it non-blocking.
      if (code !== "EAGAIN") throw error;
      tries += 1;
      if (tries > STUCK_AFTER_TRIES) return false;
      Bun.sleepSync(TRY_EVERY_MS);
    }
  }
  return true;
}
