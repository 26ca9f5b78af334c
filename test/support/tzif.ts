/** Time-zone files made to order. */

/** What goes into a file. */
export interface ZoneFile {
  readonly transitions?: readonly number[];
  /** One more than transitions. */
  readonly offsets: readonly number[];
  readonly rule?: string;
  readonly leaps?: number;
}

function header(counts: readonly number[]): Buffer {
  const bytes = Buffer.alloc(44);
  bytes.write("TZif2", "latin1");
  counts.forEach((count, index) => bytes.writeUInt32BE(count, 20 + 4 * index));
  return bytes;
}

/** The bytes of a TZif file of version 2 with an empty first block. */
export function zoneFileBytes({
  transitions = [],
  offsets,
  rule = "",
  leaps = 0,
}: ZoneFile): Uint8Array {
  const times = Buffer.alloc(8 * transitions.length);
  transitions.forEach((at, index) => times.writeBigInt64BE(BigInt(at), 8 * index));
  const types = Buffer.alloc(6 * offsets.length);
  offsets.forEach((offset, index) => types.writeInt32BE(offset, 6 * index));
  return Buffer.concat([
    header([0, 0, 0, 0, 1, 1]),
    Buffer.alloc(6 + 1),
    header([0, 0, leaps, transitions.length, offsets.length, 4]),
    times,
    Buffer.from(transitions.map((_at, index) => index + 1)),
    types,
    Buffer.from("LMT\0", "latin1"),
    Buffer.alloc(12 * leaps),
    Buffer.from(`\n${rule}\n`, "latin1"),
  ]);
}
