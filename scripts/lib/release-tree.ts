/** The folder that is packed for one target: the executable and everything an administrator gets with it. */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, extname, join } from "node:path";
import { compile, ROOT, run } from "./compile.ts";

/** What is built for: the names of the archives, what Bun calls it, and the machine's number in an ELF header. */
export const TARGETS = {
  "linux-x64": { bun: "bun-linux-x64", machine: 0x3e },
  "linux-arm64": { bun: "bun-linux-arm64", machine: 0xb7 },
  "linux-x64-musl": { bun: "bun-linux-x64-musl", machine: 0x3e },
  "linux-arm64-musl": { bun: "bun-linux-arm64-musl", machine: 0xb7 },
} as const;

export type Target = keyof typeof TARGETS;

/** Tells whether `name` is a target. */
export function isTarget(name: string): name is Target {
  return Object.hasOwn(TARGETS, name);
}

/** The target that this machine can run, as far as the kernel tells. */
export function ownTarget(): Target {
  const isMusl = run(["ldd", "--version"]).stderr.includes("musl");
  const name = `linux-${process.arch}${isMusl ? "-musl" : ""}`;
  if (!isTarget(name)) throw new Error(`there is no build for "${name}"`);
  return name;
}

/** Texts that lie at the top of an archive. */
const TEXTS = [
  "README.md",
  "CHANGELOG.md",
  "LICENSE-MIT",
  "LICENSE-APACHE",
  "btu_scheduler.toml.example",
  "packaging/btu_scheduler.service",
];
const COMPLETIONS = { bash: "btu.bash", zsh: "_btu", fish: "btu.fish" } as const;
const MACHINE_AT = 18;

/** What is the same for all targets. */
export interface Manuals {
  /** Man pages, such as `btu.1`. */
  readonly pages: readonly string[];
  /** File name → text. */
  readonly completions: ReadonlyMap<string, string>;
}

/**
 * Makes the man pages, and asks the executable of this machine for its completions.
 *
 * @throws Error when one is missing.
 */
export function makeManuals(): Manuals {
  const folder = join(ROOT, "dist/man");
  // Pages of commands that are no more must not be packed.
  rmSync(folder, { recursive: true, force: true });
  const made = run([process.execPath, "scripts/make-man.ts"]);
  if (made.exitCode !== 0) throw new Error(`make the man pages: ${made.stdout}${made.stderr}`);
  const pages = [...new Bun.Glob("**/*.[1-8]").scanSync(folder)].toSorted();
  if (pages.length === 0) throw new Error(`make the man pages: none came to ${folder}`);
  const completions = new Map<string, string>();
  for (const [shell, name] of Object.entries(COMPLETIONS)) {
    const ran = run([join(ROOT, "dist/btu"), "completion", shell]);
    if (ran.exitCode !== 0 || ran.stdout === "") {
      throw new Error(`make the completions of ${shell}: ${ran.stderr}`);
    }
    completions.set(name, ran.stdout);
  }
  return { pages: pages.map((page) => join(folder, page)), completions };
}

/** An executable for another machine cannot be tried here; that it is one for that machine can be seen. */
function checkMachine(path: string, target: Target): void {
  const header = Buffer.alloc(MACHINE_AT + 2);
  const handle = openSync(path, "r");
  readSync(handle, header);
  closeSync(handle);
  if (header.toString("latin1", 1, 4) !== "ELF")
    throw new Error(`build for ${target}: no executable came out`);
  const machine = header.readUInt16LE(MACHINE_AT);
  if (machine !== TARGETS[target].machine) {
    throw new Error(`build for ${target}: it came out for machine 0x${machine.toString(16)}`);
  }
}

/** `install.sh` as it is released: it knows where releases lie and who signed them. */
function releasedInstaller(): string {
  const text = readFileSync(join(ROOT, "install.sh"), "utf8");
  const filled = {
    REPOSITORY: process.env["GITHUB_REPOSITORY"] ?? "",
    MINISIGN_KEY: process.env["MINISIGN_PUBLIC_KEY"] ?? "",
  };
  return Object.entries(filled).reduce((script, [name, value]) => {
    if (!/^[\w./+=-]*$/.test(value)) throw new Error(`${name} "${value}": unexpected characters`);
    return script.replace(`\n${name}=\${BTU_SCHEDULER_${name}:-}\n`, (line) =>
      value === "" ? line : line.replace(":-}", `:-${value}}`),
    );
  }, text);
}

/** What a tree is made from. */
export interface TreeOptions {
  readonly target: Target;
  readonly version: string;
  readonly manuals: Manuals;
  /** Must not exist yet. */
  readonly folder: string;
}

/** Builds the executable of a target and lays everything out. */
export function makeTree({ target, version, manuals, folder }: TreeOptions): void {
  // The path of the folder is no part of the bytes; the file's name is, and it is always this one.
  mkdirSync(folder, { recursive: true });
  const executable = join(folder, "btu");
  compile({ outfile: executable, target: TARGETS[target].bun, version });
  for (const map of new Bun.Glob("*.map").scanSync(folder)) rmSync(join(folder, map));
  checkMachine(executable, target);
  chmodSync(executable, 0o755);
  linkSync(executable, join(folder, "btu-daemon"));
  for (const text of TEXTS) {
    copyFileSync(join(ROOT, text), join(folder, basename(text)));
    chmodSync(join(folder, basename(text)), 0o644);
  }
  writeFileSync(join(folder, "install.sh"), releasedInstaller(), { mode: 0o755 });
  writeFileSync(join(folder, "VERSION"), `${version} ${target}\n`, { mode: 0o644 });
  mkdirSync(join(folder, "completions"));
  for (const [name, text] of manuals.completions) {
    writeFileSync(join(folder, "completions", name), text, { mode: 0o644 });
  }
  for (const page of manuals.pages) {
    const place = join(folder, "man", `man${extname(page).slice(1)}`, basename(page));
    cpSync(page, place);
    chmodSync(place, 0o644);
  }
}
