/** The Python of the tests, where there is one: the peers are measured with it. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

const CACHED = resolve(import.meta.dir, "../.cache/python/venv/bin/python");

/** The path of the interpreter, or null; `npm test` makes it. */
export function findPython(): string | null {
  const wanted = process.env["BTU_TEST_PYTHON"] ?? CACHED;
  return existsSync(wanted) ? wanted : null;
}
