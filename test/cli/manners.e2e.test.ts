/** How the compiled program behaves towards the person at the terminal. */
import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { runBtu } from "../support/btu.ts";
import { executable } from "../support/executables.ts";
import { tempDir } from "../support/temp-dir.ts";
import { runInTerminal } from "../support/terminal.ts";

const CTRL_C = "\u0003";
const EXIT_BY_SIGINT = 130;

/** The socket of a daemon that takes every connection and answers nobody. */
function startSilent() {
  const dir = tempDir();
  const path = dir.file("silent.sock");
  const server = Bun.listen({ unix: path, socket: { data: () => undefined } });
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
