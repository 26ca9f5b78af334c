import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { mayUse, userOf } from "../../src/cli/permissions.ts";
import type { SystemUser } from "../../src/cli/permissions.ts";
import { tempDir } from "../support/temp-dir.ts";

const STRANGER = 54_321;

function someone(id: number, groups: readonly number[] = []): SystemUser {
  return { id, name: "someone", groups: new Set(groups), groupName: "some" };
}

/** A file in a folder of its own, with these permissions. */
function place(fileMode: number, folderMode = 0o755) {
  const dir = tempDir();
  chmodSync(dir.path, 0o755);
  const folder = dir.file("run");
  mkdirSync(folder);
  const path = `${folder}/s.sock`;
  writeFileSync(path, "");
  chmodSync(path, fileMode);
  const { uid, gid } = statSync(path);
  chmodSync(folder, folderMode);
  return { path, folder, uid, gid, [Symbol.dispose]: () => dir[Symbol.dispose]() };
}

describe("mayUse", () => {
  test("a stranger may connect where everybody may write", () => {
    using found = place(0o666);
    expect(mayUse(found.path, someone(STRANGER))).toBeNull();
  });

  test("a member of the group may connect where the group may write, a stranger may not", () => {
    using found = place(0o660);
    expect(mayUse(found.path, someone(STRANGER, [found.gid]))).toBeNull();
    expect(mayUse(found.path, someone(STRANGER))).toBe(found.path);
  });

  test("a folder that lets nobody pass is the obstacle", () => {
    using found = place(0o666, 0o700);
    expect(mayUse(found.path, someone(STRANGER))).toBe(found.folder);
  });

  test("the group's bits count for its members, whatever others may", () => {
    using found = place(0o606);
    expect(mayUse(found.path, someone(STRANGER, [found.gid]))).toBe(found.path);
  });

  test("root may everything", () => {
    using found = place(0o000, 0o700);
    expect(mayUse(found.path, someone(0))).toBeNull();
  });
});

describe("userOf", () => {
  test("knows root by name", () => {
    expect(userOf({ uid: 0, gid: 0 })).toMatchObject({ id: 0, name: "root", groupName: "root" });
  });

  test("calls an id without a name by its number", () => {
    expect(userOf({ uid: STRANGER, gid: STRANGER })).toEqual({
      id: STRANGER,
      name: String(STRANGER),
      groups: new Set([STRANGER]),
      groupName: String(STRANGER),
    });
  });
});
