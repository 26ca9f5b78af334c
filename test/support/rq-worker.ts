/** Real RQ workers. */
import { existsSync, readFileSync } from "node:fs";
import { startChild } from "./child.ts";
import type { Child } from "./child.ts";
import { eventually } from "./eventually.ts";
import { pythonEnv, pythonPath, runPython } from "./python.ts";
import type { RqVersion } from "./python.ts";
import { tempDir } from "./temp-dir.ts";

/** Which worker, on which queues. */
export interface RqWorkerOptions {
  readonly version: RqVersion;
  readonly redisUrl: string;
  readonly queues: readonly string[];
  /** Ends when the queues are empty. */
  readonly burst?: boolean;
  /** Runs jobs in its own process; without, each job gets a forked one. */
  readonly simple?: boolean;
  readonly name?: string;
  /** More options of `rq worker`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A call that a function of test/support/python noted. */
export interface RecordedCall {
  readonly call: string;
  readonly job_id: string | null;
  readonly queue: string | null;
  readonly pid: number;
  /** Epoch seconds with fraction. */
  readonly at: number;
  readonly [field: string]: unknown;
}

/** A running worker. */
export interface RqWorker extends AsyncDisposable {
  readonly child: Child;
  /** The calls that its jobs noted until now. */
  calls(): RecordedCall[];
  /** Waits until at least this many calls are noted. */
  waitForCalls(count: number, options?: { readonly timeoutMs?: number }): Promise<RecordedCall[]>;
}

const BURST_TIMEOUT_MS = 30_000;
const ENTRY = "from rq.cli import main; main()";

function readCalls(path: string): RecordedCall[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as RecordedCall);
}

/** Starts `rq worker`; its jobs can import what lies in test/support/python. */
export function startRqWorker(options: RqWorkerOptions): RqWorker {
  const dir = tempDir();
  const recordPath = dir.file("calls.jsonl");
  const words = ["worker", "--url", options.redisUrl];
  if (options.burst === true) words.push("--burst");
  if (options.simple === true) words.push("--worker-class", "rq.SimpleWorker");
  if (options.name !== undefined) words.push("--name", options.name);
  const child = startChild({
    command: [pythonPath(), "-c", ENTRY, ...words, ...(options.args ?? []), ...options.queues],
    env: { ...pythonEnv(options.version), BTU_TEST_RECORD: recordPath, ...options.env },
  });
  const calls = (): RecordedCall[] => readCalls(recordPath);
  return {
    child,
    calls,
    waitForCalls: (count, limits = {}) => {
      const look = (): RecordedCall[] | null => {
        const found = calls();
        return found.length >= count ? found : null;
      };
      return eventually(look, { ...limits, what: `${count} calls noted by a worker` });
    },
    [Symbol.asyncDispose]: async () => {
      await child[Symbol.asyncDispose]();
      dir[Symbol.dispose]();
    },
  };
}

/**
 * Runs a worker until its queues are empty, and gives the calls that its jobs noted and what it printed.
 *
 * @throws Error when it does not end well within 30 s. RQ ends with 0 also after a job that it could not read: look at
 *   the calls.
 */
export async function runRqBurst(
  options: Omit<RqWorkerOptions, "burst">,
): Promise<{ readonly calls: RecordedCall[]; readonly output: string }> {
  await using worker = startRqWorker({ ...options, burst: true });
  const timer = setTimeout(() => void worker.child.end("SIGKILL"), BURST_TIMEOUT_MS);
  const code = await worker.child.exited;
  clearTimeout(timer);
  const output = worker.child.output();
  if (code !== 0) throw new Error(`rq worker ${options.version} ended with ${code}:\n${output}`);
  return { calls: worker.calls(), output };
}

/** What `rq info --raw` of a version prints: `queue default 3`, `worker …`. */
export function rqInfo(version: RqVersion, redisUrl: string): Promise<string> {
  return runPython({ code: ENTRY, args: ["info", "--raw", "--url", redisUrl], rq: version });
}
