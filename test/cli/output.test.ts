import { describe, expect, test } from "bun:test";
import { ClosedPipeError, Output } from "../../src/cli/output.ts";
import { makeStyle } from "../../src/cli/style.ts";
import { fakeScreen } from "./call.ts";

const RED = "\u001b[31mx\u001b[39m";

describe("colours", () => {
  test.each([
    { isTerminal: true, env: {}, color: undefined, shown: RED },
    { isTerminal: false, env: {}, color: undefined, shown: "x" },
    { isTerminal: true, env: { TERM: "dumb" }, color: undefined, shown: "x" },
    { isTerminal: true, env: { NO_COLOR: "1" }, color: undefined, shown: "x" },
    { isTerminal: true, env: { NO_COLOR: "" }, color: undefined, shown: RED },
    { isTerminal: false, env: { FORCE_COLOR: "1" }, color: undefined, shown: RED },
    { isTerminal: true, env: { FORCE_COLOR: "0" }, color: undefined, shown: "x" },
    { isTerminal: true, env: { NO_COLOR: "1", FORCE_COLOR: "1" }, color: undefined, shown: "x" },
    { isTerminal: true, env: { FORCE_COLOR: "1" }, color: false, shown: "x" },
    { isTerminal: false, env: { NO_COLOR: "1" }, color: true, shown: RED },
  ])("are chosen by flag, variables and terminal: %j", ({ shown, ...options }) => {
    expect(makeStyle(options).red("x")).toBe(shown);
  });
});

describe("symbols", () => {
  test.each([
    { isTerminal: true, env: {}, color: false, shown: ["✔", "⚠"] },
    { isTerminal: true, env: { TERM: "dumb" }, color: undefined, shown: ["ok", "warning:"] },
    { isTerminal: false, env: {}, color: undefined, shown: ["ok", "warning:"] },
  ])("stand on a terminal, words elsewhere: %j", ({ shown, ...options }) => {
    const style = makeStyle(options);
    expect([style.mark("ok"), style.sign("warn")]).toEqual([...shown]);
  });
});

describe("width", () => {
  test.each([
    { columns: 100, env: { COLUMNS: "60" }, width: 100 },
    { columns: 5, env: {}, width: 20 },
    { columns: null, env: {}, width: Infinity },
    { columns: null, env: { COLUMNS: "60" }, width: 60 },
    { columns: null, env: { COLUMNS: "wide" }, width: Infinity },
  ])("is the terminal's, else what COLUMNS says: %j", ({ width, ...options }) => {
    expect(new Output(fakeScreen(options).screen).width).toBe(width);
  });

  test("is 80 on a terminal that does not tell", () => {
    const { screen } = fakeScreen({ columns: 100 });
    expect(new Output({ ...screen, columns: () => null }).width).toBe(80);
  });
});

describe("Output", () => {
  test("indents JSON for people and keeps it on one line for programs", () => {
    const [terminal, pipe] = [fakeScreen({ columns: 80 }), fakeScreen()];
    new Output(terminal.screen).json({ a: [1] });
    new Output(pipe.screen).json({ a: [1] });
    expect(terminal.written.stdout).toBe('{\n  "a": [\n    1\n  ]\n}\n');
    expect(pipe.written.stdout).toBe('{"a":[1]}\n');
  });

  test("throws when nobody reads its results", () => {
    const output = new Output(fakeScreen({ readsUpTo: 1 }).screen);
    output.write("first");
    expect(() => output.write("second")).toThrow(ClosedPipeError);
  });

  test("goes on when nobody hears its complaints", () => {
    const { screen, written } = fakeScreen();
    const output = new Output({
      ...screen,
      write: (handle, text) => {
        if (handle === 2) throw new Error("EBADF");
        return screen.write(handle, text);
      },
    });
    output.error("lost");
    output.write("found");
    expect(written.stdout).toBe("found");
  });

  test("is silent about all but results and errors when told to be quiet", () => {
    const { screen, written } = fakeScreen();
    const output = new Output(screen, { quiet: true });
    output.note("a note");
    output.warn("a warning");
    output.error("an error");
    expect(written.stderr).toBe("btu: an error\n");
  });

  test("blots out secrets", () => {
    const { screen, written } = fakeScreen();
    const output = new Output(screen);
    output.hide(["horse-battery", "tick"]);
    output.error("cannot log in with horse-battery or tick");
    output.write("horse-battery\n");
    expect(written).toEqual({ stderr: "btu: cannot log in with *** or ***\n", stdout: "***\n" });
  });

  test("leaves words in results that happen to be a short secret", () => {
    const { screen, written } = fakeScreen();
    const output = new Output(screen);
    output.hide(["default"]);
    output.write("queue default\n");
    expect(written.stdout).toBe("queue default\n");
  });
});
