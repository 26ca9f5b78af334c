/** Child processes of the scripts: each in a group of its own, so that it ends with all it started. */
import { spawn } from "node:child_process";

const running = new Set();

function killGroup(child, signal) {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
}

/** Ends every child that still runs, with all it started. */
function killChildren(signal = "SIGKILL") {
  for (const child of running) killGroup(child, signal);
}

/** Makes Ctrl-C and SIGTERM end the children too. */
export function endWithChildren() {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ]) {
    process.once(signal, () => {
      killChildren();
      process.exit(code);
    });
  }
}

/**
 * Runs a command to its end; never rejects.
 *
 * `echo` shows its output as it comes; `input: "inherit"` lets it ask on the terminal, and keeps it in our group, since
 * only that may read from there.
 * @returns `{ code, output, timedOut }`; code 127 when it could not be started, 124 when `timeoutMs` was over.
 */
export function run(command, args, options = {}) {
  const { cwd, env = process.env, input = "ignore", echo = false, timeoutMs = 0 } = options;
  const detached = input === "ignore";
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, detached, stdio: [input, "pipe", "pipe"] });
    const chunks = [];
    let timedOut = false;
    const take = (stream) => (chunk) => {
      chunks.push(chunk);
      if (echo) stream.write(chunk);
    };
    child.stdout.on("data", take(process.stdout));
    child.stderr.on("data", take(process.stdout));
    const timer =
      timeoutMs > 0
        ? setTimeout(() => {
            timedOut = true;
            if (detached) killGroup(child, "SIGKILL");
            else child.kill("SIGKILL");
          }, timeoutMs)
        : undefined;
    const end = (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code: timedOut ? 124 : code, output: Buffer.concat(chunks).toString(), timedOut });
    };
    child.on("spawn", () => detached && running.add(child));
    child.on("error", (error) => {
      chunks.push(Buffer.from(`${error.message}\n`));
      end(127);
    });
    child.on("close", (code) => {
      // Whatever it left behind would keep ports and files.
      if (detached) killGroup(child, "SIGKILL");
      end(code ?? 1);
    });
  });
}
