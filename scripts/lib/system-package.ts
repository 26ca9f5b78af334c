/** The .deb and .rpm of one target, laid out for /usr. */
import {
  chmodSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { ROOT, run } from "./compile.ts";
import type { Target } from "./release-tree.ts";

/** What is packed. */
export interface PackageOptions {
  readonly target: Target;
  readonly version: string;
  /** The release tree. */
  readonly tree: string;
  /** For intermediate files. */
  readonly work: string;
  /** Where the package goes. */
  readonly out: string;
  readonly commitSeconds: number;
}

const MAINTAINER = "BTU Scheduler maintainers <maintainers@btu-scheduler.invalid>";
const SUMMARY = "Puts RQ jobs on their queues at the second they are due";
const EXECUTABLES = ["btu-daemon", "btu_scheduler_daemon"];

/** As each kind of package calls the machine; the ones with musl are for systems with other packages. */
const ARCHITECTURES: Readonly<Record<Target, { deb: string; rpm: string } | null>> = {
  "linux-x64": { deb: "amd64", rpm: "x86_64" },
  "linux-arm64": { deb: "arm64", rpm: "aarch64" },
  "linux-x64-musl": null,
  "linux-arm64-musl": null,
};

function mustRun(command: readonly string[], seconds: number): void {
  const ran = run(command, { ...process.env, SOURCE_DATE_EPOCH: String(seconds) });
  if (ran.exitCode !== 0) throw new Error(`${command.join(" ")}:\n${ran.stdout}${ran.stderr}`);
}

/** The tree as it lies on a system. */
function layOut(tree: string, root: string): void {
  const place = (from: string, to: string): void => cpSync(join(tree, from), join(root, to));
  mkdirSync(join(root, "usr/bin"), { recursive: true });
  place("btu", "usr/bin/btu");
  for (const name of EXECUTABLES) linkSync(join(root, "usr/bin/btu"), join(root, "usr/bin", name));
  const unit = readFileSync(join(tree, "btu_scheduler.service"), "utf8");
  const units = join(root, "usr/lib/systemd/system");
  mkdirSync(units, { recursive: true });
  writeFileSync(join(units, "btu_scheduler.service"), unit.replaceAll("/usr/local/", "/usr/"));
  for (const section of readdirSync(join(tree, "man"))) {
    cpSync(join(tree, "man", section), join(root, "usr/share/man", section), { recursive: true });
  }
  place("completions/btu.bash", "usr/share/bash-completion/completions/btu");
  place("completions/_btu", "usr/share/zsh/site-functions/_btu");
  place("completions/btu.fish", "usr/share/fish/vendor_completions.d/btu.fish");
  for (const name of [
    "README.md",
    "CHANGELOG.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "btu_scheduler.toml.example",
  ]) {
    place(name, join("usr/share/doc/btu_scheduler", name));
  }
}

/** Size on disk in KiB, a file with several names counted once. */
function installedKib(root: string): number {
  return Number(run(["du", "-sk", root]).stdout.split("\t")[0]);
}

/** What is missing on this machine to make .deb and .rpm. */
export function missingPackers(): string[] {
  return ["dpkg-deb", "rpmbuild"].filter((name) => Bun.which(name) === null);
}

/** Makes the .deb; null without dpkg-deb, or where the target has none. Nothing is stripped: that would cut the program off the runtime. */
export function makeDeb(options: PackageOptions): string | null {
  const names = ARCHITECTURES[options.target];
  if (names === null || missingPackers().includes("dpkg-deb")) return null;
  const { tree, work, out, version, commitSeconds } = options;
  const root = join(work, "deb");
  layOut(tree, root);
  const control = join(root, "DEBIAN");
  mkdirSync(control);
  const fields = {
    Package: packageJson.name,
    Version: version.replace("-", "~"),
    Architecture: names.deb,
    Maintainer: MAINTAINER,
    "Installed-Size": String(installedKib(root)),
    Depends: "libc6 (>= 2.17), passwd",
    Section: "admin",
    Priority: "optional",
    Description: SUMMARY,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
  writeFileSync(join(control, "control"), lines.join(""));
  for (const [script, place] of [
    ["after-install.sh", "postinst"],
    ["before-remove.sh", "prerm"],
    ["after-remove.sh", "postrm"],
  ] as const) {
    cpSync(join(ROOT, "packaging", script), join(control, place));
    chmodSync(join(control, place), 0o755);
  }
  const file = join(out, `${packageJson.name}_${version}_${names.deb}.deb`);
  mustRun(["dpkg-deb", "--root-owner-group", "-Zxz", "-z1", "--build", root, file], commitSeconds);
  rmSync(root, { recursive: true });
  return file;
}

/** Makes the .rpm; null without rpmbuild, or where the target has none. */
export function makeRpm(options: PackageOptions): string | null {
  const names = ARCHITECTURES[options.target];
  if (names === null || missingPackers().includes("rpmbuild")) return null;
  const { tree, work, out, version, commitSeconds } = options;
  const root = join(work, "rpm-root");
  layOut(tree, root);
  const file = `${packageJson.name}-${version}.${names.rpm}.rpm`;
  const defines = {
    _topdir: join(work, "rpm"),
    _rpmdir: resolve(out),
    btu_version: version.replace("-", "~"),
    btu_summary: SUMMARY,
    btu_licence: packageJson.license,
    btu_root: root,
    btu_scripts: join(ROOT, "packaging"),
    _build_name_fmt: file,
  };
  const words = Object.entries(defines).flatMap(([name, value]) => [
    "--define",
    `${name} ${value}`,
  ]);
  const spec = join(ROOT, "packaging/btu_scheduler.spec");
  mustRun(["rpmbuild", "-bb", "--target", `${names.rpm}-linux`, ...words, spec], commitSeconds);
  rmSync(root, { recursive: true });
  return join(out, file);
}
