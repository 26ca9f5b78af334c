/** Releases as people get them: packed here, installed below a throw-away root, upgraded, taken back, removed. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { mustRun, runChild } from "../support/child.ts";
import { findProgram } from "../support/find-program.ts";
import { startHttpServer } from "../support/http-server.ts";
import { INSTALLER, mustInstall, packRelease, runInstaller, TARGET } from "../support/release.ts";
import { runInTerminal } from "../support/terminal.ts";
import { tempDir } from "../support/temp-dir.ts";
import type { TempDir } from "../support/temp-dir.ts";

const [OLD, NEW] = ["0.9.0", "0.9.1"];
const NOBODY = { uid: 65_534, gid: 65_534 };
const NAMES = ["btu", "btu-daemon", "btu_scheduler_daemon"];
const PACKAGING = resolve(import.meta.dir, "../../packaging");

let dir: TempDir;
/** Folders with archives. */
let old: string;
let releases: string;
/** The same, unpacked: quicker to install. */
let oldTree: string;
let newTree: string;

beforeAll(async () => {
  dir = tempDir();
  // Others than root take part.
  chmodSync(dir.path, 0o755);
  old = dir.file("old");
  releases = dir.file("new");
  await packRelease(old, { version: OLD });
  await packRelease(releases, { version: NEW, everything: true });
  oldTree = await unpack(old, OLD);
  newTree = await unpack(releases, NEW);
}, 400_000);
afterAll(() => dir[Symbol.dispose]());

async function unpack(folder: string, version: string): Promise<string> {
  await mustRun({ command: ["tar", "-xzf", join(folder, archiveOf(version)), "-C", dir.path] });
  return dir.file(archiveOf(version).replace(".tar.gz", ""));
}

function freshRoot(): string {
  const root = dir.file(`root-${Bun.randomUUIDv7()}`);
  mkdirSync(root, { mode: 0o755 });
  return root;
}

/** Every file below a folder, with its path from there. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

async function versionOf(path: string): Promise<string> {
  return (await mustRun({ command: [path, "--version"] })).split(" ")[1] ?? "";
}

function archiveOf(version: string): string {
  return `btu-scheduler-${version}-${TARGET}.tar.gz`;
}

/** What user database and group file say of our account: no installation below another root may touch that. */
function accounts(): string[] {
  const lines = ["/etc/passwd", "/etc/group"].flatMap((path) =>
    readFileSync(path, "utf8").split("\n"),
  );
  return lines.filter((line) => /\bbtu\b(?!-)/.test(line));
}

describe("the scripts", () => {
  test("leave shellcheck nothing to say", async () => {
    const scripts = readdirSync(PACKAGING)
      .filter((name) => name.endsWith(".sh"))
      .map((name) => join(PACKAGING, name));
    const command = [findProgram("shellcheck"), INSTALLER, ...scripts];
    expect(await runChild({ command })).toMatchObject({ code: 0, stdout: "" });
  });
});

describe("an archive", () => {
  test("holds the executable under both names, and everything an administrator needs", async () => {
    const list = await mustRun({ command: ["tar", "-tzf", join(releases, archiveOf(NEW))] });
    const top = archiveOf(NEW).replace(".tar.gz", "");
    const names = list.trim().split("\n");
    for (const name of [
      "btu",
      "btu-daemon",
      "btu_scheduler.service",
      "btu_scheduler.toml.example",
      "install.sh",
      "completions/btu.bash",
      "completions/_btu",
      "completions/btu.fish",
      "man/man1/btu.1",
      "LICENSE-MIT",
      "LICENSE-APACHE",
      "README.md",
      "CHANGELOG.md",
    ]) {
      expect(names).toContain(`${top}/${name}`);
    }
  });

  test("has the same bytes when the same commit is packed again", async () => {
    await packRelease(dir.file("again"), { version: OLD });
    expect(readFileSync(join(dir.file("again"), "SHA256SUMS"), "utf8")).toBe(
      readFileSync(join(old, "SHA256SUMS"), "utf8"),
    );
  });
});

