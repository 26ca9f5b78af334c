/** Instants for people, printed by luxon with our zone data: its own come from the runtime and may be older. */
import { DateTime, Zone as LuxonZone } from "luxon";
import type { ZoneOffsetFormat, ZoneOffsetOptions } from "luxon";

import { offsetText } from "./instant-text.ts";
import { offsetAt } from "./zone.ts";
import type { Zone } from "./zone.ts";

/** A zone table as luxon takes it: `DateTime.fromSeconds(due, { zone: luxonZone(zone) })`. */
class TableZone extends LuxonZone {
  readonly #zone: Zone;

  constructor(zone: Zone) {
    super();
    this.#zone = zone;
  }

  override get type(): string {
    return "iana";
  }

  override get name(): string {
    return this.#zone.name;
  }

  get ianaName(): string {
    return this.#zone.name;
  }

  override get isUniversal(): boolean {
    return this.#zone.transitions.length === 0;
  }

  override get isValid(): boolean {
    return true;
  }

  override offsetName(atMs: number, _options: ZoneOffsetOptions): string {
    return this.formatOffset(atMs, "short");
  }

  override formatOffset(atMs: number, format: ZoneOffsetFormat): string {
    return offsetText(offsetAt(this.#zone, atMs / 1000), format);
  }

  /** Minutes east of UTC. */
  override offset(atMs: number): number {
    return offsetAt(this.#zone, atMs / 1000) / 60;
  }

  override equals(other: LuxonZone): boolean {
    return other instanceof TableZone && other.#zone === this.#zone;
  }
}

const luxonZones = new WeakMap<Zone, LuxonZone>();

/** The luxon zone of a zone, the same one each time. */
export function luxonZone(zone: Zone): LuxonZone {
  const known = luxonZones.get(zone) ?? new TableZone(zone);
  luxonZones.set(zone, known);
  return known;
}

/** `Sun 2026-03-08 03:00:00 -04:00`; other formats are luxon's tokens. */
const INSTANT_FORMAT = "ccc yyyy-MM-dd HH:mm:ss ZZ";

/** An instant as the clocks of a zone show it. */
export function formatInstant(atSeconds: number, zone: Zone, format = INSTANT_FORMAT): string {
  return DateTime.fromSeconds(atSeconds, { zone: luxonZone(zone), locale: "en-GB" }).toFormat(
    format,
  );
}
