/** How the compiled program behaves towards the person at the terminal. */
import type { Socket } from "bun";
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { runBtu } from "../support/btu.ts";
import { executable } from "../support/executables.ts";
import { tempDir } from "../support/temp-dir.ts";
import { runInTerminal } from "../support/terminal.ts";

const CTRL_C = "\u0003";
const EXIT_BY_SIGINT = 130;

/** The socket of a daemon that takes every connection and gives this answer; null answers nobody. */
function startSilent(answer: string | null = null) {
  const dir = tempDir();
  const path = dir.file("silent.sock");
  const data = (socket: Socket): void => {
    if (answer !== null) socket.end(answer);
  };
  const server = Bun.listen({ unix: path, socket: { data } });
  const configPath = dir.file("btu.toml");
  writeFileSync(configPath, `socket_path = "${path}"\nschedules_file = "schedules.toml"\n`);
  return {
    configPath,
    command: [executable("btu"), "--config", configPath, "ping"],
    [Symbol.dispose]: () => {
      server.stop(true);
      dir[Symbol.dispose]();
    },
  };
}

describe("while a daemon does not answer", () => {
  test("btu says on the terminal that it works, and Ctrl-C ends it quietly", async () => {
    using silent = startSilent();
    const { code, plain } = await runInTerminal({
      command: silent.command,
      columns: 80,
      typed: { after: /working … 1 s/, keys: CTRL_C },
    });
    expect([code, plain]).toEqual([
      EXIT_BY_SIGINT,
      expect.stringMatching(/^\r?working … 1 s\^C\s*$/),
    ]);
  });

  test("btu gives up in the end, and leaves only what it has to say", async () => {
    using silent = startSilent();
    const { code, text } = await runInTerminal({ command: silent.command, columns: 80 });
    const [, last = ""] = /([^\r]*)$/.exec(text.trimEnd()) ?? [];
    expect(code).toBe(1);
    expect(Bun.stripANSI(last)).toBe(
      "btu: ask the daemon: no answer within 5000 ms; look at: systemctl status btu_scheduler",
    );
    expect(text).toContain("working … 4 s");
  });

  test("completion gives up in silence, before anybody gets impatient", async () => {
    using silent = startSilent();
    const env = { BTU_SCHEDULER_CONFIG: silent.configPath };
    const startMs = performance.now();
    const ran = await runBtu(["__complete", "lint", ""], { env });
    expect(ran).toEqual({ code: 0, stdout: "words\n", stderr: "" });
    expect(performance.now() - startMs).toBeLessThan(3_000);
  });
});

describe("when the answer to a change is lost", () => {
  test.each([
    ["closed", "", ["run", "nightly"], "btu history nightly"],
    ["of another form", '{"ok":true,"result":{}}\n', ["run", "nightly"], "btu history nightly"],
    ["cut off", '{"ok":tr', ["run", "--task", "BT-1"], "btu history 'task|BT-1'"],
    ["of another form", '{"ok":true,"result":[]}\n', ["pause", "a"], "btu list --state paused"],
    ["closed", "", ["resume", "--all"], "btu list --state paused"],
  ])("because it is %s, btu says how to find out: %#", async (_, answer, args, check) => {
    using broken = startSilent(answer);
    const { code, stderr } = await runBtu(args, { configPath: broken.configPath });
    expect(code).toBe(1);
    expect(stderr).toContain(
      `; it may have been done all the same: look at "${check}" before you ask again`,
    );
  });
});
