/**
 * Everything that `npm test` does, on plain Node: installs what is missing, checks, builds, runs every test, and closes
 * with one line: "N passed, N failed".
 */
import { fileURLToPath } from "node:url";
import { CLASS_NAMES, findTestFiles, runClass, sortIntoClasses } from "./lib/bun-tests.mjs";
import { ensureNodeModules } from "./lib/node-modules.mjs";
import { ensurePython } from "./lib/python.mjs";
import { endWithChildren, run } from "./lib/run.mjs";
import { ensureTools, missingTools } from "./lib/system-packages.mjs";
import { heading, inSeconds, SetupError, tell } from "./lib/tell.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

const MINUTE_MS = 60_000;
/** Tests that ask for more belong into the full run. */
const TIME_LIMIT_MS = 14 * MINUTE_MS;
const FULL_TIME_LIMIT_MS = 80 * MINUTE_MS;
/** Classes that need the program built. */
const RUN_THE_PROGRAM = new Set(["e2e", "machine", "faults"]);
const CHECK_TIMEOUT_MS = 3 * MINUTE_MS;

const USAGE = `Usage: npm test [-- [options] [what ...]]

  what           test files, or classes of them: ${CLASS_NAMES.join(", ")}; without any, everything
  --full         long forms of the long tests (npm run test:full)
  --no-install   install nothing on the system, tell what is missing
`;

/** Checks that need no server, each counted as one test. */
const CHECKS = [
  ["format", "node_modules/.bin/oxfmt", ["--check"]],
  ["lint", "node_modules/.bin/oxlint", ["--type-aware", "--deny-warnings"]],
  ["types", "node_modules/.bin/tsc", ["--noEmit"]],
  ["unused code", "node_modules/.bin/knip", []],
  ["build", "node_modules/.bin/bun", ["scripts/build.ts"]],
];

function parseArguments(args) {
  const flags = args.filter((arg) => arg.startsWith("-"));
  const unknown = flags.find((flag) => !["--full", "--no-install", "--help"].includes(flag));
  if (unknown !== undefined || flags.includes("--help")) {
    process.stderr.write(unknown === undefined ? USAGE : `unknown option "${unknown}"\n\n${USAGE}`);
    process.exit(unknown === undefined ? 0 : 2);
  }
  return {
    full: flags.includes("--full") || process.env.BTU_TEST_FULL === "1",
    consent: flags.includes("--no-install") ? "no" : "yes",
    wanted: args.filter((arg) => !arg.startsWith("-")),
  };
}

/** The test files that the words mean: a class by its name, or files by a path or a part of it. */
function choose(files, words) {
  if (words.length === 0) return files;
  const classes = sortIntoClasses(files);
  const chosen = words.flatMap((word) => {
    const group = classes.find(({ name }) => name === word);
    const found = group?.files ?? files.filter((file) => file.includes(word.replace(/^\.\//, "")));
    if (found.length === 0) throw new SetupError(`no test file is meant by "${word}"\n\n${USAGE}`);
    return found;
  });
  return [...new Set(chosen)];
}

/** Does a part of the preparation; when it fails, that counts as a failed test and the rest goes on. */
async function tryStep(name, results, work) {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    tell(`FAILED  ${name}: ${error.message}`);
    results.push(failedStep(name));
    return null;
  }
}

/** Tools that are missing after the attempt to install them; with `--no-install` that is no fault. */
async function installTools(tools, consent, results) {
  if (consent !== "no") {
    await tryStep("installation", results, () => ensureTools(tools, { consent }));
  }
  return missingTools(tools);
}

/** Installs what the classes need, and leaves out those for which something is missing. */
async function prepare(wanted, consent, results) {
  await ensureNodeModules(ROOT);
  const tools = [...new Set(wanted.flatMap((group) => group.tools))];
  const missing = await installTools(tools, consent, results);
  let python = null;
  if (tools.includes("python") && !missing.includes("python")) {
    python = await tryStep("Python packages", results, () => ensurePython(ROOT));
    if (python === null) missing.push("python");
  }
  const isReady = (group) => !group.tools.some((tool) => missing.includes(tool));
  for (const { name, files, tools: needed } of wanted.filter((group) => !isReady(group))) {
    const reason = needed.filter((tool) => missing.includes(tool)).join(", ");
    tell(`SKIPPED  ${files.length} files of ${name} tests, for want of ${reason}`);
  }
  return { classes: wanted.filter(isReady), python };
}

function failedStep(name) {
  return { name, passed: 0, failed: 1, skipped: [] };
}

async function check([name, command, args]) {
  const startMs = performance.now();
  const { code, output } = await run(command, args, { cwd: ROOT, timeoutMs: CHECK_TIMEOUT_MS });
  const took = inSeconds(performance.now() - startMs);
  tell(`${code === 0 ? "ok    " : "FAILED"}  ${name} (${took})`);
  if (code !== 0) tell(output.trimEnd());
  return { name, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] };
}

async function runTests(classes, { env, full, endMs }) {
  const results = [];
  for (const group of classes) {
    heading(`${group.name} tests: ${group.files.length} files`);
    const startMs = performance.now();
    const result = await runClass(ROOT, group, { env, full, leftMs: endMs - startMs });
    if (result.fault !== null) tell(`FAILED  ${group.name} tests: ${result.fault}`);
    results.push({ name: `${group.name} tests`, tookMs: performance.now() - startMs, ...result });
  }
  return results;
}

function tellResults(results) {
  heading("summary");
  for (const { name, passed, failed, tookMs } of results) {
    const took = tookMs === undefined ? "" : ` in ${inSeconds(tookMs)}`;
    tell(`${name}: ${passed} passed, ${failed} failed${took}`);
  }
  const skipped = results.flatMap((result) => result.skipped);
  if (skipped.length > 0) tell("skipped:");
  for (const text of skipped) tell(`  ${text}`);
}

/** The closing line; nothing may follow it. */
function close(results) {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  const failed = sum("failed");
  tell();
  tell(`${sum("passed")} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function main() {
  const startMs = performance.now();
  const { full, consent, wanted } = parseArguments(process.argv.slice(2));
  const results = [];
  try {
    heading("preparing");
    const chosen = sortIntoClasses(choose(findTestFiles(ROOT), wanted));
    const { classes, python } = await prepare(chosen, consent, results);
    const env = { ...process.env, BTU_TEST_FULL: full ? "1" : "0" };
    if (python !== null) {
      Object.assign(env, { BTU_TEST_PYTHON: python.python, BTU_TEST_RQ_DIR: python.rqDir });
    }
    tell(`ready after ${inSeconds(performance.now() - startMs)}`);
    heading("checks");
    const everything = wanted.length === 0;
    const needsBuild = everything || classes.some(({ name }) => RUN_THE_PROGRAM.has(name));
    for (const entry of CHECKS) {
      if (everything || (needsBuild && entry[0] === "build")) results.push(await check(entry));
    }
    const endMs = startMs + (full ? FULL_TIME_LIMIT_MS : TIME_LIMIT_MS);
    results.push(...(await runTests(classes, { env, full, endMs })));
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    tell(`FAILED  ${error.message}`);
    results.push(failedStep("preparation"));
  }
  tellResults(results);
  close(results);
}

endWithChildren();
await main();
