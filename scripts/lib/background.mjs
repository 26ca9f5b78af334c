/** Programs that run beside a script, their output handed on line by line. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

/** Who does not end by himself after this is killed. */
const END_TIMEOUT_MS = 5_000;

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}

/**
 * Starts a program in a process group of its own, so that Ctrl-C at the terminal reaches the script alone.
 *
 * @returns `{ exited, end }`: `exited` resolves with the exit code, `end` asks it to end and waits until all of it
 *   is gone.
 */
export function startBackground(command, args, { cwd, env, onLine }) {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", onLine);
  }
  const exited = new Promise((resolve) => {
    child.once("error", (error) => {
      onLine(error.message);
      resolve(127);
    });
    child.once("close", (code) => resolve(code ?? 1));
  });
  const end = async () => {
    if (child.pid === undefined) return;
    child.kill("SIGTERM");
    const timer = setTimeout(() => signalGroup(child.pid, "SIGKILL"), END_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
    signalGroup(child.pid, "SIGKILL");
  };
  return { exited, end };
}

/** A TCP port of 127.0.0.1 on which nobody listens at this moment. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
