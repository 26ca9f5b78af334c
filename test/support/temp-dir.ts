/** Folders that are gone when the test is over. */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh folder; `using dir = tempDir()` removes it with all that is in it. */
export interface TempDir extends Disposable {
  readonly path: string;
  /** A path inside. */
  file(name: string): string;
}

/** `btu-PID-…`: whose it is. */
const NAME = /^btu-(\d+)-\w{6}$/;
/** Longer than any run: processes of another container, with which a folder may be shared, look dead from here. */
const LEFT_BEHIND_AFTER_MS = 3 * 3_600_000;

let isSwept = false;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Removes what runs left behind that were killed. */
export function sweepTempDirs(root: string, nowMs: number): void {
  for (const name of readdirSync(root)) {
    const pid = Number(NAME.exec(name)?.[1] ?? process.pid);
    if (isAlive(pid)) continue;
    const path = join(root, name);
    try {
      const isOld = statSync(path).mtimeMs < nowMs - LEFT_BEHIND_AFTER_MS;
      if (isOld) rmSync(path, { recursive: true, force: true });
    } catch {
      // Another process sweeps as well, or it is another user's.
    }
  }
}

/** Makes a fresh folder, its path short enough for a Unix socket. */
export function tempDir(): TempDir {
  if (!isSwept) sweepTempDirs(tmpdir(), Date.now());
  isSwept = true;
  const path = mkdtempSync(join(tmpdir(), `btu-${process.pid}-`));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
