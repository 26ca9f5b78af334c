/** Python for tests and demo: one virtual environment, and every RQ version in a folder of its own beside it. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";
import { which } from "./system-packages.mjs";
import { SetupError, tell } from "./tell.mjs";

const PIP_TIMEOUT_MS = 300_000;
/** pip mostly waits for the network. */
const PIP_AT_ONCE = 3;

/** Later versions of click complain about the command lines of these, or lack what `rq info` of 1.8 calls. */
const OLD = ["redis==4.3.4", "click==8.0.4"];

/** Folder name → what pip puts into it: each RQ with a redis-py of its time. */
const RQ_VERSIONS = {
  "1.8.1": ["rq==1.8.1", ...OLD],
  "1.13.0": ["rq==1.13.0", ...OLD],
  "1.15.1": ["rq==1.15.1", ...OLD],
  "1.16.2": ["rq==1.16.2", ...OLD],
  "2.0.0": ["rq==2.0.0", ...OLD],
  "2.6.1": ["rq==2.6.1", "redis==7.1.1"],
  "2.10.0": ["rq==2.10.0", "redis==8.1.0"],
  "rq-scheduler-0.14": ["rq-scheduler==0.14", "rq==2.6.1", "redis==7.1.1"],
};

/** What the tests import beside RQ; setuptools brings `distutils` back, which RQ 1.8 asks for and Python 3.12 lacks. */
const VENV_PACKAGES = ["croniter==7.0.0", "setuptools==80.9.0"];

const STAMP = ".complete";

/** Whether a folder holds just this, whole: the stamp is written last. */
function isStamped(folder, text) {
  const stamp = join(folder, STAMP);
  return existsSync(stamp) && readFileSync(stamp, "utf8") === text;
}

async function pip(python, args) {
  const words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"];
  const ran = await run(python, [...words, ...args], { timeoutMs: PIP_TIMEOUT_MS });
  if (ran.code !== 0) throw new SetupError(`pip install ${args.join(" ")} failed:\n${ran.output}`);
}

/** Builds a folder beside its place and then moves it there, so that a half one is never taken for whole. */
async function makeFolder(folder, stamp, build) {
  if (isStamped(folder, stamp)) return;
  const building = `${folder}.${process.pid}.new`;
  rmSync(building, { recursive: true, force: true });
  await build(building);
  writeFileSync(join(building, STAMP), stamp);
  rmSync(folder, { recursive: true, force: true });
  renameSync(building, folder);
}

async function ensureVenv(folder) {
  const system = which("python3");
  const { output } = await run(system, ["-c", "import sys; print(sys.version, sys.base_prefix)"]);
  const stamp = [output.trim(), ...VENV_PACKAGES].join("\n");
  const python = join(folder, "bin", "python");
  if (isStamped(folder, stamp)) return python;
  // Its scripts carry its own path, so it cannot be built elsewhere and moved.
  rmSync(folder, { recursive: true, force: true });
  tell("making a Python environment");
  const made = await run(system, ["-m", "venv", folder], { timeoutMs: PIP_TIMEOUT_MS });
  if (made.code !== 0) throw new SetupError(`python3 -m venv failed:\n${made.output}`);
  await pip(python, VENV_PACKAGES);
  writeFileSync(join(folder, STAMP), stamp);
  return python;
}

async function eachOf(items, atOnce, work) {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/**
 * Makes sure that Python and these versions of RQ are there, under `.cache/python` of the project.
 *
 * @returns `{ python, rqDir }`: the interpreter (croniter can be imported), and the folder with one folder a version,
 *   each to be put on PYTHONPATH.
 * @throws SetupError when pip fails.
 */
export async function ensurePython(root, versions = Object.keys(RQ_VERSIONS)) {
  const home = join(root, ".cache", "python");
  const rqDir = join(home, "rq");
  mkdirSync(rqDir, { recursive: true });
  const python = await ensureVenv(join(home, "venv"));
  const { output } = await run(python, ["-c", "import sys; print(sys.version_info[:2])"]);
  await eachOf(versions, PIP_AT_ONCE, (version) => {
    const requirements = RQ_VERSIONS[version];
    const stamp = [output.trim(), ...requirements].join("\n");
    return makeFolder(join(rqDir, version), stamp, (building) => {
      tell(`installing ${requirements[0].replace("==", " ")} for Python`);
      return pip(python, ["--target", building, ...requirements]);
    });
  });
  return { python, rqDir };
}