describe("install.sh below DESTDIR", () => {
  test("installs one file under all its names, the unit, and the configuration as 0640", async () => {
    const root = freshRoot();
    const before = accounts();
    const told = await mustInstall(["--from", old], { root });
    expect(told).toContain(`The SHA-256 of ${archiveOf(OLD)} is right.`);
    expect(told).toContain("systemctl enable --now btu_scheduler");
    const inodes = NAMES.map((name) => statSync(join(root, "usr/local/bin", name)).ino);
    expect(new Set(inodes).size).toBe(1);
    expect(await versionOf(join(root, "usr/local/bin/btu-daemon"))).toBe(OLD);
    const config = statSync(join(root, "etc/btu_scheduler/btu_scheduler.toml"));
    expect(config.mode & 0o777).toBe(0o640);
    expect(existsSync(join(root, "etc/systemd/system/btu_scheduler.service"))).toBe(true);
    for (const path of [
      "man/man1/btu.1",
      "bash-completion/completions/btu",
      "zsh/site-functions/_btu",
      "fish/vendor_completions.d/btu.fish",
    ]) {
      expect(existsSync(join(root, "usr/local/share", path))).toBe(true);
    }
    expect(accounts()).toEqual(before);
  });

  test("upgrades in place, takes that back, and comes forward again", async () => {
    const root = freshRoot();
    const config = join(root, "etc/btu_scheduler/btu_scheduler.toml");
    const btu = join(root, "usr/local/bin/btu");
    await mustInstall(["--from", join(old, archiveOf(OLD))], { root });
    appendFileSync(config, "\n# mine\n");
    const edited = readFileSync(config, "utf8");
    expect(await mustInstall(["--from", newTree], { root })).toContain(
      `BTU Scheduler was ${OLD} and is ${NEW} now.`,
    );
    expect(await versionOf(btu)).toBe(NEW);
    await mustInstall(["--rollback"], { root });
    expect(await versionOf(btu)).toBe(OLD);
    expect(await versionOf(join(root, "usr/local/bin/btu_scheduler_daemon"))).toBe(OLD);
    await mustInstall(["--rollback"], { root });
    expect(await versionOf(btu)).toBe(NEW);
    expect(readFileSync(config, "utf8")).toBe(edited);
  });

  test("keeps the way back when the same version is installed twice", async () => {
    const root = freshRoot();
    for (const from of [oldTree, newTree, newTree]) await mustInstall(["--from", from], { root });
    await mustInstall(["--rollback"], { root });
    expect(await versionOf(join(root, "usr/local/bin/btu"))).toBe(OLD);
  });

  test("replaces the executable of a daemon that runs, which goes on", async () => {
    const root = freshRoot();
    await mustInstall(["--from", oldTree], { root });
    const running = Bun.spawn([join(root, "usr/local/bin/btu"), "cron", "--stdin"], {
      stdin: "pipe",
      stdout: "pipe",
    });
    await mustInstall(["--from", newTree], { root });
    await running.stdin.write(`{"id":1,"cron":"0 2 * * *"}\n`);
    await running.stdin.end();
    expect(await new Response(running.stdout).text()).toContain('"id":1');
  });

  test("leaves nothing but the configuration when it uninstalls", async () => {
    const root = freshRoot();
    await mustInstall(["--from", oldTree], { root });
    await mustInstall(["--from", newTree], { root });
    expect(await mustInstall(["--uninstall"], { root })).toContain("The configuration stays in");
    expect(filesIn(root)).toEqual(["etc/btu_scheduler/btu_scheduler.toml"]);
    expect(existsSync(join(root, "usr"))).toBe(false);
  });

  test("takes the unpacked archive that it lies in, but not the installed one", async () => {
    const root = freshRoot();
    const run = (path: string): Promise<{ code: number; stderr: string }> =>
      runChild({
        command: ["sh", join(path, "install.sh")],
        env: { DESTDIR: root, BTU_SCHEDULER_RELEASES: undefined },
      });
    expect((await run(oldTree)).code).toBe(0);
    expect(await versionOf(join(root, "usr/local/bin/btu"))).toBe(OLD);
    const again = await run(join(root, "usr/local/lib/btu_scheduler/current"));
    expect(again.stderr).toContain("where to download from is not known");
  });

  test("asks no more of a system than BusyBox has, as on Alpine", async () => {
    const [root, programs] = [freshRoot(), dir.file("busybox")];
    const busybox = findProgram("busybox");
    mkdirSync(programs);
    const applets = await mustRun({ command: [busybox, "--list"] });
    for (const name of applets.trim().split("\n")) symlinkSync(busybox, join(programs, name));
    const env = { PATH: programs };
    await mustInstall(["--from", old], { root, env });
    await mustInstall(["--from", newTree], { root, env });
    await mustInstall(["--rollback"], { root, env });
    expect(await versionOf(join(root, "usr/local/bin/btu"))).toBe(OLD);
    await mustInstall(["--uninstall", "--purge"], { root, env });
    expect(readdirSync(root)).toEqual([]);
  });

  test("leaves nothing at all with --purge", async () => {
    const root = freshRoot();
    await mustInstall(["--from", oldTree], { root });
    await mustInstall(["--uninstall", "--purge"], { root });
    expect(readdirSync(root)).toEqual([]);
  });

  test("keeps what was there under its names, and brings it back", async () => {
    const root = freshRoot();
    const other = join(root, "usr/local/bin/btu-daemon");
    mkdirSync(join(root, "usr/local/bin"), { recursive: true });
    writeFileSync(other, "#!/bin/sh\necho another\n", { mode: 0o755 });
    expect(await mustInstall(["--from", oldTree], { root })).toContain("was another program's");
    expect(await versionOf(other)).toBe(OLD);
    await mustInstall(["--uninstall"], { root });
    expect(await mustRun({ command: [other] })).toBe("another\n");
  });

  test("writes no unit with --no-service, and its own prefix into the unit without", async () => {
    const root = freshRoot();
    await mustInstall(["--from", oldTree, "--no-service"], { root });
    expect(filesIn(root).filter((path) => path.startsWith("etc/systemd"))).toEqual([]);
    await mustInstall(["--from", oldTree, "--prefix=/opt/btu"], { root });
    const unit = readFileSync(join(root, "etc/systemd/system/btu_scheduler.service"), "utf8");
    expect(unit).toContain("\nExecStart=/opt/btu/bin/btu-daemon\n");
  });
});

