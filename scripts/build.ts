/** Compiles src/main.ts to dist/btu-daemon and dist/btu, one executable under two names, and tries both. */
import { linkSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { compile, ROOT, run, VERSION } from "./lib/compile.ts";

const DIST = join(ROOT, "dist");
const BUILDING = join(DIST, ".building");
const NAMES = ["btu", "btu-daemon"] as const;
const OUTFILE = join(BUILDING, "btu");
const BYTES_PER_MB = 1_000_000;

/** Both names must answer `--version` with this version before they become visible under dist/. */
function smoke(name: string): void {
  const path = join(BUILDING, name);
  for (const [flag, wanted] of [
    ["--version", `${name} ${VERSION}`],
    ["--help", name],
  ] as const) {
    const ran = run([path, flag], { PATH: process.env["PATH"] });
    if (ran.exitCode !== 0 || !ran.stdout.includes(wanted)) {
      const told = `the new "${name} ${flag}" ended with code ${ran.exitCode}`;
      throw new Error(`${told} and did not print "${wanted}":\n${ran.stdout}${ran.stderr}`);
    }
  }
}

function build(): void {
  rmSync(BUILDING, { recursive: true, force: true });
  mkdirSync(BUILDING, { recursive: true });
  compile({ outfile: OUTFILE });
  linkSync(OUTFILE, join(BUILDING, "btu-daemon"));
  NAMES.forEach(smoke);
  for (const name of NAMES) {
    // An older file may be the directory entry of a running daemon: replace the entry, never its bytes.
    rmSync(join(DIST, name), { force: true });
    renameSync(join(BUILDING, name), join(DIST, name));
  }
  rmSync(BUILDING, { recursive: true, force: true });
}

try {
  build();
  const { size } = statSync(join(DIST, "btu"));
  process.stdout.write(
    `dist/btu-daemon and dist/btu: ${VERSION}, ${(size / BYTES_PER_MB).toFixed(1)} MB\n`,
  );
} catch (error) {
  process.stderr.write(`build: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
