/** Folders of tests: removed by whoever made them, or by a later run. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, utimesSync, writeFileSync } from "node:fs";
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
  const list = root.file(`btu-tests-${isAlive ? process.pid : await deadPid()}`);
  const folder = root.file("btu-AbCd12");
  mkdirSync(folder);
  writeFileSync(list, "btu-AbCd12\nbtu-gone42\n");
  const nowMs = Date.now();
  const made = (nowMs - ageHours * HOUR_MS) / 1000;
  utimesSync(list, made, made);
  sweepTempDirs(root.path, nowMs);
  expect([existsSync(folder), existsSync(list)]).toEqual([isKept, isKept]);
});

test("what is not listed, or is no folder of tests, is left alone, however old it is", async () => {
  using root = tempDir();
  const list = root.file(`btu-tests-${await deadPid()}`);
  const folders = ["btu-backup", "important"].map((name) => root.file(name));
  for (const folder of folders) {
    mkdirSync(folder);
    utimesSync(folder, 0, 0);
  }
  writeFileSync(list, "important\n../important\n");
  utimesSync(list, 0, 0);
  sweepTempDirs(root.path, Date.now());
  expect(folders.map((folder) => existsSync(folder))).toEqual([true, true]);
});
