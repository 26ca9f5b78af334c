/** Initialised data folders of database servers, made once and copied for each test. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { mustRun } from "./child.ts";

/** The project's folder for what can be made again; git ignores it. */
export const CACHE_DIR = resolve(import.meta.dir, "../../.cache");

/** The folder `.cache/<name>`, filled by `make` when it is not there yet. */
export async function templateDir(
  name: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(CACHE_DIR, name);
  if (existsSync(folder)) return folder;
  // Beside its place first: other test processes may be at it too, and a half one must not be taken for whole.
  const building = `${folder}.${process.pid}.new`;
  mkdirSync(dirname(folder), { recursive: true });
  rmSync(building, { recursive: true, force: true });
  await make(building);
  try {
    renameSync(building, folder);
  } catch (error) {
    rmSync(building, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

/** Copies a folder, sharing its blocks where the file system can. */
export async function copyDir(from: string, to: string): Promise<void> {
  await mustRun({ command: ["cp", "-r", "--reflink=auto", from, to] });
}
