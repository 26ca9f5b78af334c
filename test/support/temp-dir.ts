/** Folders that are gone when the test is over. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** A fresh folder; `using dir = tempDir()` removes it with all that is in it. */
export interface TempDir extends Disposable {
  readonly path: string;
  /** A path inside. */
  file(name: string): string;
}

/** `btu-tests-PID`: the folders that a process has made, a name a line. */
const LIST_NAME = /^btu-tests-(\d+)$/;
const FOLDER_NAME = /^btu-\w{6}$/;
/** Longer than any run: processes of another container, with which a folder may be shared, look dead from here. */
const LEFT_BEHIND_AFTER_MS = 3 * 3_600_000;

const LIST_PATH = join(tmpdir(), `btu-tests-${process.pid}`);

/** Names of the folders that this process has now. */
const folders = new Set<string>();
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
    const pid = Number(LIST_NAME.exec(name)?.[1] ?? process.pid);
    if (isAlive(pid)) continue;
    const list = join(root, name);
    try {
      if (statSync(list).mtimeMs >= nowMs - LEFT_BEHIND_AFTER_MS) continue;
      const names = readFileSync(list, "utf8").split("\n");
      for (const folder of names.filter((line) => FOLDER_NAME.test(line))) {
        rmSync(join(root, folder), { recursive: true, force: true });
      }
      rmSync(list, { force: true });
    } catch {
      // Another process sweeps as well, or it is another user's.
    }
  }
}

function noteFolders(): void {
  if (folders.size === 0) rmSync(LIST_PATH, { force: true });
  else writeFileSync(LIST_PATH, [...folders, ""].join("\n"));
}

/** Makes a fresh folder, its path short enough for a Unix socket and for a screen. */
export function tempDir(): TempDir {
  if (!isSwept) sweepTempDirs(tmpdir(), Date.now());
  isSwept = true;
  const path = mkdtempSync(join(tmpdir(), "btu-"));
  folders.add(basename(path));
  noteFolders();
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => {
      rmSync(path, { recursive: true, force: true });
      folders.delete(basename(path));
      noteFolders();
    },
  };
}
