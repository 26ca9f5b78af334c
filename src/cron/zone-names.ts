/** Which names of time zones are taken, and what `tzdata.zi`, the text form of the zone data, tells about them. */
import { closest } from "../base/suggest.ts";
import { ZoneError } from "./zone.ts";

/** Names as IANA forms them; neither abbreviations with signs such as `UTC+5:30` nor paths get through. */
const NAME = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/;

/** Files in a zone directory that are no zones: copies with other rules, the host's own choice, and place-holders. */
const NO_ZONES = /^(?:(?:posix|right)\/.*|localtime|posixrules|factory|leapseconds)$/i;

/** Whether the text may name a zone at all. */
export function isZoneName(name: string): boolean {
  return NAME.test(name) && !NO_ZONES.test(name);
}

/** More of a name than this tells a reader nothing. */
const QUOTED_LENGTH_MAX = 60;

/** Any two abbreviations are near to each other, and mean different zones. */
const MEANT_LENGTH_MIN = 5;

function cityOf(zone: string): string {
  return zone.slice(zone.lastIndexOf("/") + 1).toLowerCase();
}

/** The zone that somebody meant who wrote a city alone, blanks, or a name not quite right; null when there is none. */
export function meantZone(name: string, known: Iterable<string>): string | null {
  if (name.length < MEANT_LENGTH_MIN || name.length > QUOTED_LENGTH_MAX) return null;
  const written = name.trim().replaceAll(/\s+/g, "_");
  const zones = [...known];
  const inCity = zones.find((zone) => cityOf(zone) === written.toLowerCase());
  return inCity ?? closest(written, zones);
}

/** The error for a name that is no zone, and the one that is meant if anybody can tell. */
export function unknownZone(name: string, meant: string | null): ZoneError {
  const short = name.length > QUOTED_LENGTH_MAX ? `${name.slice(0, QUOTED_LENGTH_MAX)}…` : name;
  const hint = meant === null ? "" : ` (did you mean "${meant}"?)`;
  return new ZoneError(
    `unknown time zone '${short}'; use an IANA name such as America/New_York`,
    hint,
  );
}

/** The release in the first line of `tzdata.zi` (`# version 2026f`), null when there is none. */
export function releaseIn(text: string): string | null {
  return /^# version (\S+)/.exec(text)?.[1] ?? null;
}

/** What `tzdata.zi` lists. */
export interface TzdataZi {
  readonly version: string | null;
  readonly zones: readonly string[];
  /** Other names of a zone, and that zone's name. */
  readonly links: ReadonlyMap<string, string>;
}

/** Reads the names of `tzdata.zi`: lines `Z name …` and `L zone name`. */
export function readTzdataZi(text: string): TzdataZi {
  const zones = Array.from(text.matchAll(/^Z (\S+) /gm), ([, name = ""]) => name);
  const links = Array.from(
    text.matchAll(/^L (\S+) (\S+)/gm),
    ([, zone = "", name = ""]) => [name, zone] as const,
  );
  return { version: releaseIn(text), zones, links: new Map(links) };
}

/** A text that sorts as releases follow each other: `2026z` before `2026za`. */
function sortKey(release: string): string {
  const [, year = "", letters = ""] = /^(\d{4})([a-z]*)/.exec(release) ?? [];
  return `${year}${String(letters.length).padStart(2, "0")}${letters}`;
}

/** Whether one IANA release is older than another. */
export function isOlderRelease(release: string, than: string): boolean {
  return sortKey(release) < sortKey(than);
}
