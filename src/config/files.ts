/** Reading of small text files, with a bound. */
import { closeSync, openSync, readSync } from "node:fs";

/** Reads a whole text file; throws the system's error. */
export type ReadFile = (path: string) => string;

/** A configuration has a few kilobytes; more is a mistake, and a device may never end. */
const FILE_MAX_BYTES = 1_048_576;

/**
 * Reads a text file of at most 1 MiB.
 *
 * @throws the system's error, or Error when the file is longer or is not UTF-8.
 */
export function readTextFile(path: string): string {
  const handle = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(FILE_MAX_BYTES + 1);
    let length = 0;
    for (let count = -1; count !== 0 && length < bytes.length; length += count) {
      count = readSync(handle, bytes, length, bytes.length - length, null);
    }
    if (length > FILE_MAX_BYTES) throw new Error(`longer than ${FILE_MAX_BYTES} bytes`);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(0, length),
    );
  } finally {
    closeSync(handle);
  }
}
