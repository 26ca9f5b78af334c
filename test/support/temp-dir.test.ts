/** Folders of tests: removed by whoever made them, or by a later run. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { runChild } from "./child.ts";
import { sweepTempDirs, tempDir } from "./temp-dir.ts";

const HOUR_MS = 3_600_000;

async function deadPid(): Promise<number> {
  const { stdout } = await runChild({ command: ["sh", "-c", "echo $$"] });
  return Number(stdout);
}

test.each([
  ["an old one of a process that is gone", { isAlive: false, ageHours: 4, isKept: false }],
  ["a young one of a process that is gone", { isAlive: false, ageHours: 1, isKept: true }],
  ["an old one of a process that lives", { isAlive: true, ageHours: 4, isKept: true }],
] as const)("%s: swept or kept as it ought to be", async (_, { isAlive, ageHours, isKept }) => {
  using root = tempDir();
  const path = join(root.path, `btu-${isAlive ? process.pid : await deadPid()}-AbCd12`);
  mkdirSync(path);
  const nowMs = Date.now();
  const made = (nowMs - ageHours * HOUR_MS) / 1000;
  utimesSync(path, made, made);
  sweepTempDirs(root.path, nowMs);
  expect(existsSync(path)).toBe(isKept);
});

test("what is not ours is left alone, however old it is", () => {
  using root = tempDir();
  const path = root.file("btu-scheduler");
  mkdirSync(path);
  utimesSync(path, 0, 0);
  sweepTempDirs(root.path, Date.now());
  expect(existsSync(path)).toBe(true);
});
