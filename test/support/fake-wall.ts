/** Another wall time for one real program, by libfaketime; its timers keep real time. */
import { renameSync, writeFileSync } from "node:fs";
import type { TempDir } from "./temp-dir.ts";

/** The wall time of a program that is started with `env`. */
export interface FakeWall {
  readonly env: Readonly<Record<string, string>>;
  /** From now on the program sees this instant (epoch milliseconds), and goes on from there. */
  set(wallMs: number): void;
}

const PATTERNS = ["lib*/faketime", "lib/*/faketime", "local/lib/faketime"];

function findLibrary(): string {
  for (const pattern of PATTERNS) {
    const glob = new Bun.Glob(`${pattern}/libfaketime.so.1`);
    const [found] = glob.scanSync({ cwd: "/usr", absolute: true });
    if (found !== undefined) return found;
  }
  throw new Error('libfaketime is not installed; "npm test" installs it');
}

/** Prepares a wall time, kept in a file of `dir`. */
export function fakeWall(dir: TempDir, wallMs: number): FakeWall {
  const path = dir.file("wall-time");
  const set = (nextMs: number): void => {
    const offset = ((nextMs - Date.now()) / 1000).toFixed(3);
    // The program may read at any moment.
    writeFileSync(`${path}.new`, offset.startsWith("-") ? offset : `+${offset}`);
    renameSync(`${path}.new`, path);
  };
  set(wallMs);
  return {
    env: {
      LD_PRELOAD: findLibrary(),
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    },
    set,
  };
}
