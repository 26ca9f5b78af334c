/** Calls the command line program within the test, with a screen and a clock of its own. */
import { writeFileSync } from "node:fs";
import { runCli } from "../../src/cli/run.ts";
import type { Screen } from "../../src/cli/output.ts";
import type { Clock } from "../../src/base/clock.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { tempDir } from "../support/temp-dir.ts";

/** What the program is called with. */
export interface CallWith {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Null: output goes into a pipe. */
  readonly columns?: number | null;
  readonly input?: string;
  readonly clock?: Clock;
  /** Nobody reads standard output after so many writes. */
  readonly readsUpTo?: number;
}

/** What it did. */
export interface Called {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A screen that keeps what is written. */
export function fakeScreen({ env = {}, columns = null, readsUpTo = Infinity }: CallWith = {}) {
  const written = { stdout: "", stderr: "" };
  let writes = 0;
  const screen: Screen = {
    env,
    isTerminal: () => columns !== null,
    columns: () => columns,
    write: (handle, text) => {
      if (handle === 1) writes += 1;
      if (handle === 1 && writes > readsUpTo) return false;
      written[handle === 1 ? "stdout" : "stderr"] += text;
      return true;
    },
  };
  return { screen, written };
}

/** A configuration file that is gone with the test. */
export function configFile(text: string): Disposable & { readonly path: string } {
  const dir = tempDir();
  const path = dir.file("btu.toml");
  writeFileSync(path, text);
  return { path, [Symbol.dispose]: () => dir[Symbol.dispose]() };
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

/** Runs one command line to its end. */
export async function call(argv: readonly string[], options: CallWith = {}): Promise<Called> {
  const { screen, written } = fakeScreen(options);
  const { clock = new FakeClock(), input = "" } = options;
  const code = await runCli({ argv, screen, clock, input: () => bytesOf(input) });
  return { code, ...written };
}
