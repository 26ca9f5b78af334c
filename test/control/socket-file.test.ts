/** Who may take a socket's path, and what may be replaced there. */
import { describe, expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { claimSocket } from "../../src/control/socket-file.ts";
import { tempDir } from "../support/temp-dir.ts";

function claim(path: string, group: string | null = null): ReturnType<typeof claimSocket> {
  return claimSocket({ path, mode: 0o660, group });
}

/** A socket that nobody listens on any more. */
async function staleSocket(path: string): Promise<void> {
  const code = `require("net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  await Bun.spawn([process.execPath, "-e", code], { env: { ...process.env, BUN_BE_BUN: "1" } })
    .exited;
  expect(lstatSync(path).isSocket()).toBeTrue();
}

describe("a claim", () => {
  test("keeps others out, and names who holds it", () => {
    using dir = tempDir();
    const path = dir.file("btu.sock");
    const first = claim(path);
    expect(() => claim(path)).toThrow(
      `use the socket "${path}": another daemon (process ${process.pid}) has it; set socket_path to another place`,
    );
    first.release();
    claim(path).release();
    expect(existsSync(`${path}.lock`)).toBeFalse();
  });

  test("removes the socket of a daemon that is dead", async () => {
    using dir = tempDir();
    const path = dir.file("btu.sock");
    await staleSocket(path);
    const held = claim(path);
    expect(existsSync(path)).toBeFalse();
    held.release();
  });

  test("removes the socket of a busy daemon only with its lock", async () => {
    using dir = tempDir();
    const path = dir.file("btu.sock");
    const first = claim(path);
    const server = createServer().listen(path);
    expect(() => claim(path)).toThrow("another daemon");
    expect(lstatSync(path).isSocket()).toBeTrue();
    server.close();
    first.release();
  });

  test.each([
    ["a file", (path: string) => writeFileSync(path, "precious")],
    ["a folder", (path: string) => mkdirSync(path)],
    ["a link to a file", (path: string) => symlinkSync("/etc/hostname", path)],
    ["a link to nowhere", (path: string) => symlinkSync("/nonexistent", path)],
  ])("never replaces %s", (_name, make) => {
    using dir = tempDir();
    const path = dir.file("btu.sock");
    make(path);
    const before = lstatSync(path).ino;
    expect(() => claim(path)).toThrow("something else is there; remove it or set socket_path");
    expect(lstatSync(path).ino).toBe(before);
    // The next one is not kept out by a lock that nobody holds.
    expect(() => claim(path)).toThrow("something else is there");
  });

  test("does not follow another user's link in place of its lock", () => {
    using dir = tempDir();
    writeFileSync(dir.file("precious"), "data");
    symlinkSync(dir.file("precious"), dir.file("btu.sock.lock"));
    expect(() => claim(dir.file("btu.sock"))).toThrow(/use the socket ".*": .*ELOOP/);
    expect(readFileSync(dir.file("precious"), "utf8")).toBe("data");
  });

  test("of a group that does not exist is refused with the key's name", () => {
    using dir = tempDir();
    const path = dir.file("btu.sock");
    const held = claim(path, "no-such-group");
    expect(() => held.open()).toThrow(
      'give the socket to group "no-such-group": no such group; check socket_file_group_owner',
    );
    held.release();
  });

  test("in a folder that is not there says what to check", () => {
    expect(() => claim("/nonexistent/btu.sock")).toThrow(
      /use the socket "\/nonexistent\/btu.sock": .*ENOENT.*; check socket_path, and who may write there/,
    );
  });
});
