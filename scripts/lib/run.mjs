/** Child processes of the scripts: each in a group of its own, so that it ends with all it started. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const running = new Set();

/** Every process below this one, as /proc tells; servers started by tests are in groups of their own. */
function descendantsOf(pid) {
  const children = new Map();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const parent = parentOf(name);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const below = (parent) =>
    (children.get(parent) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

function parentOf(pid) {
  try {
    // The second field is the program's name in brackets, with anything in it.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "");
    return Number(fields.split(" ")[1]);
  } catch {
    return -1;
  }
}

function kill(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function killTree(child) {
  if (child.pid === undefined) return;
  for (const pid of descendantsOf(child.pid)) kill(pid);
  kill(-child.pid);
  kill(child.pid);
}

function killChildren() {
  for (const child of running) killTree(child);
}

/** What a shell reports for a process that a signal ended. */
const SIGNAL_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

/** Makes Ctrl-C and SIGTERM end the children too, until the function that comes back is called. */
export function endWithChildren() {
  const end = (signal) => {
    killChildren();
    process.exit(SIGNAL_CODES[signal]);
  };
  const signals = Object.keys(SIGNAL_CODES);
  for (const signal of signals) process.on(signal, end);
  return () => {
    for (const signal of signals) process.off(signal, end);
  };
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
            killTree(child);
          }, timeoutMs)
        : undefined;
    const end = (code) => {
      clearTimeout(timer);
      running.delete(child);
      resolve({ code: timedOut ? 124 : code, output: Buffer.concat(chunks).toString(), timedOut });
    };
    child.on("spawn", () => running.add(child));
    child.on("error", (error) => {
      chunks.push(Buffer.from(`${error.message}\n`));
      end(127);
    });
    child.on("close", (code) => {
      // Whatever it left behind would keep ports and files.
      if (detached) kill(-child.pid);
      end(code ?? 1);
    });
  });
}
