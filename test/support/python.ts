/** Real Python, with RQ in the version that is asked for. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { mustRun } from "./child.ts";
import { CACHE_DIR } from "./template-dir.ts";

/** The RQ versions that lie ready. */
export const RQ_VERSIONS = [
  "1.8.1",
  "1.13.0",
  "1.15.1",
  "1.16.2",
  "2.0.0",
  "2.6.1",
  "2.10.0",
] as const;
export type RqVersion = (typeof RQ_VERSIONS)[number];

const MODULES = resolve(import.meta.dir, "python");

function mustExist(path: string): string {
  if (!existsSync(path)) throw new Error(`"${path}" is missing; "npm test" makes it`);
  return path;
}

/** The interpreter of the tests' virtual environment; it can import croniter. */
export function pythonPath(): string {
  const wanted = process.env["BTU_TEST_PYTHON"];
  return mustExist(wanted ?? join(CACHE_DIR, "python/venv/bin/python"));
}

/** The folder to import a version of RQ from, or rq-scheduler. */
function rqFolder(version: RqVersion | "rq-scheduler-0.14"): string {
  const folder = process.env["BTU_TEST_RQ_DIR"] ?? join(CACHE_DIR, "python/rq");
  return mustExist(join(folder, version));
}

/** PYTHONPATH for a program that imports RQ, the functions of test/support/python, and the stand-in `frappe` and `btu`. */
export function pythonEnv(
  rq?: RqVersion | "rq-scheduler-0.14",
): Readonly<Record<string, string | undefined>> {
  const folders = [MODULES, join(MODULES, "frappe_standin")];
  if (rq !== undefined) folders.push(rqFolder(rq));
  return {
    PYTHONPATH: folders.join(":"),
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONUNBUFFERED: "1",
    PYTHONIOENCODING: "utf-8",
  };
}

/** What to run: `code` as after `python -c`, or `script`, a file of test/support/python. */
export interface PythonRun {
  readonly code?: string;
  readonly script?: string;
  readonly args?: readonly string[];
  readonly rq?: RqVersion | "rq-scheduler-0.14";
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs?: number;
}

/**
 * Runs Python and gives what it printed.
 *
 * @throws Error with its traceback when it fails.
 */
export function runPython(run: PythonRun): Promise<string> {
  const program = run.script === undefined ? ["-c", run.code ?? ""] : [join(MODULES, run.script)];
  const command = [pythonPath(), ...program, ...(run.args ?? [])];
  const limits = run.timeoutMs === undefined ? {} : { timeoutMs: run.timeoutMs };
  return mustRun({ command, env: { ...pythonEnv(run.rq), ...run.env } }, limits);
}

/** Runs a script with `input` as JSON on its standard input; its standard output is JSON too. */
export async function askPython(script: string, input: unknown): Promise<unknown> {
  const child = Bun.spawn([pythonPath(), "-c", script], {
    stdin: Buffer.from(JSON.stringify(input)),
    stderr: "inherit",
  });
  const text = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error("the Python script failed");
  return JSON.parse(text);
}
