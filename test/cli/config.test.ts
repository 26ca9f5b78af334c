import { describe, expect, test } from "bun:test";
import { call, configFile } from "./call.ts";

describe("btu config", () => {
  const CONFIG =
    'sql_user = "reader"\nsql_database = "db"\nsql_password = "horse-battery"\nsite = "a.b"\nfrappe_user = "x"\n';

  test("show tells each value and where it came from, but no secret", async () => {
    using file = configFile(CONFIG);
    const { path } = file;
    const env = { BTU_SCHEDULER_RQ_PORT: "6379" };
    const { code, stdout } = await call(["config", "show", "--config", path], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(new RegExp(`^sql_user +"reader" +${path}:1$`, "m"));
    expect(stdout).toMatch(/^rq_port +6379 +BTU_SCHEDULER_RQ_PORT$/m);
    expect(stdout).toMatch(/^log_level +"info" +default$/m);
    expect(stdout).toMatch(/^sql_password +\*\*\* /m);
    expect(stdout).not.toContain("horse-battery");
  });

  test("show gives programs the same", async () => {
    using file = configFile(CONFIG);
    const { path } = file;
    const { stdout } = await call(["config", "show", "--json", "--config", path]);
    const keys = JSON.parse(stdout) as { key: string; value: unknown; origin: string }[];
    expect(keys.find(({ key }) => key === "sql_user")).toMatchObject({
      value: "reader",
      origin: `${path}:1`,
    });
    expect(stdout).not.toContain("horse-battery");
  });

  test("check finds nothing wrong with a sound one, and tells its warnings", async () => {
    using file = configFile(`${CONFIG}scheduler_polling_interval = 60\n`);
    const { path } = file;
    const { code, stdout, stderr } = await call(["config", "check", "--config", path]);
    expect([code, stdout]).toEqual([0, `ok valid: ${path}\n`]);
    expect(stderr).toContain("scheduler_polling_interval has no effect");
    const quiet = await call(["config", "check", "-q", "--config", path]);
    expect(quiet).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  test.each([
    ["rq_prt = 1\n", "rq_prt: unknown key"],
    ['time_zone_string = "Mars/Base"\n', 'time_zone_string "Mars/Base": unknown time zone'],
    ['time_zone_string = "America/NewYork"\n', '(did you mean "America/New_York"?)'],
  ])("check finds the fault in %j", async (line, fault) => {
    using file = configFile(`${CONFIG}${line}`);
    const { path } = file;
    const person = await call(["config", "check", "--config", path]);
    expect([person.code, person.stdout]).toEqual([2, ""]);
    expect(person.stderr).toContain(fault);
    const program = await call(["config", "check", "--json", "--config", path]);
    const document = JSON.parse(program.stdout) as { valid: boolean; faults: string[] };
    expect([program.code, document.valid, document.faults.length]).toEqual([2, false, 1]);
    expect(document.faults[0]).toContain(fault);
  });

  test.each([
    [["--config", "/nonexistent/a.toml"], {}, "/nonexistent/a.toml", "--config"],
    [
      [],
      { BTU_SCHEDULER_CONFIG: "/nonexistent/b.toml" },
      "/nonexistent/b.toml",
      "BTU_SCHEDULER_CONFIG",
    ],
    [[], {}, "/etc/btu_scheduler/btu_scheduler.toml", "default"],
  ])("path tells where it lies: %j %j", async (argv, env, path, namedBy) => {
    expect((await call(["config", "path", ...argv], { env })).stdout).toBe(`${path}\n`);
    const { stdout } = await call(["config", "path", "--json", ...argv], { env });
    expect(JSON.parse(stdout)).toMatchObject({ path, named_by: namedBy });
  });
});
