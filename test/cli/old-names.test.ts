/** Whoever types what an earlier BTU program understood gets what he wants, or is told how it is done now. */
import { describe, expect, test } from "bun:test";
import { readCommandLine } from "../../src/cli/args.ts";
import { rootCommand } from "../../src/cli/commands.ts";
import { OLD_NAMES, renew } from "../../src/cli/old-names.ts";
import { ALL_COMMANDS } from "./all-commands.ts";
import { call, configFile } from "./call.ts";

/** One word that `*` may stand for. */
const spelled = (old: string): string => old.replace("*", "sync");

const RENAMED = OLD_NAMES.flatMap((one) =>
  "now" in one ? [{ old: spelled(one.old), now: one.now }] : [],
);
const REPLACED = OLD_NAMES.flatMap((one) =>
  "instead" in one ? [{ old: spelled(one.old), instead: one.instead }] : [],
);

describe("an old name", () => {
  test.each(RENAMED)("btu $old is btu $now, and says so", ({ old, now }) => {
    expect(renew([...old.split(" "), "X", "--json"])).toEqual({
      argv: [...now.split(" "), "X", "--json"],
      note: `"btu ${old}" is now called: btu ${now}`,
    });
  });

  test.each(RENAMED)("btu $old leads to a command that is there: btu $now", ({ now }) => {
    const words = now.split(" ").filter((word) => !word.startsWith("-"));
    expect(ALL_COMMANDS.map(({ name }) => name)).toContain(words.join(" "));
  });

  test.each(REPLACED)("btu $old ends with 2 and tells what to do", async ({ old, instead }) => {
    const { code, stdout, stderr } = await call([...old.split(" "), "--whatever"]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toBe(`btu: "btu ${old}" is gone: ${instead}\nTry: btu --help\n`);
  });

  test.each([
    [
      ["--config", "list-tasks", "print-config"],
      ["--config", "list-tasks", "config", "show"],
    ],
    [
      ["--quiet", "test", "--json", "sql"],
      ["--quiet", "doctor", "--json"],
    ],
    [
      ["print-config", "--help"],
      ["config", "show", "--help"],
    ],
  ])("may stand after flags: %j", (argv, renewed) => {
    expect<readonly string[]>(renew(argv).argv).toEqual(renewed);
  });

  test.each([[["list"]], [["lint", "about"]], [["--", "about"]], [[]]])(
    "is not seen in %j",
    (argv) => {
      expect(renew(argv)).toEqual({ argv, note: null });
    },
  );

  test("is offered nowhere", async () => {
    const { stdout } = await call(["--help"]);
    const words = OLD_NAMES.flatMap(({ old }) => (old.includes(" ") ? [] : [old]));
    expect(words.filter((old) => new RegExp(`^  ${old} `, "m").test(stdout))).toEqual([]);
  });
});

describe("the answer to an old name", () => {
  test("is that of the command, with one line on standard error", async () => {
    using file = configFile('schedules_file = "s.toml"\n');
    const argv = ["--config", file.path, "print-config", "--json"];
    const [was, is] = [
      await call(argv),
      await call(argv.with(2, "config").toSpliced(3, 0, "show")),
    ];
    expect([was.code, was.stdout]).toEqual([is.code, is.stdout]);
    expect(was.stderr).toBe('note: "btu print-config" is now called: btu config show\n');
  });

  test("leaves that line out after --quiet", async () => {
    using file = configFile('schedules_file = "s.toml"\n');
    const { stderr } = await call(["print-config", "--config", file.path, "-q"]);
    expect(stderr).toBe("");
  });
});

describe("an old flag", () => {
  test.each([["-d"], ["--debug"], ["--verbose"]])("%s does nothing, and says so", async (flag) => {
    const { command, rawArgs, notes } = await readCommandLine(rootCommand, [flag, "list", flag]);
    expect([command.meta.name, rawArgs]).toEqual(["list", ["--"]]);
    expect(notes).toEqual([expect.stringContaining("do nothing any more: the key log_level")]);
  });
});
