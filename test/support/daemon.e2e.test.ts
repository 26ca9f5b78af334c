import { describe, expect, test } from "bun:test";
import packageJson from "../../package.json" with { type: "json" };
import { runBtu } from "./btu.ts";
import { startChild } from "./child.ts";
import { startDaemon } from "./daemon.ts";
import { executable } from "./executables.ts";
import { fakeWall } from "./fake-wall.ts";
import { tempDir } from "./temp-dir.ts";

describe("runBtu", () => {
  test("runs the compiled program", async () => {
    const { code, stdout } = await runBtu(["--version"]);
    expect(code).toBe(0);
    expect(stdout).toStartWith(`btu ${packageJson.version}`);
  });
});

describe("startDaemon", () => {
  test("tells at once why the daemon did not come up", () => {
    const config = 'no_such_key = "x"';
    expect(startDaemon({ config })).rejects.toThrow("btu-daemon did not come up");
  });
});

describe("fakeWall", () => {
  test("gives the executable another wall time, that can be set while it runs", async () => {
    using dir = tempDir();
    const wall = fakeWall(dir, Date.UTC(2030, 0, 1));
    const code = "setInterval(() => console.log(new Date().toISOString()), 10)";
    // The executable is Bun itself, which can be asked to be no more than that.
    const env = { ...wall.env, BUN_BE_BUN: "1" };
    await using child = startChild({ command: [executable("btu"), "-e", code], env });
    expect(await child.waitForOutput(/^20.*/m)).toStartWith("2030-01-01T00:00:0");
    wall.set(Date.UTC(2020, 5, 1));
    expect(await child.waitForOutput(/^2020.*/m)).toStartWith("2020-06-01T00:00:0");
  });
});
