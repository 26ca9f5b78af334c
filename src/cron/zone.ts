/** A time zone as a table of the instants at which its offset changes. */

/** What clocks in a zone show, from 1970 to 2099. */
export interface ZoneTable {
  /** Equal for equal tables, different when a rule has changed; 12 characters. */
  readonly fingerprint: string;
  /** Instants in epoch seconds, ascending, at which the offset changes. */
  readonly transitions: Float64Array;
  /** Seconds east of UTC: `offsets[i]` holds before `transitions[i]`, `offsets[i + 1]` from it on. */
  readonly offsets: Int32Array;
  /** Per offset: wall times below this one have been shown before the clock showed it with this offset. */
  readonly shownUntil: Float64Array;
  /** Per offset: wall times from this one on are shown again after it. */
  readonly shownAgainFrom: Float64Array;
}

/** A time zone by its IANA name; zones with the same rules share the arrays. */
export interface Zone extends ZoneTable {
  readonly name: string;
}

/** A zone's name is not in the zone data. */
export class ZoneError extends Error {
  override readonly name = "ZoneError";
  /** ` (did you mean "x"?)`, or nothing. */
  readonly hint: string;

  constructor(message: string, hint = "") {
    super(`${message}${hint}`);
    this.hint = hint;
  }
}

/** Offsets and when they change, as they are read from a file. */
export interface OffsetChanges {
  readonly transitions: readonly number[];
  /** One more than transitions: the first holds before them all. */
  readonly offsets: readonly number[];
}

const FINGERPRINT_LENGTH = 12;

function fingerprintOf(transitions: Float64Array, offsets: Int32Array): string {
  const hasher = new Bun.CryptoHasher("sha256");
  hasher.update(transitions);
  hasher.update(offsets);
  return hasher.digest("hex").slice(0, FINGERPRINT_LENGTH);
}

/** Indexes of the transitions at which the offset becomes another one. */
function effectiveChanges({ transitions, offsets }: OffsetChanges): number[] {
  const indexes = Array.from(transitions.keys());
  return indexes.filter((index) => offsets[index] !== offsets[index + 1]);
}

/** Makes a table; entries that change nothing are left out. */
export function zoneTable(changes: OffsetChanges): ZoneTable {
  const kept = effectiveChanges(changes);
  const transitions = Float64Array.from(kept, (index) => changes.transitions[index] ?? 0);
  const offsets = Int32Array.of(
    changes.offsets[0] ?? 0,
    ...kept.map((index) => changes.offsets[index + 1] ?? 0),
  );
  const shownUntil = new Float64Array(offsets.length);
  const shownAgainFrom = new Float64Array(offsets.length);
  let until = -Infinity;
  offsets.forEach((offset, index) => {
    shownUntil[index] = until;
    until = Math.max(until, (transitions[index] ?? Infinity) + offset);
  });
  let again = Infinity;
  for (let index = offsets.length - 1; index >= 0; index -= 1) {
    shownAgainFrom[index] = again;
    again = Math.min(again, (transitions[index - 1] ?? -Infinity) + (offsets[index] ?? 0));
  }
  const fingerprint = fingerprintOf(transitions, offsets);
  return { fingerprint, transitions, offsets, shownUntil, shownAgainFrom };
}

/** The index of the offset in force at an instant. */
export function offsetIndexAt({ transitions }: ZoneTable, atSeconds: number): number {
  let low = 0;
  let high = transitions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((transitions[middle] ?? Infinity) <= atSeconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Seconds east of UTC at an instant. */
export function offsetAt(zone: ZoneTable, atSeconds: number): number {
  return zone.offsets[offsetIndexAt(zone, atSeconds)] ?? 0;
}
