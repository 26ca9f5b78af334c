/** The text of a schedules file, read as a whole and not in the midst of being written. */
import { isUtf8 } from "node:buffer";
import { readFile, stat } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { sleep } from "../base/clock.ts";
import type { Clock } from "../base/clock.ts";
import { codeOf, describeError } from "../base/errors.ts";
import { SourceError } from "./source-error.ts";

/** Far more than 100,000 schedules; a larger file is something else. */
const SIZE_MAX_BYTES = 64 * 1024 * 1024;
/** A file that was changed so lately may not be whole yet. */
const SETTLED_AFTER_MS = 500;
/** How often a file may change under our eyes. */
const TRIES_MAX = 10;
const NEWLINE = 0x0a;

const READ_FAULTS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such file"],
  ["ENOTDIR", "there is no such file"],
  ["EACCES", "permission denied; let the daemon's user read it"],
  ["ELOOP", "its symbolic links lead in a circle"],
]);

function unreadable(path: string, error: unknown): SourceError {
  const cause = READ_FAULTS.get(codeOf(error)) ?? describeError(error);
  return new SourceError(`read "${path}": ${cause}`);
}

function faultOf(stats: BigIntStats): string | null {
  if (stats.isDirectory()) return "it is a folder; name the file in it";
  if (!stats.isFile()) return "it is no plain file";
  if (stats.size > SIZE_MAX_BYTES) return `larger than ${SIZE_MAX_BYTES} bytes`;
  // An editor that truncates and then writes shows an empty file for a moment, which must not end all schedules.
  return stats.size === 0n
    ? "the file is empty; to have no schedules, leave a comment in it"
    : null;
}

/** What tells one state of the file from another; null while it cannot be looked at. */
function stampIn({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

/** One state of the file. */
export interface FileState {
  readonly stamp: string;
  /** When it was last written, epoch ms by the clock of its file system. */
  readonly writtenMs: number;
}

/**
 * Looks at the file, links followed.
 *
 * @throws SourceError when there is no plain file that we could take.
 */
export async function lookAt(path: string): Promise<FileState> {
  let stats: BigIntStats;
  try {
    stats = await stat(path, { bigint: true });
  } catch (error) {
    throw unreadable(path, error);
  }
  const fault = faultOf(stats);
  if (fault !== null) throw new SourceError(`read "${path}": ${fault}`);
  return { stamp: stampIn(stats), writtenMs: Number(stats.mtimeMs) };
}

/** The stamp of the file's present state; a text of its own while there is none that we could take. */
export async function stampOf(path: string): Promise<string> {
  return lookAt(path).then(
    ({ stamp }) => stamp,
    (error: unknown) => describeError(error),
  );
}

/**
 * Looks at the file once it has stood still.
 *
 * @throws as `lookAt`; Error when it never does.
 */
export async function settledState(
  path: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<FileState> {
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const state = await lookAt(path);
    const ageMs = clock.nowMs() - state.writtenMs;
    // Another machine's clock may be ahead of ours.
    if (ageMs < 0 || ageMs >= SETTLED_AFTER_MS) return state;
    await sleep(clock, SETTLED_AFTER_MS - ageMs, signal);
  }
  throw new Error(`read "${path}": it changes all the time`);
}

/** The line, from 1, that is no UTF-8. */
function badLine(bytes: Uint8Array): number {
  let start = 0;
  for (let line = 1; ; line += 1) {
    const end = bytes.indexOf(NEWLINE, start);
    if (end < 0 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}

/**
 * Reads the text of one state of the file.
 *
 * @throws SourceError when it is not to be read or is not UTF-8; Error when it has changed meanwhile.
 */
export async function readText(path: string, { stamp }: FileState): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
  if (stamp !== (await stampOf(path))) throw new Error(`read "${path}": it is being changed`);
  if (!isUtf8(bytes)) {
    throw new SourceError(`read "${path}": line ${badLine(bytes)} is not UTF-8; save it as UTF-8`);
  }
  // Drops a byte order mark.
  return new TextDecoder().decode(bytes);
}
