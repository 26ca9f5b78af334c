/** The entry of `btu`: what the system gives, and the exit code. */
import { isatty } from "node:tty";
import { systemClock } from "./base/clock.ts";
import { terminalColumns, terminalRows } from "./base/system-calls.ts";
import { writeAll } from "./base/write-all.ts";
import { runCli } from "./cli/run.ts";

/** From then on these signals end nothing by themselves; a second one does. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => controller.abort());
  }
  return controller.signal;
}

const code = await runCli({
  argv: process.argv.slice(2),
  clock: systemClock,
  input: () => Bun.stdin.stream(),
  interruption,
  screen: {
    env: process.env,
    isTerminal: isatty,
    columns: terminalColumns,
    rows: terminalRows,
    write: writeAll,
  },
});
process.exit(code);
