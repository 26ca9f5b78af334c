/** What a bench's own files tell of a site: `site_config.json`, and `common_site_config.json` where that is silent. */
import { join } from "node:path";
import { codeOf, describeError } from "../base/errors.ts";
import type { ReadFile } from "./files.ts";

/** Where the two files lie. */
export interface SitePaths {
  readonly common: string;
  readonly own: string;
}

/** One setting, and the file that holds it. */
export interface SiteSetting {
  readonly value: unknown;
  readonly path: string;
}

/** The settings of a site by their names, those of the site before those of the bench. */
export type SiteSettings = ReadonlyMap<string, SiteSetting>;

/** The files of a site. */
export function sitePaths(benchPath: string, site: string): SitePaths {
  const sites = join(benchPath, "sites");
  return {
    common: join(sites, "common_site_config.json"),
    own: join(sites, site, "site_config.json"),
  };
}

/** Why a file cannot be read, and the way out, by the system's code. */
const READ_FAULTS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "there is no such file; check bench_path and site"],
  ["ENOTDIR", "there is no such file; check bench_path and site"],
  ["EACCES", "permission denied; let the daemon run as the bench's user or in its group"],
]);

/**
 * Reads one file.
 *
 * @throws Error that names the file; what stands in it, secrets among it, is never told.
 */
export function readSiteFile(path: string, readFile: ReadFile): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const cause = READ_FAULTS.get(codeOf(error)) ?? describeError(error);
    throw new Error(`cannot read "${path}": ${cause}`, { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw new Error(`cannot read "${path}": it is no valid JSON; "bench" itself cannot use it`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(`cannot read "${path}": expected an object { … }`);
}

/** Reads both files; what cannot be read is told, one sentence for each file. */
export function readSiteFiles(
  { common, own }: SitePaths,
  readFile: ReadFile,
): { readonly settings: SiteSettings; readonly problems: readonly string[] } {
  const settings = new Map<string, SiteSetting>();
  const problems: string[] = [];
  for (const path of [common, own]) {
    try {
      for (const [name, value] of Object.entries(readSiteFile(path, readFile))) {
        settings.set(name, { value, path });
      }
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { settings, problems };
}
