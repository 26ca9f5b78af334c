/** Where time zones come from: the system's files or the built-in tables, whichever is newer, kept up to date. */
import { BuiltinZones, builtinVersion } from "./zone-builtin.ts";
import { isOlderRelease, isZoneName, meantZone, unknownZone } from "./zone-names.ts";
import { SystemZones, ZONE_DIRECTORY } from "./zone-system.ts";
import { ZoneError } from "./zone.ts";
import type { Zone, ZoneTable } from "./zone.ts";

/** Which zone data to use: the newer one, or one of the two in any case. */
export const ZONE_DATA_CHOICES = ["auto", "system", "builtin"] as const;

/** Which zone data to use. */
export type ZoneDataChoice = (typeof ZONE_DATA_CHOICES)[number];

/** What `openZoneData` needs. */
export interface ZoneDataOptions {
  readonly choice: ZoneDataChoice;
  /** Directory of the system's zones, from the environment variable TZDIR; /usr/share/zoneinfo when absent or empty. */
  readonly directory?: string | undefined;
}

/** The time zones in use. */
export interface ZoneData {
  /** What is used at this time; a zone that the system lacks comes from the built-in tables. */
  readonly origin: "system" | "builtin";
  /** IANA release such as `2026f`; `unknown` when the system does not tell. */
  readonly version: string;
  /** Changes whenever zone files were read anew. */
  readonly revision: number;
  /** Directory of the zone files; null when the built-in tables are used. */
  readonly directory: string | null;
  /** Zone files that could not be read, one sentence each. */
  readonly problems: readonly string[];
  /**
   * The zone of an IANA name. Letter case does not count, but a caller should warn when the zone's `name` is spelled otherwise
   * than it asked. The same object as long as the zone's rules stay the same.
   *
   * @throws ZoneError when there is no zone of this name.
   */
  find(name: string): Zone;
  /**
   * Reads zone files that have changed and then stood still for half a minute. A zone that cannot be read keeps its last
   * table. Cheap when nothing has changed: one `stat` for each file in use.
   *
   * @returns whether the rules of a zone in use, or the version, are others than before.
   */
  refresh(nowMs: number): boolean;
}

/** Comparing a name with all zones takes milliseconds, and 100,000 rows may each have another wrong one. */
const MEANT_MAX = 100;

/** An upgrade replaces its files one after the other; reading in the midst of it would mix two releases. */
const QUIET_MS = 30_000;

class Zones implements ZoneData {
  readonly #builtin = new BuiltinZones();
  readonly #system: SystemZones;
  readonly #choice: ZoneDataChoice;
  /** Zones handed out, by their exact name. */
  readonly #zones = new Map<string, Zone>();
  /** Tables in use, by fingerprint: zones with equal rules share one. */
  readonly #tables = new Map<string, ZoneTable>();
  readonly #problems = new Map<string, string>();
  /** Exact spellings by lower-case name, made when a name was not found as it is spelled. */
  #spellings: ReadonlyMap<string, string> | null = null;
  /** What somebody meant by names that are no zones. */
  readonly #meant = new Map<string, string | null>();
  #pending = { changes: "", sinceMs: 0 };
  #origin: "system" | "builtin" = "builtin";
  #version = "";
  #revision = 0;

  constructor(choice: ZoneDataChoice, system: SystemZones) {
    this.#choice = choice;
    this.#system = system;
    this.#chooseOrigin();
  }

  get origin(): "system" | "builtin" {
    return this.#origin;
  }

  get version(): string {
    return this.#version;
  }

  get revision(): number {
    return this.#revision;
  }

  get directory(): string | null {
    return this.#origin === "system" ? this.#system.directory : null;
  }

