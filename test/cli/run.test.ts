import { describe, expect, test } from "bun:test";
import { COMMAND_GROUPS } from "../../src/cli/commands.ts";
import { widthOf } from "../../src/cli/text.ts";
import { ALL_COMMANDS } from "./all-commands.ts";
import { call, configFile } from "./call.ts";

describe("btu --version", () => {
  test.each([[["--version"]], [["-V"]], [["status", "--version"]]])("btu %j", async (argv) => {
    const { code, stdout } = await call(argv);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^btu \d+\.\d+\.\d+\S* \(Bun \d+\.\d+\.\d+, zone data \d{4}[a-z]+\)\n$/,
      ),
    ]);
  });
});

describe("help", () => {
  test("shows every command in its group, and fits the terminal", async () => {
    const { code, stdout } = await call(["--help"], { columns: 80 });
    const text = Bun.stripANSI(stdout);
    const shown = COMMAND_GROUPS.map(({ title }) => {
      const [, lines = ""] = new RegExp(`^${title}\n((?:  .*\n)+)`, "m").exec(text) ?? [];
      return [title, Array.from(lines.matchAll(/^ {2}(\S+) {2}/gm), ([, name]) => name)];
    });
    expect(code).toBe(0);
    expect(shown).toEqual(
      COMMAND_GROUPS.map(({ title, commands }) => [title, Object.keys(commands)]),
    );
    expect(text.split("\n").filter((line) => widthOf(line) > 80)).toEqual([]);
  });

  test("tells usage, what it is all for, flags, examples and exit codes", async () => {
    const { stdout } = await call(["--help"]);
    const titles = COMMAND_GROUPS.map(({ title }) => title);
    expect(stdout).toStartWith("Usage: btu COMMAND [flags]\n\nBTU Scheduler puts ");
    expect(Array.from(stdout.matchAll(/^(\w[^.:\n]*)$/gm), ([title]) => title)).toEqual([
      ...titles,
      "Flags, anywhere in the line",
      "Examples",
      "Exit codes",
    ]);
    expect(stdout).toEndWith("\nbtu COMMAND --help tells more of a command.\n");
  });

  test.each(ALL_COMMANDS)(
    "of btu $name has usage, examples and no line too wide",
    async ({ name }) => {
      const { code, stdout, stderr } = await call([...name.split(" "), "--help"], { columns: 70 });
      const text = Bun.stripANSI(stdout);
      expect([code, stderr]).toEqual([0, ""]);
      expect(text).toStartWith(`Usage: btu ${name}`);
      expect(text).toContain("\nExamples\n  ");
      // What is to be typed is never broken.
      const prose = text.split("\n").filter((line) => !line.startsWith("  btu "));
      expect(prose.filter((line) => widthOf(line) > 70)).toEqual([]);
    },
  );

  test.each([[[]], [["config"]]])("is shown to whoever names no command: btu %p", async (argv) => {
    const { code, stdout, stderr } = await call(argv);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toStartWith("Usage: btu");
  });
});

describe("a wrong command line", () => {
  test.each([
    [["stauts"], 'btu: unknown command "stauts" (did you mean "status"?)\nTry: btu --help\n'],
    [
      ["list", "--jsno"],
      'btu: unknown flag "--jsno" (did you mean "--json"?)\nTry: btu list --help\n',
    ],
    [
      ["config", "shwo"],
      'btu: unknown command "shwo" (did you mean "show"?)\nTry: btu config --help\n',
    ],
    [
      ["cron", "0", "2"],
      "put the expression in quotes: btu cron '0 2 * * *'\nTry: btu cron --help\n",
    ],
    [["cron"], "btu: EXPR is missing, or --stdin\nTry: btu cron --help\n"],
    [["cron", "@daily", "--stdin"], "btu: EXPR or --stdin, not both\nTry: btu cron --help\n"],
    [
      ["cron", "@daily", "-n", "0"],
      'btu: --count "0": expected a whole number 1-10000\nTry: btu cron --help\n',
    ],
    [
      ["cron", "@daily", "--tz", "EDT"],
      "btu: --tz: unknown time zone 'EDT'; use an IANA name such as America/New_York\nTry: btu cron --help\n",
    ],
    [
      ["cron", "@daily", "--from", "soon"],
      "btu: --from: the time 'soon' is not understood; write it as 2026-03-08T02:00:00Z\nTry: btu cron --help\n",
    ],
    [
      ["cron", "@daily", "--zone-data", "sytem"],
      'expected auto, system, builtin (did you mean "system"?)\nTry: btu cron --help\n',
    ],
  ])("%j ends with 2", async (argv, text) => {
    const { code, stdout, stderr } = await call(argv);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toEndWith(text);
  });
});

describe("a closed pipe", () => {
  test("ends the program quietly", async () => {
    expect(await call(["--help"], { readsUpTo: 0 })).toEqual({ code: 0, stdout: "", stderr: "" });
  });
});

describe("without a daemon", () => {
  test("btu tells where to look", async () => {
    using file = configFile('schedules_file = "s.toml"\n');
    const env = { BTU_SCHEDULER_SOCKET_PATH: "/nonexistent/btu.sock" };
    const { stderr } = await call(["ping", "--config", file.path], { env });
    expect(stderr).toEndWith("\nLook at: systemctl status btu_scheduler\n");
  });

  const SOCKET = { BTU_SCHEDULER_SOCKET_PATH: "/nonexistent/btu.sock" };
  // The default file may be there on the machine that runs the tests.
  const NO_FILE = { ...SOCKET, BTU_SCHEDULER_CONFIG: "/nonexistent/btu.toml" };

  test.each([["status"], ["ping"]])("btu %s ends with 3", async (name) => {
    using file = configFile('schedules_file = "/nonexistent/s.toml"\n');
    const { path } = file;
    const { code, stdout, stderr } = await call([name, "--config", path], { env: SOCKET });
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toStartWith('btu: no daemon runs: "/nonexistent/btu.sock" does not exist\n');
  });

  test("btu status --json says so in its document", async () => {
    using file = configFile('schedules_file = "/nonexistent/s.toml"\n');
    const { path } = file;
    const { code, stdout } = await call(["status", "--json", "--config", path], { env: SOCKET });
    const problems = ['no daemon runs: "/nonexistent/btu.sock" does not exist'];
    expect([code, JSON.parse(stdout)]).toEqual([3, { health: "down", problems }]);
  });

  test("a socket that is disabled is told as the reason", async () => {
    using file = configFile('schedules_file = "s.toml"\ndisable_unix_socket = true\n');
    const { path } = file;
    const { code, stderr } = await call(["ping", "--config", path]);
    expect(code).toBe(3);
    expect(stderr).toStartWith("btu: cannot ask the daemon: disable_unix_socket is set\n");
  });

  test.each([["status"], ["ping"], ["list"], ["lint"]])(
    "btu %s ends with 2 for a configuration that was named and is not there",
    async (name) => {
      expect(await call([name], { env: NO_FILE })).toMatchObject({ code: 2, stdout: "" });
    },
  );

  test("all faults of a configuration are told", async () => {
    using file = configFile('rq_prt = 1\nlog_level = "loud"\n');
    const { path } = file;
    const { code, stderr } = await call(["status", "--config", path]);
    expect(code).toBe(2);
    expect(stderr).toContain('rq_prt: unknown key (did you mean "rq_port"?)');
    expect(stderr).toContain(
      'line 2: log_level "loud": expected error, warn, info, debug or trace',
    );
  });
});
