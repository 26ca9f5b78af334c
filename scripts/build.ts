/** Compiles src/main.ts to dist/btu-daemon and dist/btu, one executable under two names, and tries both. */
import { linkSync, mkdirSync, renameSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import packageJson from "../package.json" with { type: "json" };

const ROOT = resolve(import.meta.dir, "..");
const DIST = join(ROOT, "dist");
const BUILDING = join(DIST, ".building");
const NAMES = ["btu", "btu-daemon"] as const;

/** The name is written into the executable: another one would give other bytes. */
const OUTFILE = join(BUILDING, "btu");

const BYTES_PER_MB = 1_000_000;

interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(command: string[], env: Record<string, string | undefined> = process.env): Ran {
  const ran = Bun.spawnSync(command, { cwd: ROOT, env, stdin: "ignore" });
  return {
    exitCode: ran.exitCode,
    stdout: ran.stdout.toString(),
    stderr: ran.stderr.toString(),
  };
}

function fail(message: string, detail = ""): never {
  process.stderr.write(`build: ${message}\n${detail.trimEnd()}${detail === "" ? "" : "\n"}`);
  process.exit(1);
}

function git(...args: string[]): string {
  const ran = run(["git", ...args]);
  return ran.exitCode === 0 ? ran.stdout.trim() : "";
}

/** The commit that is checked out here, marked when tracked files differ from it; empty outside git. */
function commitOf(): string {
  // A source archive may lie inside somebody else's repository.
  if (Bun.which("git") === null || git("rev-parse", "--show-toplevel") !== ROOT) return "";
  const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
  return `${git("rev-parse", "--short=12", "HEAD")}${changed ? "+changes" : ""}`;
}

function define(name: string, value: string): string {
  return `--define=${name}=${JSON.stringify(value)}`;
}

function flags(): string[] {
  return [
    "--compile",
    // Without these two a .env or bunfig.toml in the current folder would run code in a root daemon.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    "--bytecode",
    // Bytecode alone means CommonJS, which has no top-level await.
    "--format=esm",
    // Each name loads its own side only.
    "--splitting",
    // Names are kept: foreign error classes are told by theirs.
    "--minify-syntax",
    "--minify-whitespace",
    "--sourcemap",
    // mysql2 looks for a colour printer that only its own debugging needs.
    "--allow-unresolved=cardinal*",
    // ioredis would carry the path of the build folder, and the bytes differ from folder to folder.
    define("__dirname", "/"),
    define("BTU_VERSION", packageJson.version),
    define("BTU_COMMIT", commitOf()),
    `--outfile=${OUTFILE}`,
  ];
}

function compile(): void {
  // NODE_ENV is fixed in the executable at this moment, "development" if nobody says otherwise.
  const ran = run([process.execPath, "build", ...flags(), "src/main.ts"], {
    ...process.env,
    NODE_ENV: "production",
  });
  const output = ran.stdout + ran.stderr;
  if (ran.exitCode !== 0) fail(`compiling src/main.ts ended with code ${ran.exitCode}`, output);
  // This one leaves exit code 0 and an executable that cannot start.
  if (/failed to generate bytecode/i.test(output)) fail("no bytecode was made", output);
}

/** Both names must answer `--version` with this version before they become visible under dist/. */
function smoke(name: string): void {
  const path = join(BUILDING, name);
  for (const [flag, wanted] of [
    ["--version", `${name} ${packageJson.version}`],
    ["--help", name],
  ] as const) {
    const ran = run([path, flag], { PATH: process.env["PATH"] });
    if (ran.exitCode !== 0 || !ran.stdout.includes(wanted)) {
      fail(
        `the new "${name} ${flag}" ended with code ${ran.exitCode} and did not print "${wanted}":`,
        ran.stdout + ran.stderr,
      );
    }
  }
}

rmSync(BUILDING, { recursive: true, force: true });
mkdirSync(BUILDING, { recursive: true });
compile();
linkSync(OUTFILE, join(BUILDING, "btu-daemon"));
NAMES.forEach(smoke);
for (const name of NAMES) {
  // An older file may be the directory entry of a running daemon: replace the entry, never its bytes.
  rmSync(join(DIST, name), { force: true });
  renameSync(join(BUILDING, name), join(DIST, name));
}
rmSync(BUILDING, { recursive: true, force: true });
const { size } = statSync(join(DIST, "btu"));
process.stdout.write(
  `dist/btu-daemon and dist/btu: ${packageJson.version}, ${(size / BYTES_PER_MB).toFixed(1)} MB\n`,
);