  get problems(): readonly string[] {
    return [...this.#problems.values()];
  }

  find(name: string): Zone {
    const known = this.#zones.get(name);
    if (known !== undefined) return known;
    if (!isZoneName(name)) throw this.#unknown(name);
    const table = this.#table(name);
    if (table !== null) return this.#keep(name, table);
    this.#system.unwatch(name);
    const spelling = this.#spelling(name);
    if (spelling === undefined || spelling === name) throw this.#unknown(name);
    return this.find(spelling);
  }

  refresh(nowMs: number): boolean {
    if (this.#choice === "builtin") return false;
    const changes = this.#system.changes();
    if (changes !== this.#pending.changes || nowMs < this.#pending.sinceMs) {
      this.#pending = { changes, sinceMs: nowMs };
    }
    if (changes === "" || nowMs - this.#pending.sinceMs < QUIET_MS) return false;
    return this.#readAnew();
  }

  /** The system's data unless they are older; what does not tell its age is the administrator's choice. */
  #chooseOrigin(): void {
    const release = this.#choice === "builtin" ? undefined : this.#system.release();
    // Files that have gone leave the tables read from them in use.
    if (release === undefined && this.#origin === "system") return;
    const builtin = builtinVersion();
    const older = typeof release === "string" && isOlderRelease(release, builtin);
    const useBuiltin = release === undefined || (this.#choice === "auto" && older);
    this.#origin = useBuiltin ? "builtin" : "system";
    this.#version = useBuiltin ? builtin : (release ?? "unknown");
  }

  #readAnew(): boolean {
    const before = `${this.#origin} ${this.#version}`;
    this.#revision += 1;
    this.#system.forget();
    this.#problems.clear();
    this.#tables.clear();
    this.#spellings = null;
    this.#meant.clear();
    this.#chooseOrigin();
    let changed = before !== `${this.#origin} ${this.#version}`;
    for (const [name, last] of this.#zones) {
      const table = this.#table(name);
      if (table === null || table.fingerprint === last.fingerprint) {
        this.#tables.set(last.fingerprint, last);
        continue;
      }
      this.#keep(name, table);
      changed = true;
    }
    return changed;
  }

  #keep(name: string, table: ZoneTable): Zone {
    const shared = this.#tables.get(table.fingerprint) ?? table;
    const zone = { ...shared, name };
    this.#tables.set(table.fingerprint, shared);
    this.#zones.set(name, zone);
    return zone;
  }

  /** The table of an exact name from the data in use, null when neither they nor the built-in ones have it. */
  #table(name: string): ZoneTable | null {
    if (this.#origin === "builtin") return this.#builtin.table(name);
    const reading = this.#system.read(name);
    if (reading.kind === "table") return reading.table;
    if (reading.kind === "unreadable") this.#problems.set(name, reading.problem);
    return this.#zones.get(name) ?? this.#builtin.table(name);
  }

  #unknown(name: string): ZoneError {
    let meant = this.#meant.get(name);
    if (meant === undefined && this.#meant.size < MEANT_MAX) {
      meant = meantZone(name, this.#known().values());
      this.#meant.set(name, meant);
    }
    return unknownZone(name, meant ?? null);
  }

  #spelling(name: string): string | undefined {
    return this.#known().get(name.toLowerCase());
  }

  #known(): ReadonlyMap<string, string> {
    if (this.#spellings === null) {
      const { zones, links } = this.#origin === "system" ? this.#system.index() : NO_NAMES;
      const names = [...this.#builtin.names(), ...zones, ...links.keys()];
      this.#spellings = new Map(names.map((known) => [known.toLowerCase(), known]));
    }
    return this.#spellings;
  }
}

const NO_NAMES = { zones: [], links: new Map<string, string>() };

/**
 * Opens the zone data.
 *
 * @throws ZoneError when the system's data are asked for and there are none.
 */
export function openZoneData({ choice, directory }: ZoneDataOptions): ZoneData {
  const system = new SystemZones(
    directory === undefined || directory === "" ? ZONE_DIRECTORY : directory,
  );
  const zones = new Zones(choice, system);
  if (choice === "system" && zones.origin !== "system") {
    throw new ZoneError(
      `cannot use the system's zone data: no time zones in "${system.directory}"; install tzdata, or choose "auto" or "builtin"`,
    );
  }
  return zones;
}

/** The zone of a name, or null when there is none. */
export function findZone(zones: ZoneData, name: string): Zone | null {
  try {
    return zones.find(name);
  } catch (error) {
    if (error instanceof ZoneError) return null;
    throw error;
  }
}
