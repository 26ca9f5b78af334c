/** The entry of `btu`: what the system gives, and the exit code. */
import { isatty } from "node:tty";
import { systemClock } from "./base/clock.ts";
import { terminalColumns } from "./base/system-calls.ts";
import { writeAll } from "./base/write-all.ts";
import { runCli } from "./cli/run.ts";

const code = await runCli({
  argv: process.argv.slice(2),
  clock: systemClock,
  input: () => Bun.stdin.stream(),
  screen: { env: process.env, isTerminal: isatty, columns: terminalColumns, write: writeAll },
});
process.exit(code);
