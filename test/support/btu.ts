/** The compiled command line program. */
import { runChild } from "./child.ts";
import type { Ran } from "./child.ts";
import { executable, withoutOwnSettings } from "./executables.ts";

/** How `btu` is called. */
export interface BtuOptions {
  /** Put before the arguments as `--config PATH`. */
  readonly configPath?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
}

/** Runs `dist/btu` and tells how it ended. */
export function runBtu(args: readonly string[], options: BtuOptions = {}): Promise<Ran> {
  const { configPath, cwd, env, timeoutMs } = options;
  const config = configPath === undefined ? [] : ["--config", configPath];
  return runChild(
    {
      command: [executable("btu"), ...config, ...args],
      env: withoutOwnSettings(env),
      ...(cwd !== undefined && { cwd }),
    },
    timeoutMs === undefined ? {} : { timeoutMs },
  );
}

/** Runs `dist/btu ... --json` and reads its answer; the exit code is told beside it. */
export async function btuJson(
  args: readonly string[],
  options: BtuOptions = {},
): Promise<{ readonly code: number; readonly value: unknown }> {
  const { code, stdout, stderr } = await runBtu([...args, "--json"], options);
  try {
    return { code, value: JSON.parse(stdout) };
  } catch (cause) {
    throw new Error(`btu ${args.join(" ")} gave no JSON:\n${stdout}${stderr}`, { cause });
  }
}
