/** Compiles the one executable, for this machine or another. */
import { resolve } from "node:path";
import packageJson from "../../package.json" with { type: "json" };

/** The top of the source tree. */
export const ROOT = resolve(import.meta.dir, "../..");

/** The version that is built. */
export const VERSION = packageJson.version;

/** What a program did. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program at the top of the source tree, to its end. */
export function run(
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Ran {
  const ran = Bun.spawnSync([...command], { cwd: ROOT, env: { ...env }, stdin: "ignore" });
  return {
    exitCode: ran.exitCode,
    stdout: ran.stdout.toString(),
    stderr: ran.stderr.toString(),
  };
}

function git(...args: string[]): string {
  const ran = run(["git", ...args]);
  return ran.exitCode === 0 ? ran.stdout.trim() : "";
}

function isCheckout(): boolean {
  // A source archive may lie inside somebody else's repository.
  return Bun.which("git") !== null && git("rev-parse", "--show-toplevel") === ROOT;
}

/** The commit that is checked out here, marked when tracked files differ from it; empty outside git. */
function commitOf(): string {
  if (!isCheckout()) return "";
  const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
  return `${git("rev-parse", "--short=12", "HEAD")}${changed ? "+changes" : ""}`;
}

/** When the checked-out commit was made, in epoch seconds; 0 outside git. The same commit gives the same packages. */
export function commitSeconds(): number {
  return isCheckout() ? Number(git("log", "-1", "--format=%ct")) : 0;
}

function define(name: string, value: string): string {
  return `--define=${name}=${JSON.stringify(value)}`;
}

const FLAGS = [
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
  // Most of what a daemon does it does seldom: code must run this many times as often as usual before machine code is made
  // of it, which takes memory that is never given back: 5 MB less with 10,000 schedules. Firing is as fast within what runs
  // differ by, the first crowd of jobs perhaps not; at 100 much is slower.
  "--compile-jit-policy=20",
  "--minify-syntax",
  "--minify-whitespace",
  "--sourcemap",
  // mysql2 looks for a colour printer that only its own debugging needs.
  "--allow-unresolved=cardinal*",
  // ioredis would carry the path of the build folder, and the bytes differ from folder to folder.
  define("__dirname", "/"),
];

/**
 * Writes an executable. The last part of `outfile` is written into it too: another name gives other bytes.
 *
 * @throws Error with the compiler's words.
 */
export function compile({
  outfile,
  target,
  version = VERSION,
}: {
  readonly outfile: string;
  /** As Bun calls it, "bun-linux-arm64"; without it, this machine. */
  readonly target?: string;
  readonly version?: string;
}): void {
  const flags = [
    ...FLAGS,
    define("BTU_VERSION", version),
    define("BTU_COMMIT", commitOf()),
    ...(target === undefined ? [] : [`--target=${target}`]),
    `--outfile=${outfile}`,
  ];
  // NODE_ENV is fixed in the executable at this moment, "development" if nobody says otherwise.
  const ran = run([process.execPath, "build", ...flags, "src/main.ts"], {
    ...process.env,
    NODE_ENV: "production",
  });
  const output = ran.stdout + ran.stderr;
  if (ran.exitCode !== 0) {
    throw new Error(`compiling src/main.ts ended with code ${ran.exitCode}:\n${output}`);
  }
  // This one leaves exit code 0 and an executable that cannot start.
  if (/failed to generate bytecode/i.test(output))
    throw new Error(`no bytecode was made:\n${output}`);
}
