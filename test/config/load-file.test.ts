import { describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readTextFile } from "../../src/config/files.ts";
import { configPath, DEFAULT_CONFIG_PATH, loadConfig } from "../../src/config/load.ts";
import type { ConfigPath } from "../../src/config/load.ts";
import { faultsOf, noSuchFile, SOURCE } from "./load-text.ts";

function readFile(path: string): string {
  throw noSuchFile(path);
}

describe("the file", () => {
  test.each<[Parameters<typeof configPath>[0], string, ConfigPath["namedBy"]]>([
    [{ file: "/a", env: { BTU_SCHEDULER_CONFIG: "/b" } }, "/a", "--config"],
    [{ env: { BTU_SCHEDULER_CONFIG: "/b" } }, "/b", "BTU_SCHEDULER_CONFIG"],
    [{ env: { BTU_SCHEDULER_CONFIG: "" } }, DEFAULT_CONFIG_PATH, "default"],
    [{ env: {} }, "/etc/btu_scheduler/btu_scheduler.toml", "default"],
    [{ file: "x.toml", env: {} }, resolve("x.toml"), "--config"],
  ])("%j lies where %p", (options, path, namedBy) => {
    const found = configPath(options);
    expect({ ...found }).toEqual({ path, namedBy });
  });

  test("must be there when somebody names it, whatever the environment gives", () => {
    const env = { BTU_SCHEDULER_CONFIG: "/none", BTU_SCHEDULER_SCHEDULES_FILE: "/s" };
    expect(faultsOf(() => loadConfig({ env, readFile }))).toEqual([
      expect.stringContaining('cannot read "/none": there is no such file; write it after'),
    ]);
  });

  test("may be absent at its usual place when the environment gives enough", () => {
    const env = { BTU_SCHEDULER_SCHEDULES_FILE: "/s" };
    const loaded = loadConfig({ env, readFile });
    expect([loaded.path, loaded.config.schedules_file]).toEqual([null, "/s"]);
  });

  test("is missed, with the ways out, when neither it nor the environment says anything", () => {
    expect(() => loadConfig({ env: {}, readFile })).toThrow(
      /cannot read ".*btu_scheduler.toml": there is no such file; write it after .*--config FILE.*BTU_SCHEDULER_<KEY>/,
    );
  });

  test("that is absent is named beside faults of the environment", () => {
    const env = { BTU_SCHEDULER_RQ_PORT: "x" };
    expect(() => loadConfig({ env, readFile })).toThrow(
      /^invalid configuration in the environment \(there is no \/etc.*\):\n {2}BTU_SCHEDULER_RQ_PORT "x": expected/,
    );
  });

  test("is read from the disk", () => {
    const folder = mkdtempSync(join(tmpdir(), "btu-config-"));
    try {
      const file = join(folder, "a.toml");
      writeFileSync(file, `${SOURCE}\nrq_password_file = "pw"`);
      writeFileSync(join(folder, "pw"), "hunter2\n");
      chmodSync(join(folder, "pw"), 0o600);
      const { config, path } = loadConfig({ file, env: {} });
      expect([config.rq_password, config.schedules_file, path]).toEqual([
        "hunter2",
        join(folder, "s.toml"),
        file,
      ]);
      expect(faultsOf(() => loadConfig({ file: folder, env: {} }))).toEqual([
        `cannot read "${folder}": it is a folder; name the file in it`,
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("that never ends or is no text is refused", () => {
    expect(() => readTextFile("/dev/zero")).toThrow("longer than 1048576 bytes");
    const folder = mkdtempSync(join(tmpdir(), "btu-config-"));
    try {
      writeFileSync(join(folder, "x"), new Uint8Array([0x61, 0xff]));
      expect(() => readTextFile(join(folder, "x"))).toThrow();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("that may not be read keeps the system's error as cause", () => {
    const denied = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
    const load = (): unknown =>
      loadConfig({
        file: "/x",
        env: {},
        readFile: () => {
          throw denied;
        },
      });
    expect(load).toThrow(expect.objectContaining({ cause: denied }));
    expect(faultsOf(load)).toEqual([expect.stringContaining("run as a user who may read it")]);
  });
});
