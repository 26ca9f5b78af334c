/** Releases packed on this machine, and the installer run on them. */
import { resolve } from "node:path";
import { mustRun, runChild } from "./child.ts";
import type { Ran } from "./child.ts";
import { withoutOwnSettings } from "./executables.ts";

const ROOT = resolve(import.meta.dir, "../..");
const PACKAGE_TIMEOUT_MS = 170_000;

/** The installer. */
export const INSTALLER = resolve(ROOT, "install.sh");

/** This machine, as the archives call it. */
export const TARGET = `linux-${process.arch}`;

/** Packs this machine's release into a folder, the archive alone unless `everything` is asked for. */
export async function packRelease(
  folder: string,
  { version, everything = false }: { readonly version: string; readonly everything?: boolean },
): Promise<void> {
  const flags = ["--target", TARGET, "--out", folder, "--as-version", version];
  const command = [process.execPath, "scripts/package.ts", ...flags];
  if (!everything) command.push("--archives-only");
  await mustRun({ command, cwd: ROOT }, { timeoutMs: PACKAGE_TIMEOUT_MS });
}

/** How the installer is run. */
export interface InstallOptions {
  /** What DESTDIR says. */
  readonly root?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** Runs install.sh with plain sh, and nobody there to answer questions. */
export function runInstaller(
  args: readonly string[],
  { root, env, user }: InstallOptions = {},
): Promise<Ran> {
  const own = { DESTDIR: root, BTU_SCHEDULER_RELEASES: undefined, ...env };
  return runChild(
    {
      command: ["sh", INSTALLER, ...args],
      cwd: "/",
      env: withoutOwnSettings(own),
      ...(user && { user }),
    },
    { timeoutMs: 60_000 },
  );
}

/** As `runInstaller`, for runs that must succeed; gives what it printed. */
export async function mustInstall(
  args: readonly string[],
  options: InstallOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await runInstaller(args, options);
  if (code !== 0)
    throw new Error(`install.sh ${args.join(" ")} ended with ${code}:\n${stderr}${stdout}`);
  return stdout + stderr;
}