describe("install.sh on a terminal", () => {
  test.each([
    ["y", true],
    ["n", false],
    ["", false],
  ])("asks before it deletes the configuration, and takes %p as %p", async (answer, isDeleted) => {
    const root = freshRoot();
    await mustInstall(["--from", oldTree], { root });
    const { code, plain } = await runInTerminal({
      command: ["sh", INSTALLER, "--uninstall"],
      columns: 120,
      env: { DESTDIR: root },
      typed: { after: /\[y\/N\] $/, keys: `${answer}\r` },
    });
    expect(plain).toContain("Delete the configuration in");
    expect(code).toBe(0);
    expect(existsSync(join(root, "etc/btu_scheduler/btu_scheduler.toml"))).toBe(!isDeleted);
  });
});

describe("install.sh refuses", () => {
  test("a damaged archive, and changes nothing", async () => {
    const [root, folder] = [freshRoot(), dir.file("damaged")];
    cpSync(old, folder, { recursive: true });
    appendFileSync(join(folder, archiveOf(OLD)), "x");
    const { code, stderr } = await runInstaller(["--from", folder], { root });
    expect(code).toBe(1);
    expect(stderr).toContain("its SHA-256 is not the one in SHA256SUMS");
    expect(readdirSync(root)).toEqual([]);
  });

  test("a build that does not run here, and leaves the present one in place", async () => {
    const [root, folder] = [freshRoot(), dir.file("broken")];
    await mustInstall(["--from", oldTree], { root });
    cpSync(newTree, folder, { recursive: true });
    writeFileSync(join(folder, "btu"), "#!/bin/sh\nexit 1\n");
    const { code, stderr } = await runInstaller(["--from", folder], { root });
    expect(code).toBe(1);
    expect(stderr).toContain("does not run on this machine; nothing was changed");
    expect(await versionOf(join(root, "usr/local/bin/btu"))).toBe(OLD);
  });

  test.each([
    [["--sideways"], 'unknown argument "--sideways"'],
    [["--prefix"], "--prefix: expected a value after it"],
    [["--purge"], "--purge: goes with --uninstall"],
    [["--target", "beos"], '--target "beos": expected linux-x64'],
    [["--web-user", "root"], "--web-user: no user can be changed"],
  ])("%p with exit code 2 and a word", async (args, word) => {
    const { code, stderr } = await runInstaller(args, { root: freshRoot() });
    expect(stderr).toContain(word);
    expect(code).toBe(2);
  });

  test("to work without knowing where from", async () => {
    const { code, stderr } = await runInstaller([], { root: freshRoot() });
    expect(stderr).toContain("set BTU_SCHEDULER_RELEASES");
    expect(code).toBe(1);
  });

  test("to go back where there is no version before", async () => {
    const root = freshRoot();
    await mustInstall(["--from", oldTree], { root });
    expect((await runInstaller(["--rollback"], { root })).stderr).toContain(
      "no version to go back to",
    );
  });
});

describe("install.sh for one person", () => {
  test.skipIf(process.getuid?.() !== 0)(
    "needs no root with --prefix and --no-service, and stays inside",
    async () => {
      const home = freshRoot();
      chownSync(home, NOBODY.uid, NOBODY.gid);
      const env = { HOME: home, TMPDIR: home };
      const args = ["--prefix", join(home, "own"), "--no-service"];
      await mustInstall([...args, "--from", oldTree], { env, user: NOBODY });
      expect(await versionOf(join(home, "own/bin/btu"))).toBe(OLD);
      expect(readdirSync(home)).toEqual(["own"]);
      await mustInstall([...args, "--uninstall"], { env, user: NOBODY });
      expect(readdirSync(home)).toEqual([]);
    },
  );

  test.skipIf(process.getuid?.() !== 0)("asks for root otherwise", async () => {
    const { code, stderr } = await runInstaller(["--from", oldTree], { user: NOBODY });
    expect(stderr).toContain(
      "run this as root, or install for yourself with --prefix DIR --no-service",
    );
    expect(code).toBe(1);
  });
});

