/** What of a changed configuration counts at once, and what only after a restart. */
import type { Config, ConfigKey } from "./schema.ts";
import { KEYS } from "./schema.ts";

/** The keys that a running daemon takes over. */
const LIVE_KEYS: ReadonlySet<ConfigKey> = new Set<ConfigKey>([
  "name",
  "environment_name",
  "full_refresh_internal_secs",
  "misfire",
  "misfire_grace_secs",
  "max_catchup",
  "overlap",
  "jitter_secs",
  "dst_gap",
  "dst_overlap",
  "policy",
  "log_level",
  "ledger_max_entries",
]);

/** Keys whose values differ. */
export interface ConfigChanges {
  readonly live: readonly ConfigKey[];
  readonly needRestart: readonly ConfigKey[];
}

/** Compares two configurations. */
export function configChanges(before: Config, after: Config): ConfigChanges {
  const changed = [...KEYS.keys()].filter((key) => !Bun.deepEquals(before[key], after[key]));
  return {
    live: changed.filter((key) => LIVE_KEYS.has(key)),
    needRestart: changed.filter((key) => !LIVE_KEYS.has(key)),
  };
}

/** The configuration that holds now: the old one with the keys of the new one that count at once. */
export function withLiveKeys(before: Config, after: Config): Config {
  const live = Object.fromEntries([...LIVE_KEYS].map((key) => [key, after[key]]));
  return Object.freeze({ ...before, ...live });
}
