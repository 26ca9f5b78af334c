/** Packs releases into dist/: an archive for each target, .deb and .rpm where they can be made, SHA256SUMS and SBOM. */
import { createHash } from "node:crypto";
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { commitSeconds, ROOT, run, VERSION } from "./lib/compile.ts";
import { isTarget, makeManuals, makeTree, ownTarget, TARGETS } from "./lib/release-tree.ts";
import type { Manuals, Target } from "./lib/release-tree.ts";
import { sbomText } from "./lib/sbom.ts";
import { makeDeb, makeRpm, missingPackers } from "./lib/system-package.ts";

const USAGE = `Usage: npm run package [-- options]

  --target T       linux-x64, linux-arm64, linux-x64-musl or linux-arm64-musl; may come several times; default: all
                   that this machine can build (the compiler's parts for others come from the npm registry)
  --all            everything, and fail when something cannot be made
  --out DIR        where to write; default: dist
  --archives-only  no .deb, no .rpm, no SBOM
  --as-version X   write this version into it, to try upgrades; default: that of package.json

The executables of dist/ are built first, since the one of this machine writes the completions.
`;

const BYTES_PER_MB = 1_000_000;
const OWN_FILES = /^btu-scheduler[-_].*\.(tar\.gz|deb|rpm|cdx\.json)$|^SHA256SUMS$/;

interface Plan {
  readonly targets: readonly Target[];
  /** Whether a target of another machine may be left out. */
  readonly mayLeaveOut: boolean;
  /** Whether nothing at all may be left out. */
  readonly isAll: boolean;
  readonly out: string;
  readonly archivesOnly: boolean;
  readonly version: string;
}

function readPlan(): Plan {
  const { values } = parseArgs({
    options: {
      target: { type: "string", multiple: true },
      all: { type: "boolean" },
      out: { type: "string" },
      "archives-only": { type: "boolean" },
      "as-version": { type: "string" },
    },
  });
  const wanted = values.target ?? Object.keys(TARGETS);
  const targets = wanted.map((name) => {
    if (!isTarget(name)) throw new Error(`--target "${name}": unknown\n${USAGE}`);
    return name;
  });
  return {
    targets,
    isAll: values.all ?? false,
    mayLeaveOut: values.target === undefined && values.all !== true,
    out: resolve(ROOT, values.out ?? "dist"),
    archivesOnly: values["archives-only"] ?? false,
    version: values["as-version"] ?? VERSION,
  };
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`);
}

function mustRun(command: readonly string[]): void {
  const ran = run(command);
  if (ran.exitCode !== 0) throw new Error(`${command.join(" ")}:\n${ran.stdout}${ran.stderr}`);
}

/** One folder with everything in it; the same commit gives the same bytes. */
function pack(tree: string, file: string, seconds: number): void {
  const same = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", `--mtime=@${seconds}`];
  const [parent, name] = [resolve(tree, ".."), basename(tree)];
  // gzip would write the time into its head.
  mustRun(["tar", "--use-compress-program=gzip -n", ...same, "-C", parent, "-cf", file, name]);
}

interface Packing {
  readonly plan: Plan;
  readonly manuals: Manuals;
  readonly work: string;
}

function packTarget(target: Target, { plan, manuals, work }: Packing): void {
  const { version, out } = plan;
  const seconds = commitSeconds();
  const name = `btu-scheduler-${version}-${target}`;
  const tree = join(work, target, name);
  makeTree({ target, version, manuals, folder: tree });
  if (target === ownTarget()) mustRun([join(tree, "btu"), "--version"]);
  pack(tree, join(out, `${name}.tar.gz`), seconds);
  tell(`${name}.tar.gz`);
  if (!plan.archivesOnly) {
    const options = {
      target,
      version,
      tree,
      work: join(work, target),
      out,
      commitSeconds: seconds,
    };
    for (const file of [makeDeb(options), makeRpm(options)])
      if (file !== null) tell(basename(file));
  }
  rmSync(tree, { recursive: true });
}

/** Only what this machine runs itself can be built without the registry. */
function packOrLeaveOut(target: Target, packing: Packing): void {
  try {
    packTarget(target, packing);
  } catch (error) {
    if (!packing.plan.mayLeaveOut || target === ownTarget()) throw error;
    tell(`LEFT OUT  ${target}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function tellMissing({ isAll }: Plan): void {
  for (const name of missingPackers()) {
    const text = `${name === "rpmbuild" ? ".rpm" : ".deb"}: ${name} is not installed`;
    if (isAll) throw new Error(text);
    tell(`LEFT OUT  ${text}`);
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function writeSums(out: string): Promise<void> {
  const files = readdirSync(out).filter((name) => OWN_FILES.test(name) && name !== "SHA256SUMS");
  const lines: string[] = [];
  for (const name of files.toSorted()) lines.push(`${await sha256(join(out, name))}  ${name}\n`);
  writeFileSync(join(out, "SHA256SUMS"), lines.join(""));
}

async function main(): Promise<void> {
  if (process.argv.includes("--help")) return tell(USAGE.trimEnd());
  const plan = readPlan();
  mkdirSync(plan.out, { recursive: true });
  mustRun([process.execPath, "scripts/build.ts"]);
  const manuals = makeManuals();
  if (!plan.archivesOnly) tellMissing(plan);
  for (const name of readdirSync(plan.out)) if (OWN_FILES.test(name)) rmSync(join(plan.out, name));
  const work = mkdtempSync(join(tmpdir(), "btu-package-"));
  try {
    for (const target of plan.targets) packOrLeaveOut(target, { plan, manuals, work });
    if (!plan.archivesOnly) {
      const sbom = `btu-scheduler-${plan.version}.cdx.json`;
      writeFileSync(join(plan.out, sbom), sbomText(plan.version, commitSeconds()));
      tell(sbom);
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  await writeSums(plan.out);
  const sizes = readdirSync(plan.out).filter((name) => OWN_FILES.test(name));
  const bytes = sizes.reduce((sum, name) => sum + Bun.file(join(plan.out, name)).size, 0);
  tell(`${sizes.length} files in ${plan.out}, ${(bytes / BYTES_PER_MB).toFixed(1)} MB`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`package: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
