/** Loads the configuration: file, environment and secret files, judged as a whole. */
import { resolve } from "node:path";
import { codeOf, ConfigurationError, describeError } from "../base/errors.ts";
import { readTextFile } from "./files.ts";
import type { ReadFile } from "./files.ts";
import { faultAt, fromEnvironment, fromFile } from "./given.ts";
import type { Environment, Fault, Layer } from "./given.ts";
import { mayShow } from "./names.ts";
import { ENV_PREFIX } from "./origin.ts";
import type { Origin } from "./origin.ts";
import { applyRules } from "./rules.ts";
import type { Config, ConfigKey } from "./schema.ts";
import { settle } from "./settle.ts";
import { fromSiteFiles } from "./site-layer.ts";
import type { Settled } from "./settle.ts";
import { parseToml } from "./toml.ts";

/** Where the file lies unless somebody names another. */
export const DEFAULT_CONFIG_PATH = "/etc/btu_scheduler/btu_scheduler.toml";
const PATH_VARIABLE = `${ENV_PREFIX}CONFIG`;

/** What decides where the file lies. */
export interface PathOptions {
  /** What `--config` names. */
  readonly file?: string | undefined;
  /** Default: the environment of the process. */
  readonly env?: Environment;
}

/** The path of the configuration file, and who named it. */
export interface ConfigPath {
  readonly path: string;
  readonly namedBy: "--config" | typeof PATH_VARIABLE | "default";
}

type JudgeZone = (zone: string) => string | null;

/** What `loadConfig` can be told; everything has a default. */
export interface LoadOptions extends PathOptions {
  readonly readFile?: ReadFile;
  /**
   * Null for a time zone that the zone data know, else what is to be added to the fault: ` (did you mean "x"?)` or nothing.
   * Without it only the form of its name is judged.
   */
  readonly unknownZone?: JudgeZone;
}

/** A sound configuration and all that is to be said about it. */
export interface LoadedConfig {
  readonly config: Config;
  /** What is accepted but deserves a word, one sentence each; never holds a secret. */
  readonly warnings: readonly string[];
  readonly origins: ReadonlyMap<ConfigKey, Origin>;
  /** The file that was read; null when there is none and the environment gives all that is needed. */
  readonly path: string | null;
}

/** Where the configuration file lies: `--config`, else `BTU_SCHEDULER_CONFIG`, else the default. */
export function configPath({ file, env = process.env }: PathOptions): ConfigPath {
  if (file !== undefined) return { path: resolve(file), namedBy: "--config" };
  const named = env[PATH_VARIABLE];
  return named === undefined || named === ""
    ? { path: DEFAULT_CONFIG_PATH, namedBy: "default" }
    : { path: resolve(named), namedBy: PATH_VARIABLE };
}

const NO_FILE: Layer = { given: new Map(), faults: [], warnings: [] };

const WRITE_ONE = `write it after btu_scheduler.toml.example, name another with --config FILE or ${PATH_VARIABLE}, or give the keys in the environment as ${ENV_PREFIX}<KEY>`;

/** Why a file cannot be read, and the way out, by the system's code. */
const READ_FAULTS: ReadonlyMap<string, string> = new Map([
  ["ENOENT", `there is no such file; ${WRITE_ONE}`],
  ["ENOTDIR", `there is no such file; ${WRITE_ONE}`],
  ["EISDIR", "it is a folder; name the file in it"],
  ["EACCES", "permission denied; run as a user who may read it, such as root or the daemon's own"],
]);

function unreadable(path: string, error: unknown): ConfigurationError {
  const cause = READ_FAULTS.get(codeOf(error)) ?? describeError(error);
  return new ConfigurationError(path, [`cannot read "${path}": ${cause}`], { cause: error });
}

function parseLayer(path: string, text: string): Layer {
  const toml = parseToml(text, { path, mayShow });
  if ("problem" in toml)
    throw new ConfigurationError(path, [toml.problem.replaceAll("\n", "\n  ")]);
  return fromFile(toml, path);
}

/** The file's keys; null when there is no file, none was named and the environment gives keys of its own. */
function readLayer(
  { path, namedBy }: ConfigPath,
  hasEnv: boolean,
  readFile: ReadFile,
): Layer | null {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    if (hasEnv && namedBy === "default" && codeOf(error) === "ENOENT") return null;
    throw unreadable(path, error);
  }
  return parseLayer(path, text);
}

function zoneFaults({ config, origins }: Settled, unknownZone: JudgeZone): Fault[] {
  const zone = config.time_zone_string;
  const origin = origins.get("time_zone_string");
  if (origin === undefined || origin.source === "default") return [];
  const hint = unknownZone(zone);
  if (hint === null) return [];
  const text = `time_zone_string "${zone}": unknown time zone; use an IANA name such as America/New_York${hint}`;
  return [faultAt(origin, text)];
}

/** In the order of the file; what has no line comes last. */
function inOrder(faults: readonly Fault[]): string[] {
  return faults
    .toSorted((a, b) => (a.line ?? Infinity) - (b.line ?? Infinity) || 0)
    .map(({ text }) => text);
}

/**
 * Loads and judges the configuration. Each key is taken from the environment, else from the file, else from the files
 * of the bench, else from its default.
 *
 * @throws ConfigurationError with every fault that was found; its cause is the system's error when the file cannot be
 * read.
 */
export function loadConfig({
  file,
  env = process.env,
  readFile = readTextFile,
  unknownZone = () => null,
}: LoadOptions = {}): LoadedConfig {
  const fromEnv = fromEnvironment(env);
  const where = configPath({ file, env });
  const hasEnv = fromEnv.given.size > 0 || fromEnv.faults.length > 0;
  const layer = readLayer(where, hasEnv, readFile);
  const { given: inFile, faults, warnings } = layer ?? NO_FILE;
  const explicit = new Map([...inFile, ...fromEnv.given]);
  const fromSite = fromSiteFiles(explicit, readFile);
  const given = new Map([...fromSite.given, ...explicit]);
  const settled = settle(given, readFile);
  const findings = applyRules({
    config: settled.config,
    isGiven: (key) => given.has(key),
    nameOf: (key) => given.get(key)?.written ?? key,
  });
  const ruleFaults = findings.faults.map(({ key, text }) =>
    faultAt((key === null ? undefined : given.get(key)?.origin) ?? { source: "default" }, text),
  );
  const all = [
    ...faults,
    ...fromEnv.faults,
    ...fromSite.faults,
    ...settled.faults,
    ...zoneFaults(settled, unknownZone),
    ...ruleFaults,
  ];
  if (all.length > 0) throw new ConfigurationError(placeOf(where, layer !== null), inOrder(all));
  return {
    config: settled.config,
    warnings: [...warnings, ...fromEnv.warnings, ...fromSite.warnings, ...findings.warnings],
    origins: settled.origins,
    path: layer === null ? null : where.path,
  };
}

function placeOf({ path }: ConfigPath, isRead: boolean): string {
  return isRead ? path : `the environment (there is no ${path})`;
}
