/** Real programs started by a test, and ended with it. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { eventually } from "./eventually.ts";

/** How a program is started. */
export interface ChildOptions {
  readonly command: readonly string[];
  readonly cwd?: string;
  /** Added to the test's own environment; undefined removes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For programs that refuse to be root. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** Options as `--name=value`. */
export function longOptions(values: Readonly<Record<string, string | number>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}

/** A running program. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** The exit code; 128 + number for a signal. */
  readonly exited: Promise<number>;
  /** The exit code once it has ended, else null. */
  exitCode(): number | null;
  stdout(): string;
  stderr(): string;
  /** Both, in the order they came. */
  output(): string;
  /** Sends a signal to it alone. */
  signal(name: NodeJS.Signals): void;
  /** Sends a signal and waits for its end; SIGKILL reaches also what it started. */
  end(name: NodeJS.Signals): Promise<number>;
  /** Waits for output; rejects when it ends before. `from` is an offset into `output()`. */
  waitForOutput(pattern: RegExp, options?: { timeoutMs?: number; from?: number }): Promise<string>;
}

function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {
    // Nobody of the group is left.
  }
}

/** Starts a program in a process group of its own. */
export function startChild({ command, cwd, env = {}, user }: ChildOptions): Child {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    ...user,
  });
  const texts = { stdout: "", stderr: "", both: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
      texts.both += text;
    });
  }
  let code: number | null = null;
  const exited = new Promise<number>((resolve) => {
    const finish = (exitCode: number): void => {
      code ??= exitCode;
      resolve(code);
    };
    child.once("error", (error) => {
      texts.both += `${error.message}\n`;
      finish(127);
    });
    child.once("close", (exitCode, signal) => {
      finish(exitCode ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
  const pid = child.pid ?? 0;
  const signal = (name: NodeJS.Signals): void => {
    if (code === null && pid > 0) child.kill(name);
  };
  const end = (name: NodeJS.Signals): Promise<number> => {
    if (name === "SIGKILL" && pid > 0) signalGroup(pid, name);
    else signal(name);
    return exited;
  };
  return {
    pid,
    exited,
    exitCode: () => code,
    stdout: () => texts.stdout,
    stderr: () => texts.stderr,
    output: () => texts.both,
    signal,
    end,
    waitForOutput: async (pattern, { timeoutMs = 10_000, from = 0 } = {}) => {
      const look = (): { text?: string } | null => {
        const text = pattern.exec(texts.both.slice(from))?.[0];
        if (text !== undefined) return { text };
        return code === null ? null : {};
      };
      const what = `${program} prints ${pattern.source}`;
      const { text } = await eventually(look, { timeoutMs, what }).catch((error: unknown) => {
        throw new Error(`${what}: not within ${timeoutMs} ms:\n${texts.both}`, { cause: error });
      });
      if (text === undefined) throw new Error(`${what}: it ended with ${code}:\n${texts.both}`);
      return text;
    },
    [Symbol.asyncDispose]: async () => {
      await end("SIGKILL");
    },
  };
}

/** What a program did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, or kills it after `timeoutMs` (default 30 s; the code is then 137). */
export async function runChild(
  options: ChildOptions,
  { timeoutMs = 30_000 }: { readonly timeoutMs?: number } = {},
): Promise<Ran> {
  await using child = startChild(options);
  const timer = setTimeout(() => void child.end("SIGKILL"), timeoutMs);
  const code = await child.exited;
  clearTimeout(timer);
  return { code, stdout: child.stdout(), stderr: child.stderr() || startFault(child) };
}

function startFault(child: Child): string {
  return child.pid === 0 ? child.output() : "";
}

/** Runs a program that must succeed, and gives its standard output. */
export async function mustRun(
  options: ChildOptions,
  limits?: { readonly timeoutMs?: number },
): Promise<string> {
  const { code, stdout, stderr } = await runChild(options, limits);
  if (code !== 0) {
    throw new Error(`"${options.command.join(" ")}" ended with ${code}:\n${stderr}${stdout}`);
  }
  return stdout;
}
