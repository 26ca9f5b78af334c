/** What the executable must not be led to do by the folder or the environment it is started in, and what it tells of itself. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { createHash } from "node:crypto";
import packageJson from "../../package.json" with { type: "json" };
import { compile } from "../../scripts/lib/compile.ts";
import { runBtu } from "../support/btu.ts";
import { runChild } from "../support/child.ts";
import { startDaemon } from "../support/daemon.ts";
import { executable, withoutOwnSettings } from "../support/executables.ts";
import { freePort } from "../support/free-port.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";

const UNIT = resolve(import.meta.dir, "../../packaging/btu_scheduler.service");
const MARK = "somebody else runs";

let dir: TempDir;

beforeAll(() => {
  dir = tempDir();
  writeFileSync(dir.file("evil.js"), `console.log("${MARK}");`);
  writeFileSync(dir.file(".env"), "BTU_SCHEDULER_RQ_PORT=4711\nBTU_SCHEDULER_LOG_LEVEL=trace\n");
  writeFileSync(
    dir.file("bunfig.toml"),
    `preload = ["./evil.js"]\n[run]\npreload = ["./evil.js"]\n`,
  );
  writeFileSync(dir.file("tsconfig.json"), `{"compilerOptions":{"paths":{"*":["./evil.js"]}}}`);
  writeFileSync(dir.file("package.json"), `{"name":"x","imports":{"#x":"./evil.js"}}`);
  for (const name of ["mysql2", "ioredis", "cardinal"]) {
    mkdirSync(dir.file(`node_modules/${name}`), { recursive: true });
    writeFileSync(dir.file(`node_modules/${name}/index.js`), `console.log("${MARK}");`);
  }
  writeFileSync(
    dir.file("btu_scheduler.toml"),
    `schedules_file = "${dir.file("schedules.toml")}"\n`,
  );
  writeFileSync(dir.file("schedules.toml"), "");
});
afterAll(() => dir[Symbol.dispose]());

function configShow(env: Readonly<Record<string, string | undefined>> = {}) {
  return runBtu(["config", "show"], {
    cwd: dir.path,
    configPath: dir.file("btu_scheduler.toml"),
    env,
  });
}

describe("the folder it is started in", () => {
  test("gives it no settings and no code: .env, bunfig.toml, tsconfig.json, package.json, node_modules", async () => {
    const { code, stdout, stderr } = await configShow();
    expect(code).toBe(0);
    expect(stdout).not.toContain("4711");
    expect(stdout).not.toContain("trace");
    expect(stdout + stderr).not.toContain(MARK);
  });

  test("gives the daemon none either", async () => {
    const { code, stdout, stderr } = await runChild({
      command: [
        executable("btu-daemon"),
        "--config",
        dir.file("btu_scheduler.toml"),
        "--check-config",
      ],
      cwd: dir.path,
      env: withoutOwnSettings(),
    });
    expect(stdout).toContain("the configuration is valid");
    expect(stdout + stderr).not.toContain(MARK);
    expect(code).toBe(0);
  });

  test("matters no more when it is the home folder", async () => {
    const { stdout, stderr } = await configShow({ HOME: dir.path, XDG_CONFIG_HOME: dir.path });
    expect(stdout + stderr).not.toContain(MARK);
  });
});

describe("the environment", () => {
  test("of the unit holds none of the variables that would run other people's code", () => {
    const unset = [...readFileSync(UNIT, "utf8").matchAll(/^UnsetEnvironment=(.*)$/gm)];
    const names = unset.flatMap(([, value = ""]) => value.split(" "));
    for (const name of [
      "BUN_BE_BUN",
      "BUN_OPTIONS",
      "BUN_INSPECT",
      "BUN_INSPECT_PRELOAD",
      "BUN_INSPECT_CONNECT_TO",
      "BUN_CONFIG_VERBOSE_FETCH",
      "NODE_OPTIONS",
      "NODE_PATH",
    ]) {
      expect(names).toContain(name);
    }
  });

  // What the program cannot prevent is said in docs/security.md; when the runtime mends it, this tells.
  test("of whoever may set it decides: BUN_BE_BUN makes it a Bun shell", async () => {
    const env = { BUN_BE_BUN: "1" };
    const { stdout } = await runChild({
      command: [executable("btu"), "-e", "console.log(6*7)"],
      env,
    });
    expect(stdout).toBe("42\n");
  });

  test.each([
    ["NODE_PATH", () => dir.file("node_modules")],
    ["NODE_OPTIONS", () => `--require ${dir.file("evil.js")}`],
    ["BUN_INSPECT_PRELOAD", () => dir.file("evil.js")],
  ])("cannot bring code in by %s", async (name, value) => {
    const { code, stdout, stderr } = await configShow({ [name]: value() });
    expect(stdout + stderr).not.toContain(MARK);
    expect(code).toBe(0);
  });

  test("and the command line do not reach the runtime: its flags are unknown to us", async () => {
    for (const flag of ["--preload=./evil.js", "--inspect", "--smol", "-e"]) {
      const { code, stdout, stderr } = await runBtu([flag], { cwd: dir.path });
      expect(stdout + stderr).not.toContain(MARK);
      expect(code).toBe(2);
    }
  });
});

describe("the executable", () => {
  test("tells version, commit, Bun and zone data under every name, in one line", async () => {
    for (const name of ["btu", "btu-daemon"] as const) {
      const { stdout } = await runChild({ command: [executable(name), "--version"] });
      const version = packageJson.version.replaceAll(".", "\\.");
      const line = `^${name} ${version} \\([0-9a-f]{12}(\\+changes)?, Bun ${Bun.version}, zone data 20\\d\\d[a-z]+\\)\n$`;
      expect(stdout).toMatch(new RegExp(line));
    }
  });

  test("names our sources and lines where an internal fault is told, and ends with 70", async () => {
    // A fault of our own cannot be ordered: the runtime's is made to fail where a signal is handled.
    const breaking = `AbortController.prototype.abort = () => { throw new RangeError("injected"); };`;
    writeFileSync(dir.file("breaking.js"), breaking);
    await using daemon = await startDaemon({
      config: `schedules_file = "${dir.file("schedules.toml")}"\nrq_port = ${await freePort()}`,
      env: { BUN_OPTIONS: `--preload ${dir.file("breaking.js")}` },
    });
    expect(await daemon.stop()).toBe(70);
    const [, line] = /at .*\(?src\/btu-daemon\.ts:(\d+):\d+\)?/.exec(daemon.log()) ?? [];
    const source = readFileSync(resolve(import.meta.dir, "../../src/btu-daemon.ts"), "utf8");
    expect(source.split("\n")[Number(line) - 1]).toContain("controller.abort(");
  });

  test("has the same bytes when it is built again from the same sources", () => {
    const sums = ["first", "second"].map((name) => {
      const outfile = dir.file(`${name}/btu`);
      mkdirSync(dir.file(name));
      compile({ outfile });
      return createHash("sha256").update(readFileSync(outfile)).digest("hex");
    });
    expect(sums[0]).toBe(sums[1]);
  });
});
