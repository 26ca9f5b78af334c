/** Folders that are gone when the test is over. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh folder; `using dir = tempDir()` removes it with all that is in it. */
export interface TempDir extends Disposable {
  readonly path: string;
  /** A path inside. */
  file(name: string): string;
}

/** Makes a fresh folder, its path short enough for a Unix socket. */
export function tempDir(): TempDir {
  const path = mkdtempSync(join(tmpdir(), "btu-"));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
