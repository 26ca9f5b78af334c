/** Loads a configuration whose files live in memory. */
import { ConfigurationError } from "../../src/base/errors.ts";
import type { Environment } from "../../src/config/given.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { LoadedConfig } from "../../src/config/load.ts";

/** Where `loadText` lets its file lie. */
export const FILE = "/srv/btu/btu.toml";

/** Lets a configuration be whole without any more keys. */
export const SOURCE = 'schedules_file = "s.toml"';

/** What `loadText` knows besides the file's text. */
export interface TextOptions {
  readonly env?: Environment;
  /** Other files by their path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly unknownZone?: (zone: string) => string | null;
}

/** The error of the system for a file that is not there. */
export function noSuchFile(path: string): Error {
  return Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), {
    code: "ENOENT",
  });
}

/** Loads a configuration file with this text. */
export function loadText(
  text: string,
  { env = {}, files = {}, ...rest }: TextOptions = {},
): LoadedConfig {
  const all = new Map([[FILE, text], ...Object.entries(files)]);
  const readFile = (path: string): string => {
    const found = all.get(path);
    if (found === undefined) throw noSuchFile(path);
    return found;
  };
  return loadConfig({ file: FILE, env, readFile, ...rest });
}

/** The faults of a configuration, none when it loads. */
export function faultsOf(work: () => unknown): readonly string[] {
  try {
    work();
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
}
