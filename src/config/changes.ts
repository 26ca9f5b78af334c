/** What of a changed configuration counts at once, and what only after a restart. */
import type { Config, ConfigKey } from "./schema.ts";
import { KEYS } from "./schema.ts";

function isLive(key: ConfigKey): boolean {
  return KEYS.get(key)?.live === true;
}

/** Keys whose values differ. */
export interface ConfigChanges {
  readonly live: readonly ConfigKey[];
  readonly needRestart: readonly ConfigKey[];
}

/** Compares two configurations. */
export function configChanges(before: Config, after: Config): ConfigChanges {
  const changed = [...KEYS.keys()].filter((key) => !Bun.deepEquals(before[key], after[key]));
  return {
    live: changed.filter(isLive),
    needRestart: changed.filter((key) => !isLive(key)),
  };
}

/** The configuration that holds now: the old one with the keys of the new one that count at once. */
export function withLiveKeys(before: Config, after: Config): Config {
  const live = Object.fromEntries([...KEYS.keys()].filter(isLive).map((key) => [key, after[key]]));
  return Object.freeze({ ...before, ...live });
}
