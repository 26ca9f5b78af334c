/** Reads compiled time-zone files, TZif of RFC 9636: a table of changes and, for the years after it, a yearly rule. */
import { changesInYear, parsePosixRule } from "./posix-tz.ts";
import type { OffsetChanges } from "./zone.ts";

/** What a file holds: its table, and the rule that goes on after the last transition, even one that changes no offset. */
export interface ZoneRules extends OffsetChanges {
  /** Empty when the last offset stays. */
  readonly rule: string;
}

const HEADER_BYTES = 44;
const MAGIC = 0x545a_6966;
const NEWLINE = 10;

/** Tables begin before the first wall time of 1970 and end after the last of 2099, in any zone. */
const TABLE_START = -2 * 86_400;
const TABLE_END = 4_102_444_800 + 2 * 86_400;
const RULE_YEAR_FIRST = 1969;
const RULE_YEAR_LAST = 2100;

interface Header {
  readonly version: number;
  readonly leaps: number;
  readonly transitions: number;
  readonly types: number;
  /** Bytes of the block behind the header. */
  readonly blockBytes: number;
}

function readHeader(view: DataView, at: number, timeBytes: number): Header {
  if (view.getUint32(at) !== MAGIC) throw new Error("not a time zone file");
  const counts = [20, 24, 28, 32, 36, 40].map((place) => view.getUint32(at + place));
  const [isUtc = 0, isStandard = 0, leaps = 0, transitions = 0, types = 0, letters = 0] = counts;
  const blockBytes =
    transitions * (timeBytes + 1) +
    types * 6 +
    letters +
    leaps * (timeBytes + 4) +
    isStandard +
    isUtc;
  return { version: view.getUint8(at + 4), leaps, transitions, types, blockBytes };
}

function readBlock(view: DataView, at: number, header: Header, timeBytes: number): OffsetChanges {
  if (header.leaps > 0) throw new Error("counts leap seconds, which the system clock does not");
  if (header.types === 0) throw new Error("time zone file without offsets");
  const indexes = at + header.transitions * timeBytes;
  const types = indexes + header.transitions;
  const offsetOfType = (type: number): number => {
    if (type >= header.types) throw new Error("time zone file is damaged");
    return view.getInt32(types + type * 6);
  };
  const transitions: number[] = [];
  const offsets = [offsetOfType(0)];
  for (let index = 0; index < header.transitions; index += 1) {
    const place = at + index * timeBytes;
    transitions.push(timeBytes === 8 ? Number(view.getBigInt64(place)) : view.getInt32(place));
    offsets.push(offsetOfType(view.getUint8(indexes + index)));
  }
  return { transitions, offsets };
}

function readRule(bytes: Uint8Array, at: number): string {
  const end = bytes.indexOf(NEWLINE, at + 1);
  if (bytes[at] !== NEWLINE || end < 0) throw new Error("time zone file is cut off");
  return new TextDecoder().decode(bytes.subarray(at + 1, end));
}

/**
 * Reads the bytes of a file.
 *
 * @throws Error when they are no time zone file, a damaged one, or one that counts leap seconds.
 */
export function readTzif(bytes: Uint8Array): ZoneRules {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const old = readHeader(view, 0, 4);
    if (old.version === 0) return { ...readBlock(view, HEADER_BYTES, old, 4), rule: "" };
    const at = HEADER_BYTES + old.blockBytes;
    const header = readHeader(view, at, 8);
    const block = readBlock(view, at + HEADER_BYTES, header, 8);
    return { ...block, rule: readRule(bytes, at + HEADER_BYTES + header.blockBytes) };
  } catch (error) {
    if (error instanceof RangeError) throw new Error("time zone file is cut off", { cause: error });
    throw error;
  }
}

/** Without the changes before 1970, which nothing asks for. */
export function trimmed({ transitions, offsets, rule }: ZoneRules): ZoneRules {
  const past = transitions.filter((at) => at < TABLE_START).length;
  return { transitions: transitions.slice(past), offsets: offsets.slice(past), rule };
}

/**
 * All changes from 1970 to 2099, those of the rule written out.
 *
 * @throws Error when the rule is malformed.
 */
export function writtenOut(rules: ZoneRules): OffsetChanges {
  const { transitions, offsets } = trimmed(rules);
  if (rules.rule === "") return { transitions, offsets };
  const rule = parsePosixRule(rules.rule);
  const all = [...transitions];
  const allOffsets = [...offsets];
  const lastOfTable = transitions.at(-1) ?? rules.transitions.at(-1) ?? TABLE_START;
  for (let year = RULE_YEAR_FIRST; year <= RULE_YEAR_LAST; year += 1) {
    for (const [at, offset] of changesInYear(rule, year)) {
      if (at <= lastOfTable || at < TABLE_START || at >= TABLE_END) continue;
      // Rules for summer time all year end one and begin the next at the same instant.
      if (at === all.at(-1)) {
        allOffsets.pop();
        all.pop();
      }
      all.push(at);
      allOffsets.push(offset);
    }
  }
  return { transitions: all, offsets: allOffsets };
}
