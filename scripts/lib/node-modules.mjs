/** The npm packages of the lock file. */
import { existsSync, lstatSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./run.mjs";
import { SetupError, tell } from "./tell.mjs";

const NPM_TIMEOUT_MS = 600_000;

function packagesOf(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).packages : {};
}

/** Whether every package of the lock file lies in node_modules in that version; other platforms' may be missing. */
function isComplete(root) {
  const wanted = packagesOf(join(root, "package-lock.json"));
  const present = packagesOf(join(root, "node_modules", ".package-lock.json"));
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === "" ||
      (present[path] === undefined ? optional === true : present[path].version === version),
  );
}

/** The Bun that the project is built and tested with. */
export function bunPath(root) {
  return join(root, "node_modules", ".bin", "bun");
}

async function bunRuns(root) {
  return (await run(bunPath(root), ["--version"])).code === 0;
}

/**
 * Runs `npm ci` where node_modules is missing or not that of the lock file.
 *
 * @throws SetupError when node_modules is a link, or when Bun cannot be started afterwards.
 */
export async function ensureNodeModules(root) {
  if (isComplete(root) && (await bunRuns(root))) return;
  const folder = join(root, "node_modules");
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink() === true) {
    // `npm ci` would empty the folder that others use too.
    throw new SetupError(
      `"${folder}" is a link to packages of another lock file; run npm ci there`,
    );
  }
  tell("installing the npm packages of package-lock.json");
  const installed = await run("npm", ["ci"], { cwd: root, timeoutMs: NPM_TIMEOUT_MS });
  if (installed.code !== 0) throw new SetupError(`npm ci failed:\n${installed.output}`);
  if (await bunRuns(root)) return;
  // npm was told not to run install scripts; Bun's own puts its executable in place.
  await run(process.execPath, ["node_modules/bun/install.js"], { cwd: root });
  const tried = await run(bunPath(root), ["--version"]);
  if (tried.code !== 0) {
    throw new SetupError(`starting Bun from node_modules failed:\n${tried.output}`);
  }
}
