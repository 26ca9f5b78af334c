/** The tests by the server they need, as the suffix of their file tells. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { bunPath } from "./node-modules.mjs";
import { run } from "./run.mjs";

const MINUTE_MS = 60_000;

/**
 * In the order they are run. `testMs` bounds one test, `allMs` the whole class; `atOnce` files run side by side. Those of
 * the machine make users and files that others would find, and get it for themselves.
 */
const CLASSES = [
  { name: "unit", tools: [], testMs: 20_000, allMs: 3 * MINUTE_MS, atOnce: 2 },
  { name: "redis", tools: ["redis", "openssl"], testMs: 30_000, allMs: 4 * MINUTE_MS, atOnce: 2 },
  {
    name: "sql",
    tools: ["mariadb", "postgres"],
    testMs: MINUTE_MS,
    allMs: 4 * MINUTE_MS,
    atOnce: 2,
  },
  {
    name: "python",
    tools: ["python", "redis"],
    testMs: MINUTE_MS,
    allMs: 4 * MINUTE_MS,
    atOnce: 2,
  },
  {
    name: "e2e",
    tools: [
      "redis",
      "mariadb",
      "postgres",
      "python",
      "faketime",
      "openssl",
      "shellcheck",
      "busybox",
      "bash",
      "zsh",
      "fish",
      "groff",
    ],
    testMs: 3 * MINUTE_MS,
    allMs: 10 * MINUTE_MS,
    atOnce: 2,
  },
  {
    name: "machine",
    tools: ["redis", "python"],
    testMs: MINUTE_MS,
    allMs: 4 * MINUTE_MS,
    atOnce: 1,
  },
  {
    name: "faults",
    tools: ["redis", "mariadb", "faketime"],
    testMs: 2 * MINUTE_MS,
    allMs: 8 * MINUTE_MS,
    atOnce: 2,
  },
];

/** Under `npm run test:full` everything may take this many times as long. */
const FULL_FACTOR = 10;

/** The names that may be asked for: `npm test -- redis`. */
export const CLASS_NAMES = CLASSES.map(({ name }) => name);

function classOf(file) {
  return /\.(redis|sql|python|e2e|machine|faults)\.test\.ts$/.exec(file)?.[1] ?? "unit";
}

/** Every test file of the project, as `./test/…`. */
export function findTestFiles(root) {
  return readdirSync(join(root, "test"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
    .map((entry) => `./${relative(root, join(entry.parentPath ?? entry.path, entry.name))}`)
    .toSorted();
}

/** The classes that these files belong to, each with its files. */
export function sortIntoClasses(files) {
  return CLASSES.map((group) => ({
    ...group,
    files: files.filter((file) => classOf(file) === group.name),
  })).filter((group) => group.files.length > 0);
}

function numberBefore(word, output) {
  return Number(new RegExp(`^ *(\\d+) ${word}$`, "m").exec(output)?.[1] ?? 0);
}

function skippedIn(reportPath) {
  if (!existsSync(reportPath)) return [];
  const report = readFileSync(reportPath, "utf8");
  const cases = report.matchAll(
    /<testcase name="([^"]*)"[^>]*\bfile="([^"]*)"[^>]*>\s*<skipped( message="[^"]*")?/g,
  );
  return [...cases].map(([, name, file]) => `${file}: ${name}`);
}

/**
 * What a run of `bun test` says. Its exit code alone proves nothing: code under test that calls `process.exit(0)` ends
 * the run in silence, so the closing line must be there and count every file.
 */
function judge({ code, output, timedOut }, { files, allMs }) {
  const passed = numberBefore("pass", output);
  const failed = numberBefore("fail", output);
  const ran = /^Ran (\d+) tests? across (\d+) files?\./m.exec(output);
  const fault = (text) => ({ passed, failed: Math.max(failed, 1), fault: text });
  if (timedOut) return fault(`it was stopped after ${allMs / 1000} s`);
  if (ran === null) return fault(`bun test ended with code ${code} and without its closing line`);
  if (Number(ran[1]) === 0) return fault("no test was run");
  if (Number(ran[2]) !== files.length) return fault(`${ran[2]} of ${files.length} files were run`);
  if (code !== 0 && failed === 0) return fault(`bun test ended with code ${code}`);
  return { passed, failed, fault: null };
}

/**
 * Runs the files of one class, its output shown as it comes.
 *
 * @returns `{ passed, failed, skipped, fault }`; `skipped` names tests, `fault` tells what was wrong beside failed tests.
 */
export async function runClass(root, group, { env, full, leftMs }) {
  const factor = full ? FULL_FACTOR : 1;
  const allMs = Math.max(Math.min(group.allMs * factor, leftMs), 1_000);
  const reports = mkdtempSync(join(tmpdir(), "btu-report-"));
  const reportPath = join(reports, "junit.xml");
  const args = [
    "test",
    "--no-orphans",
    `--timeout=${group.testMs * factor}`,
    // bunfig.toml leaves out what needs a server; here everything that is named runs.
    "--path-ignore-patterns=",
    "--reporter=junit",
    `--reporter-outfile=${reportPath}`,
    ...(group.atOnce > 1 ? [`--parallel=${group.atOnce}`, "--only-failures"] : ["--isolate"]),
    ...group.files,
  ];
  try {
    const ran = await run(bunPath(root), args, { cwd: root, env, echo: true, timeoutMs: allMs });
    return { ...judge(ran, { files: group.files, allMs }), skipped: skippedIn(reportPath) };
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}
