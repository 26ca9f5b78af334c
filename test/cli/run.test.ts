import { describe, expect, test } from "bun:test";
import { rootCommand } from "../../src/cli/commands.ts";
import type { CommandTable } from "../../src/cli/command.ts";
import { widthOf } from "../../src/cli/text.ts";
import { call, configFile } from "./call.ts";

/** Every command with the words to call it by, groups too. */
async function allCommands(table: CommandTable, before: string[] = []): Promise<string[][]> {
  const found: string[][] = [];
  for (const [word, load] of Object.entries(table)) {
    const words = [...before, word];
    found.push(words, ...(await allCommands((await load()).subCommands, words)));
  }
  return found;
}

const COMMANDS = await allCommands(rootCommand.subCommands);

describe("btu --version", () => {
  test.each([[["--version"]], [["-V"]], [["status", "--version"]]])("btu %j", async (argv) => {
    const { code, stdout } = await call(argv);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^btu \d+\.\d+\.\d+\S*\n$/)]);
  });
});

describe("help", () => {
  test("shows the commands in groups", async () => {
    const { code, stdout } = await call(["--help"], { columns: 80 });
    expect(code).toBe(0);
    expect(Bun.stripANSI(stdout)).toMatchInlineSnapshot(`
      "Usage: btu COMMAND [flags]

      BTU Scheduler puts Python RQ jobs on their queues at the second they are due.
      btu shows what its daemon does and checks what it is told to do.

      See
        status   Health, connections, what runs next, what ran lately, how late
        list     All schedules: when they run next and ran last, or why they do not
                 run
        next     What runs next, all schedules on one timeline, and where runs pile up
        show     Everything about one schedule: definition, policies, next runs, last
                 outcomes
        history  What became of occurrences: placed when and how late, or not placed
                 and why
        why      Why a schedule ran or did not run last, and when it will next
        audit    Whether each occurrence was placed once or skipped with its reason

      Check
        lint    Check all schedules: invalid ones, traps, runs that clock changes
                touch
        cron    What a cron expression means and when it runs, clock changes included
        config  Show or check the configuration
        ping    Ask whether the daemon answers, and how fast

      Flags, anywhere in the line
        --config FILE  Configuration to use, in place of BTU_SCHEDULER_CONFIG and the
                       default path
        -q, --quiet    Only problems and what was asked for: no notes, nothing that
                       says all is well
        --color        Colours even where output is no terminal
        --no-color     No colours, as with the variable NO_COLOR
        -h, --help     Print help and end
        -V, --version  Print the version and end

      Examples
        btu status                               Is all well? What runs next, what ran
                                                 lately?
        btu list                                 All schedules with their next run
        btu cron '0 2 * * *' --tz Europe/Berlin  What does this mean, and when does it
                                                 run?

      Exit codes
        0  all is well
        1  a problem was found, or the command failed
        2  wrong command line or configuration
        3  no daemon runs
        4  what was asked for by name does not exist

      btu COMMAND --help tells more of a command.
      "
    `);
  });

  test.each(COMMANDS.map((words) => [words.join(" "), words] as const))(
    "of btu %s has usage, examples and no line too wide",
    async (name, words) => {
      const { code, stdout, stderr } = await call([...words, "--help"], { columns: 70 });
      const text = Bun.stripANSI(stdout);
      expect([code, stderr]).toEqual([0, ""]);
      expect(text).toStartWith(`Usage: btu ${name}`);
      expect(text).toContain("\nExamples\n  ");
      expect(text.split("\n").filter((line) => widthOf(line) > 70)).toEqual([]);
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
  const SOCKET = { BTU_SCHEDULER_SOCKET_PATH: "/nonexistent/btu.sock" };
  // The default file may be there on the machine that runs the tests.
  const NO_FILE = { ...SOCKET, BTU_SCHEDULER_CONFIG: "/nonexistent/btu.toml" };

  test.each([["status"], ["ping"]])("btu %s ends with 3", async (name) => {
    using file = configFile('schedules_file = "/nonexistent/s.toml"\n');
    const { path } = file;
    const { code, stdout, stderr } = await call([name, "--config", path], { env: SOCKET });
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toBe('btu: no daemon runs: "/nonexistent/btu.sock" does not exist\n');
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
    expect([code, stderr]).toEqual([3, "btu: cannot ask the daemon: disable_unix_socket is set\n"]);
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
