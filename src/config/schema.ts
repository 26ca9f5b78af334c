/** Every key of the configuration, once; all else derives from this. */
import type { Key, ValuesOf } from "./key.ts";
import { CONTROL_KEYS, GENERAL_KEYS, JOB_KEYS, RECORD_KEYS } from "./schema-behaviour.ts";
import {
  FILE_KEYS,
  REDIS_KEYS,
  SITE_KEYS,
  SQL_KEYS,
  WEBSERVER_KEYS,
} from "./schema-connections.ts";
import { POLICY_KEYS } from "./schema-policy.ts";

const SCHEMA = {
  ...GENERAL_KEYS,
  ...SITE_KEYS,
  ...SQL_KEYS,
  ...FILE_KEYS,
  ...REDIS_KEYS,
  ...JOB_KEYS,
  ...WEBSERVER_KEYS,
  ...POLICY_KEYS,
  ...CONTROL_KEYS,
  ...RECORD_KEYS,
};

/** The settled configuration: each key with its value, null where it is not set. */
export type Config = ValuesOf<typeof SCHEMA>;

/** The name of a key. */
export type ConfigKey = keyof Config;

/** A key of any type, for what treats all alike. */
export type AnyKey = Key<unknown>;

/** A group of keys that are told together. */
export interface Section {
  readonly title: string;
  /** One or two sentences before the keys. */
  readonly about: string;
  readonly keys: ReadonlyMap<ConfigKey, AnyKey>;
}

function isConfigKey(name: string): name is ConfigKey {
  return Object.hasOwn(SCHEMA, name);
}

function section(title: string, about: string, keys: Readonly<Record<string, AnyKey>>): Section {
  const entries = Object.entries(keys).flatMap(([name, spec]): [ConfigKey, AnyKey][] =>
    isConfigKey(name) ? [[name, spec]] : [],
  );
  return { title, about, keys: new Map(entries) };
}

/** All keys in the order in which they are told. */
export const SECTIONS: readonly Section[] = [
  section("General", "The scheduler as a whole.", GENERAL_KEYS),
  section(
    "Schedules from a site",
    "A Frappe site with the BTU app: its bench_path and site are enough where this program may read the bench's files.",
    SITE_KEYS,
  ),
  section(
    "The site's database",
    "What the site's files tell need not stand here. As in the first daemon, host, port, socket, database, user and password can also begin with mysql_.",
    SQL_KEYS,
  ),
  section("Schedules from a file", "For jobs without a site, or besides one.", FILE_KEYS),
  section("Redis", "The Redis that RQ's workers use.", REDIS_KEYS),
  section("Jobs", "How an occurrence becomes an RQ job, and on which queue.", JOB_KEYS),
  section(
    "Web server",
    "The site's web server, which makes jobs that this program cannot make itself.",
    WEBSERVER_KEYS,
  ),
  section(
    "Missed runs, overlaps and clock changes",
    "What happens out of the ordinary, for all schedules.",
    POLICY_KEYS,
  ),
  section("Control", "How the app and the btu command reach the daemon.", CONTROL_KEYS),
  section("Records", "The log, and the ledger of firings.", RECORD_KEYS),
];

/** Every key by its name. */
export const KEYS: ReadonlyMap<ConfigKey, AnyKey> = new Map(
  SECTIONS.flatMap(({ keys }) => [...keys]),
);

/** Tells whether every key has a value; each was read by its own kind, so presence is what is left to ask. */
export function isComplete(values: object): values is Config {
  return [...KEYS.keys()].every((name) => Object.hasOwn(values, name));
}