/** Serves the packed folders as a release page does. */
async function releasePage(more: Readonly<Record<string, string>> = {}) {
  const server = await startHttpServer(async ({ path }) => {
    const name = path.split("/").at(-1) ?? "";
    const folder = path.startsWith(`/download/v${OLD}/`) ? old : releases;
    const isKnown = /^\/(latest\/download|download\/v[\d.]+)\/[^/]+$/.test(path);
    const text = more[name];
    if (text !== undefined) return { reply: { status: 200, body: text } };
    const file = Bun.file(join(folder, name));
    if (!isKnown || !(await file.exists())) return { reply: { status: 404, body: "" } };
    return { reply: { status: 200, body: await file.bytes() } };
  });
  return {
    env: { BTU_SCHEDULER_RELEASES: `http://127.0.0.1:${server.port}` },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A folder with a program that stands before the real ones in PATH. */
function withProgram(name: string, text: string): string {
  const folder = dir.file(`programs-${Bun.randomUUIDv7()}`);
  mkdirSync(folder);
  writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return `${folder}${delimiter}${process.env["PATH"]}`;
}

describe("install.sh from a release page", () => {
  test("takes the newest release, or the one that was asked for", async () => {
    await using page = await releasePage();
    const [newest, chosen] = [freshRoot(), freshRoot()];
    await mustInstall([], { root: newest, env: page.env });
    expect(await versionOf(join(newest, "usr/local/bin/btu"))).toBe(NEW);
    await mustInstall(["--version", `v${OLD}`], { root: chosen, env: page.env });
    expect(await versionOf(join(chosen, "usr/local/bin/btu"))).toBe(OLD);
  });

  test.each([
    ["accepts", "exit 0", 0],
    ["refuses", "exit 1", 1],
  ])("believes cosign when it %s the signature", async (_, text, wanted) => {
    await using page = await releasePage({ "SHA256SUMS.sigstore.json": "{}" });
    const env = {
      ...page.env,
      BTU_SCHEDULER_REPOSITORY: "example/btu",
      PATH: withProgram("cosign", text),
    };
    const { code, stdout, stderr } = await runInstaller([], { root: freshRoot(), env });
    expect(stdout + stderr).toContain(
      wanted === 0 ? "The signature is right (cosign)." : "cosign does not accept it",
    );
    expect(code).toBe(wanted);
  });

  test("refuses a release without signature where cosign could check one", async () => {
    await using page = await releasePage();
    const env = {
      ...page.env,
      BTU_SCHEDULER_REPOSITORY: "example/btu",
      PATH: withProgram("cosign", "exit 0"),
    };
    const { code, stderr } = await runInstaller([], { root: freshRoot(), env });
    expect(stderr).toContain("the release has no SHA256SUMS.sigstore.json");
    expect(code).toBe(1);
  });
});

describe("the other packages", () => {
  test("the .deb carries a program that runs, and no trace of the machine it was made on", async () => {
    const root = freshRoot();
    const file = readdirSync(releases).find((name) => name.endsWith(".deb")) ?? "";
    await mustRun({ command: ["dpkg-deb", "-x", join(releases, file), root] });
    expect(await versionOf(join(root, "usr/bin/btu-daemon"))).toBe(NEW);
    const unit = readFileSync(join(root, "usr/lib/systemd/system/btu_scheduler.service"), "utf8");
    expect(unit).toContain("\nExecStart=/usr/bin/btu-daemon\n");
    expect(unit).not.toContain("/usr/local");
    const list = await mustRun({ command: ["dpkg-deb", "-c", join(releases, file)] });
    expect(list).not.toContain(dir.path);
  });

  test("the SBOM names the packages that are compiled in, and the runtime", async () => {
    const sbom = await Bun.file(join(releases, `btu-scheduler-${NEW}.cdx.json`)).json();
    const names = sbom.components.map(({ name }: { name: string }) => name);
    expect(names).toContain("ioredis");
    expect(names).toContain("bun");
    expect(names).not.toContain("fast-check");
    expect(sbom.metadata.component.name).toBe("btu-scheduler");
  });

  test("SHA256SUMS lists every file", async () => {
    const command = ["sha256sum", "--check", "--strict", "SHA256SUMS"];
    const { code, stdout } = await runChild({ command, cwd: releases });
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(readdirSync(releases).length - 1);
  });
});
