/** The keys of our configuration that a site's files give, as they are collected. */
import { dirname } from "node:path";
import type { Fault, Given } from "./given.ts";
import type { Origin } from "./origin.ts";
import { KEYS } from "./schema.ts";
import type { ConfigKey } from "./schema.ts";
import type { SiteSetting, SiteSettings } from "./site-files.ts";

/** What is written down in the configuration itself. */
export type Explicit = ReadonlyMap<ConfigKey, Given>;

/** Settings are JSON, keys expect what TOML gives; a number may also stand in quotes. */
function tomlValue(key: ConfigKey, value: unknown): unknown {
  if (typeof value === "number" && Number.isSafeInteger(value)) {
    return key === "sql_password" || key === "rq_password" ? String(value) : BigInt(value);
  }
  return typeof value === "string" ? (KEYS.get(key)?.kind.fromText(value) ?? value) : value;
}

/** An empty text or null stands for "not set", as Python takes it. */
function isSet(setting: SiteSetting | undefined): setting is SiteSetting {
  return setting !== undefined && setting.value !== null && setting.value !== "";
}

/** Collects the keys that a site's files give. */
export class SiteKeys {
  readonly given = new Map<ConfigKey, Given>();
  readonly faults: Fault[] = [];
  readonly warnings: string[] = [];
  readonly #settings: SiteSettings;
  readonly #explicit: Explicit;

  constructor(settings: SiteSettings, explicit: Explicit) {
    this.#settings = settings;
    this.#explicit = explicit;
  }

  /** Whether any of these keys is written down. */
  hasAny(keys: readonly ConfigKey[]): boolean {
    return keys.some((key) => this.#explicit.has(key));
  }

  /** The setting of this name, if it is set. */
  get(name: string): SiteSetting | undefined {
    const setting = this.#settings.get(name);
    return isSet(setting) ? setting : undefined;
  }

  /** A setting as text, where it is text or a number. */
  text(name: string): string | undefined {
    const value = this.get(name)?.value;
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  }

  /** Gives a key the value, unless it is written down. */
  add(
    key: ConfigKey,
    value: unknown,
    from: { readonly path: string; readonly name: string },
  ): void {
    if (this.#explicit.has(key)) return;
    const { path, name } = from;
    const origin: Origin = { source: "site file", path, name };
    const written = `${name} of ${path}`;
    this.given.set(key, { key, written, value, isFile: false, folder: dirname(path), origin });
  }

  /** Gives a key the setting of this name. */
  copy(name: string, key: ConfigKey): void {
    const setting = this.get(name);
    if (setting === undefined) return;
    this.add(key, tomlValue(key, setting.value), { path: setting.path, name });
  }

  /** Notes what is wrong with a setting. */
  fault({ path }: SiteSetting, name: string, text: string): void {
    this.faults.push({ line: null, text: `${name} of ${path}: ${text}` });
  }
}
